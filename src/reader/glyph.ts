// One letter as the classifier sees it: 32x32, ink 1 on paper 0, the same size and the same stroke width whatever the
// pen, the camera or the data set. Training data and page crops go through this one function, or they do not compare.

import { signedDistance } from './distance.ts'

/** Side of the classifier's input, in pixels. */
export const glyphSize = 32

/** A picture of one letter: the larger the value, the more ink. Bytes or floats, any range from 0 (paper) upwards. */
export interface GlyphCrop {
  readonly width: number
  readonly height: number
  /** [height, width] */
  readonly data: Uint8Array | Float32Array
}

// The middle lines of the strokes span 22 of the 32 pixels and strokes are 3 pixels wide, so ink spans 25.
const span = 22
const strokeWidth = 3
// Width over which an edge goes from paper to ink, in output pixels.
const edgeWidth = 1.5
// Crops are brought to this length (longer side, in pixels) before distances are measured.
const shortest = 32
const longest = 128
// Thick pens are thinned by at most this share of the stroke on each side, so that hairlines of the same letter stay.
const erosionLimit = 0.3

/**
 * Normalises one letter: [32 x 32], row-major, ink 1 on 0.
 *
 * Ink is what exceeds half of the crop's maximum; the crop is cut to it. With d the signed distance to the ink's edge
 * (negative inside) and w = 4 * mean(-d inside) the mean stroke width, the picture is scaled so that the strokes' middle lines
 * span 22 pixels along the longer side (the aspect ratio stays), centred, and redrawn as `d < (3 - w) / 2` with a soft
 * edge, d and w in output pixels: thin strokes are dilated and thick ones eroded to 3 pixels.
 * A crop without ink gives zeros.
 */
export function normalizeGlyph(crop: GlyphCrop): Float32Array {
  const output = new Float32Array(glyphSize * glyphSize)
  const ink = cutToInk(crop)
  if (ink === undefined) return output
  const { width, height, data } = ink
  const distance = signedDistance(data, width, height)
  const stroke = meanStrokeWidth(distance)
  const longer = ink.longer
  const scale = Math.max(longer - stroke, longer / 2) / span // crop pixels per output pixel
  const growth = Math.max((strokeWidth * scale - stroke) / 2, -erosionLimit * stroke)
  const centreX = width / 2
  const centreY = height / 2
  for (let row = 0; row < glyphSize; row++) {
    const y = centreY + (row + 0.5 - glyphSize / 2) * scale - 0.5
    if (y < 0 || y > height - 1) continue
    for (let column = 0; column < glyphSize; column++) {
      const x = centreX + (column + 0.5 - glyphSize / 2) * scale - 0.5
      if (x < 0 || x > width - 1) continue
      const value = 0.5 + (growth - sample(distance, width, height, x, y)) / (edgeWidth * scale)
      output[row * glyphSize + column] = value < 0 ? 0 : value > 1 ? 1 : value
    }
  }
  return output
}

/** w = 4 * mean distance of ink to its edge: exact for a long stroke of constant width. `distance`: as `signedDistance` gives it. */
function meanStrokeWidth(distance: Float32Array): number {
  let sum = 0
  let count = 0
  for (let i = 0; i < distance.length; i++) {
    if (distance[i]! < 0) {
      sum -= distance[i]!
      count++
    }
  }
  return (4 * sum) / count
}

interface Ink {
  readonly width: number
  readonly height: number
  /** 1 is ink; the margin around it holds the strokes when they are dilated */
  readonly data: Uint8Array
  /** Longer side of the ink without the margin. */
  readonly longer: number
}

/** Binary picture of the ink with a margin, resampled so that its longer side lies between `shortest` and `longest`. */
function cutToInk(crop: GlyphCrop): Ink | undefined {
  const { width, height, data } = crop
  let peak = 0
  for (let i = 0; i < data.length; i++) if (data[i]! > peak) peak = data[i]!
  if (peak === 0) return undefined
  const level = peak / 2
  let top = height
  let bottom = 0
  let left = width
  let right = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x]! <= level) continue
      if (y < top) top = y
      if (y >= bottom) bottom = y + 1
      if (x < left) left = x
      if (x >= right) right = x + 1
    }
  }
  const longerSide = Math.max(bottom - top, right - left)
  const zoom =
    longerSide < shortest ? Math.ceil(shortest / longerSide) : longerSide > longest ? longest / longerSide : 1
  const inkWidth = Math.max(1, Math.round((right - left) * zoom))
  const inkHeight = Math.max(1, Math.round((bottom - top) * zoom))
  const longer = Math.max(inkWidth, inkHeight)
  const margin = Math.ceil(longer / 8) + 2
  const outWidth = inkWidth + 2 * margin
  const outHeight = inkHeight + 2 * margin
  const out = new Uint8Array(outWidth * outHeight)
  for (let y = 0; y < outHeight; y++) {
    const sourceY = top + (y + 0.5 - margin) / zoom - 0.5
    if (sourceY < -0.5 || sourceY > height - 0.5) continue
    for (let x = 0; x < outWidth; x++) {
      const sourceX = left + (x + 0.5 - margin) / zoom - 0.5
      if (sourceX < -0.5 || sourceX > width - 0.5) continue
      if (sample(data, width, height, sourceX, sourceY) > level) out[y * outWidth + x] = 1
    }
  }
  return { width: outWidth, height: outHeight, data: out, longer }
}

/** Bilinear interpolation at pixel centres; beyond the picture its border pixels go on. */
function sample(data: Uint8Array | Float32Array, width: number, height: number, x: number, y: number): number {
  const x0 = Math.floor(x)
  const y0 = Math.floor(y)
  const fx = x - x0
  const fy = y - y0
  const left = Math.max(0, x0)
  const right = Math.min(width - 1, x0 + 1)
  const top = Math.max(0, y0) * width
  const bottom = Math.min(height - 1, y0 + 1) * width
  const above = data[top + left]! * (1 - fx) + data[top + right]! * fx
  const below = data[bottom + left]! * (1 - fx) + data[bottom + right]! * fx
  return above * (1 - fy) + below * fy
}
