// GroupNorm: groups of channels of each sample brought to mean 0 and variance 1, then scaled and shifted.

import { ShapeError, UsageError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Normalization, type NormalizationOptions } from './normalization.ts'
import { checkCounts } from './sizes.ts'

export interface GroupNormOptions extends NormalizationOptions {
  readonly groups: number
  readonly channels: number
}

/**
 * `y = (x - mean) / sqrt(variance + epsilon) weight + bias`, mean and variance over all places and over the channels of a group, in each sample. x, y: [N, .., channels],
 * weight and bias: [channels]. The same in training and eval; one group per channel is instance norm. Wu and He 2018.
 *
 * ```ts
 * new GroupNorm({ groups: 8, channels: 64 }).forward(x)   // x: [4, 16, 16, 64]
 * ```
 */
export class GroupNorm extends Normalization {
  readonly groups: number
  readonly channels: number

  /** Throws UsageError for sizes that are no whole numbers of 1 or more, and for groups that do not divide the channels. */
  constructor({ groups, channels, ...options }: GroupNormOptions) {
    checkCounts('GroupNorm', { groups, channels })
    if (channels % groups !== 0)
      throw new UsageError(`GroupNorm: ${groups} groups do not divide ${channels} channels evenly${atSite()}`)
    super('GroupNorm', [channels], options)
    this.groups = groups
    this.channels = channels
  }

  /** x: [N, .., channels]. Throws ShapeError for other channels. */
  override forward(x: Tensor): Tensor {
    const { groups, channels, epsilon, weight, bias } = this
    if (x.rank < 2 || x.shape.at(-1) !== channels) {
      throw new ShapeError(
        `GroupNorm: the input has shape ${formatShape(x.shape)}, but this layer takes [N, .., ${channels}]${atSite()}`,
      )
    }
    const places = x.shape.slice(1, -1).reduce((product, extent) => product * extent, 1)
    // [N, places, groups, channels of a group]
    const grouped = x.reshape([x.shape[0] as number, places, groups, channels / groups])
    const centred = grouped.subtract(grouped.mean([1, 3], { keep: true }))
    const normal = centred.divide(grouped.variance([1, 3], { keep: true }).add(epsilon).sqrt()).reshape(x.shape)
    const scaled = weight === undefined ? normal : normal.multiply(weight)
    return bias === undefined ? scaled : scaled.add(bias)
  }
}
