// Accuracy, and how far it can be trusted.

import { ShapeError, UsageError } from '../core/errors.ts'
import { equalShapes, formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** A measure of a batch beside the loss: the mean over its samples. It goes by its `label`, or the function's name. */
export interface Metric {
  (output: Tensor, target: Tensor): Tensor
  readonly label?: string
}

/** The share of samples whose largest output is at the label. output: [N, C], labels: [N]. */
export const accuracy: Metric = Object.assign(shareRight, { label: 'accuracy' })

function shareRight(output: Tensor, labels: Tensor): Tensor {
  if (output.rank < 1 || !equalShapes(output.shape.slice(0, -1), labels.shape)) {
    throw new ShapeError(
      `accuracy: the output has shape ${formatShape(output.shape)}, the labels ${formatShape(labels.shape)}; it takes [N, C] and class numbers [N]${atSite()}`,
    )
  }
  return output.argmax(-1).equal(labels.cast('i32')).cast('f32').mean()
}

/** The 97.5 % point of the normal distribution. */
const normalQuantile = 1.959963984540054

/** Wilson's 95 % interval for a share, [low, high], after `right` of `count` samples. Wilson 1927. */
export function wilsonInterval(right: number, count: number): [low: number, high: number] {
  if (!(count > 0 && right >= 0 && right <= count)) {
    throw new UsageError(`wilsonInterval: ${right} of ${count} is no share of samples`)
  }
  const share = right / count
  const spread = normalQuantile ** 2 / count
  const centre = (share + spread / 2) / (1 + spread)
  const half = (normalQuantile * Math.sqrt((share * (1 - share)) / count + spread / (4 * count))) / (1 + spread)
  // The ends are exact where all or none are right; rounding must not move them.
  return [right === 0 ? 0 : centre - half, right === count ? 1 : centre + half]
}
