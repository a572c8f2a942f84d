// The character network: a fully connected network from the pixels of a letter to its class.

import { ShapeError, UsageError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { gelu, relu, sigmoid, tanh } from '../nn/activations.ts'
import { kaimingUniform, xavierUniform } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import type { TensorFunction } from '../nn/sequential.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Name of an activation between the layers. */
export type ActivationName = 'sigmoid' | 'tanh' | 'relu' | 'gelu'

const activations: Readonly<Record<ActivationName, TensorFunction>> = { sigmoid, tanh, relu, gelu }

/** Names that `activation` takes. */
export const activationNames: readonly ActivationName[] = ['sigmoid', 'tanh', 'relu', 'gelu']

export interface CharacterMlpOptions {
  /** Pixels of a letter (default 1024, 32x32). */
  readonly inputs?: number
  /** Sizes of the hidden layers (default [64]); none makes a linear classifier. */
  readonly hidden?: readonly number[]
  /** Number of classes (default 36). */
  readonly classes?: number
  /** Between the layers (default 'sigmoid'). */
  readonly activation?: ActivationName
  /** Generator of the initial weights (default: the stream that `seedWeights` seeds). */
  readonly random?: Random
}

/**
 * Logits of the classes, [N, classes], for letters [N, H, W, 1] or [N, inputs] with ink 1 on paper 0. Parameters are called
 * `layers.0.weight`, `layers.0.bias` and so on. Weights start as `xavierUniform`, before ReLU and GELU as `kaimingUniform`.
 *
 * ```ts
 * const model = new CharacterMlp({ hidden: [64], classes: 36 })
 * ```
 */
export class CharacterMlp extends Module {
  readonly inputs: number
  readonly hidden: readonly number[]
  readonly classes: number
  readonly activation: ActivationName
  readonly layers: readonly Linear[]

  /** Throws UsageError for sizes that are no whole numbers of 1 or more, and for an activation that does not exist. */
  constructor(options: CharacterMlpOptions = {}) {
    super()
    const { inputs = 1024, hidden = [64], classes = 36, activation = 'sigmoid', random } = options
    if (!Object.hasOwn(activations, activation)) {
      throw new UsageError(
        `CharacterMlp: there is no activation '${activation}', the names are ${activationNames.join(', ')}`,
      )
    }
    const sizes = [inputs, ...hidden, classes]
    const rectified = activation === 'relu' || activation === 'gelu'
    this.inputs = inputs
    this.hidden = hidden
    this.classes = classes
    this.activation = activation
    this.layers = sizes.slice(1).map((outputs, i) => {
      const isLast = i === hidden.length
      const initializer = rectified && !isLast ? kaimingUniform : xavierUniform
      return new Linear({
        inputs: sizes[i] as number,
        outputs,
        initializer,
        ...(random === undefined ? {} : { random }),
      })
    })
  }

  /** x: [N, ..] with `inputs` pixels per letter, to logits [N, classes]. Throws ShapeError for another number of pixels. */
  override forward(x: Tensor): Tensor {
    const [letters = 0, ...rest] = x.shape
    if (x.rank < 2 || sizeOf(rest) !== this.inputs) {
      throw new ShapeError(
        `CharacterMlp: the input has shape ${formatShape(x.shape)}, but this network takes [N, ..] with ${this.inputs} pixels per letter${atSite()}`,
      )
    }
    const activate = activations[this.activation]
    let value = x.reshape([letters, this.inputs])
    for (const [i, layer] of this.layers.entries()) {
      value = layer.forward(i === 0 ? value : activate(value))
    }
    return value
  }
}
