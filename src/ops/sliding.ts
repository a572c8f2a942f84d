// Where windows lie on images [N, H, W, C]: how many fit, which pixel each tap of each window meets, and samples of them.

import { ShapeError } from '../core/errors.ts'
import { formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { areExtents } from './extents.ts'

/** Along the height and along the width. */
export type Pair = readonly [vertical: number, horizontal: number]

/** Steps between windows and between the taps of one window, in pixels. */
export type Spacing = { readonly stride: Pair; readonly dilation: Pair }

/** Windows of size[0] x size[1] taps. */
export type Sliding = Spacing & { readonly size: Pair }

/** Windows that lie wholly on an axis: floor((extent - (size - 1) * dilation - 1) / stride) + 1. */
export function windowCount(extent: number, size: number, stride: number, dilation: number): number {
  return Math.floor((extent - (size - 1) * dilation - 1) / stride) + 1
}

function isPair(numbers: readonly number[]): boolean {
  return numbers.length === 2 && areExtents(numbers) && numbers.every((number) => number >= 1)
}

/** Throws ShapeError unless sizes, strides and dilations are two whole numbers >= 1 each. */
function checkSliding(name: string, { size, stride, dilation }: Sliding): void {
  for (const [what, numbers] of Object.entries({ 'a window': size, 'a stride': stride, 'a dilation': dilation })) {
    if (!isPair(numbers)) {
      throw new ShapeError(
        `${name}: ${formatShape(numbers)} is not ${what}; give two whole numbers >= 1, for height and width${atSite()}`,
      )
    }
  }
}

/** Rows and columns of windows on an image [N, H, W, C]; throws ShapeError where none fits. */
export function windowGrid(name: string, image: Shape, sliding: Sliding): Pair {
  if (image.length !== 4)
    throw new ShapeError(`${name}: takes images [N, H, W, C], not ${formatShape(image)}${atSite()}`)
  checkSliding(name, sliding)
  const along = (axis: 0 | 1): number => {
    const { size, stride, dilation } = sliding
    const [extent, reach] = [image[axis + 1] as number, (size[axis] - 1) * dilation[axis] + 1]
    if (reach > extent) {
      const what = axis === 0 ? 'high' : 'wide'
      throw new ShapeError(
        `${name}: a window that is ${reach} ${what} does not fit into the image ${formatShape(image)}; pad it, or take a smaller one${atSite()}`,
      )
    }
    return windowCount(extent, size[axis], stride[axis], dilation[axis])
  }
  return [along(0), along(1)]
}

/** Calls `visit` with the numbers of pixel, window and tap for each tap of each window, image by image, row by row. */
export function visitTaps(
  image: Shape,
  sliding: Sliding,
  visit: (pixel: number, window: number, tap: number) => void,
): void {
  const [images, height, width] = image as readonly [number, number, number, number]
  const { size, stride, dilation } = sliding
  const rows = windowCount(height, size[0], stride[0], dilation[0])
  const columns = windowCount(width, size[1], stride[1], dilation[1])
  let window = 0
  for (let n = 0; n < images; n++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, window++) {
        for (let y = 0; y < size[0]; y++) {
          const line = (n * height + row * stride[0] + y * dilation[0]) * width + column * stride[1]
          for (let x = 0; x < size[1]; x++) visit(line + x * dilation[1], window, y * size[1] + x)
        }
      }
    }
  }
}

/** The shape of any rank as an image with at least one pixel: its last axis is the channels. */
export function imageShape(shape: Shape): readonly [number, number, number, number] {
  const [a = 1, b = 1, c = 1, d = 1] = shape
  switch (shape.length) {
    case 0:
      return [1, 1, 1, 1]
    case 1:
      return [1, 3, 4, a]
    case 2:
      return [sizeOf(shape) === 0 ? 0 : 1, a + 1, b + 1, 2]
    case 3:
      return [a, b + 2, 4, c]
    default:
      return [a, b + 2, c + 1, d]
  }
}

/** Sizes, strides and dilations: side by side, apart, plain, overlapping, strided beyond the window, dilated. */
const choices: readonly Sliding[] = [
  { size: [2, 2], stride: [2, 2], dilation: [1, 1] },
  { size: [1, 2], stride: [1, 2], dilation: [1, 2] },
  { size: [3, 3], stride: [1, 1], dilation: [1, 1] },
  { size: [2, 3], stride: [2, 1], dilation: [1, 1] },
  { size: [1, 1], stride: [2, 3], dilation: [1, 1] },
  { size: [2, 2], stride: [1, 1], dilation: [2, 1] },
]

/** Three of the choices that fit an image; which ones, its extents decide. */
export function slidingSamples(image: Shape): readonly Sliding[] {
  const fitting = choices.filter(({ size, dilation }) =>
    size.every((extent, axis) => (extent - 1) * (dilation[axis] as number) < (image[axis + 1] as number)),
  )
  const turn = image.reduce((sum, extent) => sum + extent, 0)
  return fitting.slice(0, 3).map((_, i) => fitting[(turn + i) % fitting.length] as Sliding)
}
