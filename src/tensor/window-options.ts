// Sizes, strides, dilations and paddings as users give them: one number for both axes of an image, or two.

import { ShapeError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { type Pair, type Sliding, windowCount } from '../ops/sliding.ts'
import { kindOf } from './checks.ts'

/** One number for height and width, or [vertical, horizontal]. */
export type PairOption = number | Pair

/** Pixels before and after, along the height and along the width. */
export type Margins = readonly [
  vertical: readonly [top: number, bottom: number],
  horizontal: readonly [left: number, right: number],
]

/** Pixels around an image: the same on both sides, per axis, or [[top, bottom], [left, right]]. */
export type PaddingOption = PairOption | Margins

/** What users gave in place of one number or two, in words. */
export function given(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`
  return typeof value === 'number' ? `${value}` : kindOf(value)
}

/** `value` for both axes; whole numbers >= `least`. */
export function pairOption(name: string, what: string, value: PairOption, least: number): Pair {
  const pair: unknown = typeof value === 'number' ? [value, value] : value
  const numbers: readonly unknown[] = Array.isArray(pair) ? pair : []
  if (numbers.length !== 2 || !numbers.every((number) => Number.isSafeInteger(number) && (number as number) >= least)) {
    throw new ShapeError(
      `${name}: ${what} is ${given(value)}; give a whole number >= ${least}, or two as [vertical, horizontal]${atSite()}`,
    )
  }
  return numbers as readonly number[] as Pair
}

/** Margins from a padding that users gave. */
export function marginsOption(name: string, padding: PaddingOption): Margins {
  if (Array.isArray(padding) && padding.some((side) => Array.isArray(side))) {
    const sides = padding as Margins
    if (sides.length !== 2 || !sides.every((side) => Array.isArray(side)))
      throw new ShapeError(`${name}: padding takes [[top, bottom], [left, right]]${atSite()}`)
    return [pairOption(name, 'padding', sides[0], 0), pairOption(name, 'padding', sides[1], 0)]
  }
  const [vertical, horizontal] = pairOption(name, 'padding', padding as PairOption, 0)
  return [
    [vertical, vertical],
    [horizontal, horizontal],
  ]
}

/**
 * Margins that keep the image's size at stride 1 (the odd pixel comes after: PyTorch's `same`), and give ceil(size / stride) windows at
 * larger strides (TensorFlow's `SAME`).
 */
export function sameMargins(image: Shape, { size, stride, dilation }: Sliding): Margins {
  const along = (axis: 0 | 1): Pair => {
    const extent = image[axis + 1] as number
    const reach = (size[axis] - 1) * dilation[axis] + 1
    const total = Math.max(0, (Math.ceil(extent / stride[axis]) - 1) * stride[axis] + reach - extent)
    return [Math.floor(total / 2), total - Math.floor(total / 2)]
  }
  return [along(0), along(1)]
}

/** The margins of an image in the form that `pad` takes. */
export function imagePadding([vertical, horizontal]: Margins): { before: number[]; after: number[] } {
  return { before: [0, vertical[0], horizontal[0], 0], after: [0, vertical[1], horizontal[1], 0] }
}

/** Throws ShapeError unless the shape is [N, H, W, C]. */
export function checkImages(name: string, shape: Shape): void {
  if (shape.length !== 4)
    throw new ShapeError(`${name}: takes images [N, H, W, C], not ${formatShape(shape)}${atSite()}`)
}

/** What pooling with `padding` pixels around needs: margins that hold the last window of each axis, which `ceilMode` may add. */
export function poolingMargins(
  name: string,
  image: Shape,
  { size, stride, dilation }: Sliding,
  { padding, ceilMode }: { readonly padding: Pair; readonly ceilMode: boolean },
): Margins {
  const along = (axis: 0 | 1): Pair => {
    const [extent, around, step] = [image[axis + 1] as number, padding[axis], stride[axis]]
    const reach = (size[axis] - 1) * dilation[axis] + 1
    if (around > size[axis] / 2) {
      throw new ShapeError(
        `${name}: padding ${around} is more than half of a window of ${size[axis]} pixels${atSite()}`,
      )
    }
    const padded = extent + 2 * around
    if (!ceilMode) return [around, around]
    const count = windowCount(padded + step - 1, size[axis], step, dilation[axis])
    // The last window must start on the image or on the padding before it.
    const windows = (count - 1) * step >= extent + around ? count - 1 : count
    return [around, Math.max(around, (windows - 1) * step + reach - extent - around)]
  }
  return [along(0), along(1)]
}
