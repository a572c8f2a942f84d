// Classifier: a network that tells classes apart, with everything done by hand: forward, backward, predict, save, load.

import { UsageError } from '../core/errors.ts'
import { loadWeights, saveWeights } from '../io/weights.ts'
import type { WeightsReport } from '../io/weights-report.ts'
import { relu, softmax } from '../nn/activations.ts'
import type { Initializer } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { crossEntropy, type Loss, l2Penalty } from '../nn/losses.ts'
import { Module } from '../nn/module.ts'
import { Sequential, type TensorFunction } from '../nn/sequential.ts'
import { gradients } from '../tensor/gradients.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface ClassifierOptions {
  /** Default `crossEntropy`. */
  readonly loss?: Loss
  /** lambda of the L2 penalty lambda/2 sum(W^2) on the weights, not the biases (default 0). */
  readonly regularization?: number
}

/** What `backward` finds. */
export interface ClassifierGradients {
  /** With the penalty. */
  readonly loss: Tensor
  /** Of each parameter, by name. */
  readonly gradients: ReadonlyMap<string, Tensor>
}

/**
 * Gives logits [N, C] for inputs, and what training and using them needs.
 *
 * ```ts
 * const classifier = twoLayerNet({ inputs: 1024, hidden: 64, classes: 36 })
 * const { loss, gradients } = classifier.backward(x, labels)
 * classifier.predict(x)   // class numbers, [N]
 * ```
 */
export class Classifier extends Module {
  readonly network: Module
  readonly #loss: Loss
  readonly #regularization: number

  constructor(network: Module, { loss = crossEntropy, regularization = 0 }: ClassifierOptions = {}) {
    super()
    if (!(regularization >= 0)) throw new UsageError(`regularization must be 0 or more, not ${regularization}`)
    this.network = network
    this.#loss = loss
    this.#regularization = regularization
  }

  /** Logits [N, C]. */
  override forward(x: Tensor): Tensor {
    return this.network.forward(x)
  }

  /** The loss of the logits for class numbers [N], with the penalty. */
  loss(x: Tensor, labels: Tensor): Tensor {
    const loss = this.#loss(this.forward(x), labels)
    return this.#regularization === 0 ? loss : loss.add(l2Penalty(this, this.#regularization))
  }

  /** The loss, and its gradient with respect to each parameter. */
  backward(x: Tensor, labels: Tensor): ClassifierGradients {
    const loss = this.loss(x, labels)
    const parameters = this.namedParameters()
    const found = gradients(loss, [...parameters.values()])
    return { loss, gradients: new Map([...parameters.keys()].map((name, i) => [name, found[i] as Tensor])) }
  }

  /** The class with the largest logit of each sample, [N]. */
  predict(x: Tensor): Tensor {
    return this.forward(x).argmax(-1)
  }

  /** The probability of each class, [N, C]. */
  probabilities(x: Tensor): Tensor {
    return softmax(this.forward(x))
  }

  /** The weights, as the bytes of a safetensors file. */
  save(): Promise<Uint8Array<ArrayBuffer>> {
    return saveWeights(this)
  }

  /** Loads weights from the bytes of a file, see `loadWeights`. Throws WeightsMismatchError where they do not fit. */
  load(bytes: Uint8Array): Promise<WeightsReport> {
    return loadWeights(this, bytes)
  }
}

export interface LinearClassifierOptions extends ClassifierOptions {
  readonly inputs: number
  readonly classes: number
  readonly initializer?: Initializer
}

/** `x W + b`: one layer. */
export function linearClassifier({ inputs, classes, initializer, ...options }: LinearClassifierOptions): Classifier {
  const chosen = initializer === undefined ? {} : { initializer }
  return new Classifier(new Linear({ inputs, outputs: classes, ...chosen }), options)
}

export interface TwoLayerNetOptions extends LinearClassifierOptions {
  readonly hidden: number
  /** Default `relu`. */
  readonly activation?: TensorFunction
}

/** `f(x W1 + b1) W2 + b2`: two layers. */
export function twoLayerNet(options: TwoLayerNetOptions): Classifier {
  const { inputs, hidden, classes, activation = relu, initializer, ...rest } = options
  const chosen = initializer === undefined ? {} : { initializer }
  const network = new Sequential(
    new Linear({ inputs, outputs: hidden, ...chosen }),
    activation,
    new Linear({ inputs: hidden, outputs: classes, ...chosen }),
  )
  return new Classifier(network, rest)
}
