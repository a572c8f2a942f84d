// Linear: the fully connected layer.

import { ShapeError, UsageError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { defaultWeightRandom, type Initializer, xavierUniform, zeros } from './initializers.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'

export interface LinearOptions {
  readonly inputs: number
  readonly outputs: number
  /** Whether to add a bias (default true). */
  readonly bias?: boolean
  /** Initial weights (default `xavierUniform`); the bias starts at zero. */
  readonly initializer?: Initializer
  /** Generator of the initial weights (default: the stream that `seedWeights` seeds). */
  readonly random?: Random
}

/**
 * `y = x W + b`, with x: [.., inputs], W: [inputs, outputs], b: [outputs], y: [.., outputs].
 *
 * ```ts
 * const layer = new Linear({ inputs: 1024, outputs: 64 })
 * layer.forward(x)   // [32, 1024] becomes [32, 64]
 * ```
 */
export class Linear extends Module {
  readonly inputs: number
  readonly outputs: number
  /** [inputs, outputs] */
  readonly weight: Parameter
  /** [outputs] */
  readonly bias: Parameter | undefined

  /** Throws UsageError for sizes that are no whole numbers of 1 or more. */
  constructor({ inputs, outputs, bias = true, initializer = xavierUniform, random }: LinearOptions) {
    super()
    for (const [name, size] of Object.entries({ inputs, outputs })) {
      if (!Number.isInteger(size) || size < 1) {
        throw new UsageError(`Linear: ${name} must be a whole number of 1 or more, not ${size}${atSite()}`)
      }
    }
    this.inputs = inputs
    this.outputs = outputs
    this.weight = new Parameter(initializer([inputs, outputs], random ?? defaultWeightRandom()), { label: 'weight' })
    this.bias = bias ? new Parameter(zeros([outputs], defaultWeightRandom()), { label: 'bias' }) : undefined
  }

  /** x: [.., inputs] to [.., outputs]. Throws ShapeError where the last extent is not `inputs`. */
  override forward(x: Tensor): Tensor {
    if (x.rank === 0 || x.shape.at(-1) !== this.inputs) {
      throw new ShapeError(
        `Linear: the input has shape ${formatShape(x.shape)}, but this layer takes [.., ${this.inputs}]${atSite()}`,
      )
    }
    const product = x.matmul(this.weight)
    return this.bias === undefined ? product : product.add(this.bias)
  }
}
