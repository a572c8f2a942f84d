// Takes the light off a page: how dark each pixel is against the paper around it, whatever the lamp, the shadow or the
// colour of the paper.

import { gaussianBlur } from '../image/blur.ts'
import { type GrayImage, grayImage } from '../image/image.ts'
import { resize } from '../image/resize.ts'

// Paper is stored as this value, so that paper brighter than its surroundings (noise) is not cut off; black is 255.
const paperValue = 64

/**
 * Contrast against the paper: 64 on paper, 255 on black, 64 + 191 (1 - gray / paper) between.
 *
 * The paper's brightness is the grayscale closing of the page (a dark stroke narrower than the window disappears, the
 * edge of a shadow stays), computed on cells of `cell` pixels with a window of 2 `reach` + 1 cells and interpolated.
 */
export function contrastOf(
  image: GrayImage<Uint8Array>,
  options: { readonly cell: number; readonly reach: number },
): GrayImage<Uint8Array> {
  const { width, height, data } = image
  const { cell, reach } = options
  const columns = Math.max(1, Math.round(width / cell))
  const rows = Math.max(1, Math.round(height / cell))
  const cells = resize(image, { width: columns, height: rows, filter: 'area' })
  const paper = gaussianBlur(closeGray(cells, reach), { sigma: 1 }).data
  const out = new Uint8ClampedArray(width * height)
  const gain = new Float32Array(columns)
  const left = new Int32Array(width)
  const share = new Float32Array(width)
  for (let x = 0; x < width; x++) {
    const at = Math.min(columns - 1, Math.max(0, ((x + 0.5) * columns) / width - 0.5))
    left[x] = Math.min(Math.floor(at), Math.max(0, columns - 2))
    share[x] = at - left[x]!
  }
  const last = Math.min(1, columns - 1)
  for (let y = 0; y < height; y++) {
    const at = Math.min(rows - 1, Math.max(0, ((y + 0.5) * rows) / height - 0.5))
    const top = Math.min(Math.floor(at), Math.max(0, rows - 2))
    const lower = Math.min(rows - 1, top + 1)
    for (let c = 0; c < columns; c++) {
      const upperPaper = paper[top * columns + c]!
      const light = upperPaper + (paper[lower * columns + c]! - upperPaper) * (at - top)
      gain[c] = (255 - paperValue) / Math.max(1, light)
    }
    for (let x = 0, i = y * width; x < width; x++, i++) {
      const c = left[x]!
      const near = gain[c]!
      out[i] = 255 - data[i]! * (near + (gain[c + last]! - near) * share[x]!)
    }
  }
  return grayImage(width, height, new Uint8Array(out.buffer))
}

/** Grayscale closing with a square of 2 `reach` + 1 pixels; outside the picture nothing counts. */
function closeGray(image: GrayImage<Uint8Array>, reach: number): GrayImage<Uint8Array> {
  const { width, height } = image
  const brightest = spread(image.data, width, height, reach)
  // The darkest of a window is the brightest of its negative.
  const closed = negative(spread(negative(brightest), width, height, reach))
  return grayImage(width, height, closed)
}

/** The brightest value within `reach` of each pixel, along rows and then along columns. */
function spread(data: Uint8Array, width: number, height: number, reach: number): Uint8Array {
  const across = data.slice()
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width)
    const out = across.subarray(y * width, (y + 1) * width)
    for (let k = 1; k <= Math.min(reach, width - 1); k++) {
      raise(out.subarray(k), row)
      raise(out, row.subarray(k))
    }
  }
  const down = across.slice()
  for (let k = 1; k <= Math.min(reach, height - 1); k++) {
    raise(down.subarray(k * width), across)
    raise(down, across.subarray(k * width))
  }
  return down
}

/** out = max(out, other), over the shorter length. */
function raise(out: Uint8Array, other: Uint8Array): void {
  const length = Math.min(out.length, other.length)
  for (let i = 0; i < length; i++) if (other[i]! > out[i]!) out[i] = other[i]!
}

function negative(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length)
  for (let i = 0; i < out.length; i++) out[i] = 255 - data[i]!
  return out
}
