// LayerNorm: each sample brought to mean 0 and variance 1 over its last axes, then scaled and shifted.

import { ShapeError } from '../core/errors.ts'
import { equalShapes, formatShape, type Shape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Normalization, type NormalizationOptions } from './normalization.ts'
import { checkCounts } from './sizes.ts'

export interface LayerNormOptions extends NormalizationOptions {
  /** Extents of the last axes, over which it normalises; a number is one axis. */
  readonly shape: number | Shape
}

/**
 * `y = (x - mean) / sqrt(variance + epsilon) weight + bias`, mean and variance over the last axes of each sample. x, y: [.., shape], weight and bias:
 * `shape`. The same in training and eval. Ba, Kiros and Hinton 2016, as PyTorch's LayerNorm.
 *
 * ```ts
 * new LayerNorm({ shape: 64 }).forward(x)   // x: [32, 10, 64]
 * ```
 */
export class LayerNorm extends Normalization {
  readonly shape: Shape

  /** Throws UsageError for extents that are no whole numbers of 1 or more. */
  constructor({ shape, ...options }: LayerNormOptions) {
    const extents = typeof shape === 'number' ? [shape] : shape
    checkCounts('LayerNorm', Object.fromEntries(extents.map((extent, axis) => [`extent ${axis} of shape`, extent])))
    super('LayerNorm', extents, options)
    this.shape = extents
  }

  /** x: [.., shape]. Throws ShapeError where the last extents differ. */
  override forward(x: Tensor): Tensor {
    const { shape, epsilon, weight, bias } = this
    if (x.rank < shape.length || !equalShapes(x.shape.slice(x.rank - shape.length), shape)) {
      throw new ShapeError(
        `LayerNorm: the input has shape ${formatShape(x.shape)}, but this layer takes [.., ${shape.join(', ')}]${atSite()}`,
      )
    }
    const axes = shape.map((_, i) => x.rank - shape.length + i)
    const centred = x.subtract(x.mean(axes, { keep: true }))
    const normal = centred.divide(x.variance(axes, { keep: true }).add(epsilon).sqrt())
    const scaled = weight === undefined ? normal : normal.multiply(weight)
    return bias === undefined ? scaled : scaled.add(bias)
  }
}
