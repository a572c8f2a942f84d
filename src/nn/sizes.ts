// Checks of what layers are configured with: sizes, rates, and one number or two for height and width.

import { ShapeError, UsageError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** A number for height and width, or one for each. */
export type HeightWidth = number | readonly [height: number, width: number]

/** [height, width] of one number or two. */
export function heightAndWidth(size: HeightWidth): readonly [height: number, width: number] {
  return typeof size === 'number' ? [size, size] : size
}

/** Throws UsageError unless all are whole numbers of 1 or more. */
export function checkCounts(layer: string, counts: Readonly<Record<string, HeightWidth>>): void {
  for (const [name, count] of Object.entries(counts)) {
    const values = Array.isArray(count) ? count : [count]
    const isWrong = values.some((value) => !Number.isInteger(value) || value < 1)
    if (isWrong || (values.length !== 1 && values.length !== 2)) {
      throw new UsageError(
        `${layer}: ${name} must be a whole number of 1 or more${values.length > 1 ? ', or two of them' : ''}, not ${formatCount(count)}${atSite()}`,
      )
    }
  }
}

function formatCount(count: HeightWidth): string {
  return Array.isArray(count) ? `[${count.join(', ')}]` : String(count)
}

/** Throws UsageError unless the number is finite and above 0. */
export function checkAboveZero(layer: string, name: string, value: number): void {
  if (!(value > 0 && value < Infinity))
    throw new UsageError(`${layer}: ${name} must be a number above 0, not ${value}${atSite()}`)
}

/** Throws ShapeError unless `x` is a batch of images, [N, H, W, C], with the wanted number of channels. */
export function checkImages(layer: string, x: Tensor, channels?: number): void {
  if (x.rank === 4 && (channels === undefined || x.shape[3] === channels)) return
  throw new ShapeError(
    `${layer}: the input has shape ${formatShape(x.shape)}, but this layer takes images [N, H, W, ${channels ?? 'C'}]${atSite()}`,
  )
}
