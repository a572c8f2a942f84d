// BatchNorm2d and BatchNorm1d: each channel brought to mean 0 and variance 1 over the batch, then scaled and shifted.

import { ShapeError, UsageError } from '../core/errors.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Variable } from '../tensor/variable.ts'
import { filled } from './initializers.ts'
import { Normalization, type NormalizationOptions } from './normalization.ts'
import { checkCounts } from './sizes.ts'

export interface BatchNormOptions extends NormalizationOptions {
  readonly channels: number
  /** Share of the batch in the running statistics (default 0.1). */
  readonly momentum?: number
}

/** What the two classes share; they differ in the shapes that they take. */
abstract class BatchNorm extends Normalization {
  readonly channels: number
  readonly momentum: number
  /** Mean of each channel, used in eval mode: saved, not trained. */
  readonly running_mean: Variable
  /** Variance of each channel with n - 1 below, used in eval mode: saved, not trained. */
  readonly running_var: Variable

  /** Throws UsageError for numbers that make no sense. */
  constructor(name: string, { channels, momentum = 0.1, ...options }: BatchNormOptions) {
    checkCounts(name, { channels })
    super(name, [channels], options)
    if (!(momentum >= 0 && momentum <= 1))
      throw new UsageError(`${name}: momentum must be from 0 to 1, not ${momentum}${atSite()}`)
    this.channels = channels
    this.momentum = momentum
    this.running_mean = new Variable(filled([channels], 0), { label: 'running_mean' })
    this.running_var = new Variable(filled([channels], 1), { label: 'running_var' })
  }

  /** Normalises over all axes but the last, by the batch's own statistics in training and by the running ones otherwise. */
  protected normalize(name: string, x: Tensor): Tensor {
    if (!this.training) return this.#apply(x, this.running_mean, this.running_var)
    const axes = x.shape.slice(0, -1).map((_, axis) => axis)
    const count = sizeOf(x.shape.slice(0, -1))
    if (count < 2) {
      throw new ShapeError(
        `${name}: in training each channel needs more than one value, but the input has shape ${formatShape(x.shape)}; use larger batches, or eval()${atSite()}`,
      )
    }
    const mean = x.mean(axes)
    const variance = x.variance(axes)
    const y = this.#apply(x, mean, variance)
    this.#follow(this.running_mean, mean)
    this.#follow(this.running_var, variance.multiply(count / (count - 1)))
    return y
  }

  /** `(x - mean) (weight / sqrt(variance + epsilon)) + bias`; the factor is computed once per channel. */
  #apply(x: Tensor, mean: Tensor, variance: Tensor): Tensor {
    const deviation = variance.add(this.epsilon).sqrt()
    const factor = this.weight === undefined ? deviation.power(-1) : this.weight.divide(deviation)
    const scaled = x.subtract(mean).multiply(factor)
    return this.bias === undefined ? scaled : scaled.add(this.bias)
  }

  #follow(running: Variable, found: Tensor): void {
    const value = found.stopGradient().cast(running.dtype)
    running.assign(running.multiply(1 - this.momentum).add(value.multiply(this.momentum)))
  }
}

/**
 * `y = (x - mean) / sqrt(variance + epsilon) weight + bias` for each channel. x, y: [N, H, W, channels]. In training mean and variance are those
 * of the batch over N, H and W, with n below the variance, and `running = (1 - momentum) running + momentum found` follows them, with
 * n - 1 below the variance; in eval the running ones are used. Ioffe and Szegedy 2015, as PyTorch's BatchNorm2d.
 *
 * ```ts
 * const layer = new BatchNorm2d({ channels: 64 })
 * ```
 */
export class BatchNorm2d extends BatchNorm {
  constructor(options: BatchNormOptions) {
    super('BatchNorm2d', options)
  }

  /** x: [N, H, W, channels]. Throws ShapeError for other shapes, and in training for a single value per channel. */
  override forward(x: Tensor): Tensor {
    checkChannels('BatchNorm2d', x, '[N, H, W, ', this.channels, [4])
    return this.normalize('BatchNorm2d', x)
  }
}

/** As `BatchNorm2d`, for vectors [N, channels] or sequences [N, L, channels]. */
export class BatchNorm1d extends BatchNorm {
  constructor(options: BatchNormOptions) {
    super('BatchNorm1d', options)
  }

  /** x: [N, channels] or [N, L, channels]. Throws ShapeError for other shapes, and in training for a single value per channel. */
  override forward(x: Tensor): Tensor {
    checkChannels('BatchNorm1d', x, '[N, ', this.channels, [2, 3])
    return this.normalize('BatchNorm1d', x)
  }
}

function checkChannels(name: string, x: Tensor, axes: string, channels: number, ranks: readonly number[]): void {
  if (ranks.includes(x.rank) && x.shape.at(-1) === channels) return
  throw new ShapeError(
    `${name}: the input has shape ${formatShape(x.shape)}, but this layer takes ${axes}${channels}]${atSite()}`,
  )
}
