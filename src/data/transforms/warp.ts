// Looks up a picture between its pixels: what rotation, affine and elastic transforms have in common.

import { inUnitsOf, type Pixels, valuesLike } from '../pixels.ts'

export interface WarpOptions {
  /** Where each pixel of the result comes from: x, then y, of each, in pixels of the picture ([height, width, 2]). */
  readonly places: Float32Array | Float64Array
  /** Default 'bilinear'. */
  readonly filter: 'bilinear' | 'nearest'
  /** Value of what lies beyond the edge, where 1 is white. */
  readonly fill: number
}

/**
 * The picture whose pixel i is the picture's value at (places[2 i], places[2 i + 1]); pixel (0, 0) has its centre at (0, 0). What lies
 * outside is `fill`. As `torch.nn.functional.grid_sample` with zero padding and `align_corners=False`.
 */
export function warp(image: Pixels, { places, filter, fill }: WarpOptions): Pixels {
  const out = valuesLike(image, image.data.length)
  const beyond = inUnitsOf(image, fill)
  const bytes = out instanceof Uint8Array
  const { height, width, channels, data } = image
  for (let pixel = 0; pixel < height * width; pixel++) {
    let x = places[2 * pixel] as number
    let y = places[2 * pixel + 1] as number
    if (filter === 'nearest') {
      x = Math.round(x)
      y = Math.round(y)
    }
    const at = pixel * channels
    const left = Math.floor(x)
    const top = Math.floor(y)
    if (!(left >= -1 && top >= -1 && left < width && top < height)) {
      for (let c = 0; c < channels; c++) out[at + c] = beyond
      continue
    }
    const right = x - left
    const down = y - top
    const hasLeft = left >= 0
    const hasRight = left + 1 < width
    const hasTop = top >= 0
    const hasBottom = top + 1 < height
    const start = (top * width + left) * channels
    for (let c = 0; c < channels; c++) {
      const from = start + c
      const a = hasTop && hasLeft ? (data[from] as number) : beyond
      const b = hasTop && hasRight ? (data[from + channels] as number) : beyond
      const below = from + width * channels
      const d = hasBottom && hasLeft ? (data[below] as number) : beyond
      const e = hasBottom && hasRight ? (data[below + channels] as number) : beyond
      const value = (a * (1 - right) + b * right) * (1 - down) + (d * (1 - right) + e * right) * down
      out[at + c] = bytes ? value + 0.5 : value
    }
  }
  return { ...image, data: out }
}
