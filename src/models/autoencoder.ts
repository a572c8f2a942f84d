// Autoencoder: fully connected layers that squeeze an input through a few numbers and draw it again.

import { UsageError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { relu, sigmoid } from '../nn/activations.ts'
import { defaultWeightRandom } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface AutoencoderOptions {
  /** Pixels of an image (default 1024, 32x32). */
  readonly inputs?: number
  /** Sizes of the hidden layers; the one in the middle is the code (default [32, 32, 32]). */
  readonly hidden?: readonly number[]
  /** Generator of the initial weights (default: the stream that `seedWeights` seeds). */
  readonly random?: Random
}

/**
 * Layers of the given sizes with ReLU between them and a sigmoid at the end: images [N, ..] of `inputs` pixels in [0, 1] to images of the same
 * shape. Parameters are called `layers.0.weight` and so on; weights start as `xavierUniform`.
 */
export class Autoencoder extends Module {
  readonly inputs: number
  readonly layers: readonly Linear[]

  /** Throws UsageError without hidden layers. */
  constructor({ inputs = 1024, hidden = [32, 32, 32], random = defaultWeightRandom() }: AutoencoderOptions = {}) {
    super()
    if (hidden.length === 0) throw new UsageError(`Autoencoder: hidden needs at least one layer, the code${atSite()}`)
    const sizes = [inputs, ...hidden, inputs]
    this.inputs = inputs
    this.layers = sizes.slice(1).map((outputs, i) => new Linear({ inputs: sizes[i] as number, outputs, random }))
  }

  /** How many of the layers encode. */
  get #encoding(): number {
    return Math.ceil((this.layers.length - 1) / 2)
  }

  /** Images [N, ..] to codes [N, size of the middle layer]. */
  encode(x: Tensor): Tensor {
    const flat = x.reshape([x.shape[0] ?? 0, sizeOf(x.shape.slice(1))])
    return this.layers.slice(0, this.#encoding).reduce((value, layer) => relu(layer.forward(value)), flat)
  }

  /** Codes [N, size of the middle layer] to images [N, inputs]. */
  decode(code: Tensor): Tensor {
    const decoding = this.layers.slice(this.#encoding)
    return decoding.reduce((value, layer, i) => {
      const y = layer.forward(value)
      return i === decoding.length - 1 ? sigmoid(y) : relu(y)
    }, code)
  }

  override forward(x: Tensor): Tensor {
    return this.decode(this.encode(x)).reshape(x.shape)
  }
}
