// ImageClassifier: what networks from images to classes share: a head that can be replaced, and the rest, the backbone.

import { UsageError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { defaultWeightRandom } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import type { Parameter } from '../nn/parameter.ts'

/** What every classifier takes. */
export interface ClassifierOptions {
  /** Number of classes, outputs of the head. */
  readonly classes?: number
  /** Generator of the initial weights (default: the stream that `seedWeights` seeds). */
  readonly random?: Random
}

/**
 * Logits [N, classes] for images [N, H, W, C]. Fine-tuning a trained one takes three lines:
 *
 * ```ts
 * model.replaceHead({ classes: 17 })
 * model.freeze({ except: model.head })
 * await new Trainer(model, { optimizer: adamW({ learningRate: 1e-3 }), loss: crossEntropy, epochs: 10 }).fit(train)
 * ```
 *
 * and going on with all of it at two rates two more:
 *
 * ```ts
 * model.unfreeze()
 * const optimizer = new AdamW([{ parameters: model.head.parameters() }, { parameters: model.backbone, learningRate: 1e-5 }], { learningRate: 1e-4 })
 * ```
 */
export abstract class ImageClassifier extends Module {
  /** Name of the head: the last layer with weights. */
  abstract get headName(): string

  /** The last layer with weights, whose outputs are the classes. */
  get head(): Linear | Conv2d {
    const head = this.namedModules().get(this.headName)
    if (head instanceof Linear || head instanceof Conv2d) return head
    throw new UsageError(`${this.headName} is no Linear or Conv2d any more, so the model has no head`)
  }

  /** Number of classes. */
  get classes(): number {
    return this.head.outputs
  }

  /** The parameters that are trained, without the head's. */
  get backbone(): Parameter[] {
    const head = new Set(this.head.parameters())
    return this.parameters().filter((parameter) => !head.has(parameter))
  }

  /** Puts a new head for other classes in place of the old one, with weights at their start. Make optimizers afterwards. */
  replaceHead({
    classes,
    random = defaultWeightRandom(),
  }: {
    readonly classes: number
    readonly random?: Random
  }): void {
    const { head } = this
    const { inputs } = head
    const bias = head.bias !== undefined
    if (head instanceof Conv2d) {
      const { kernel, stride, padding } = head
      this.replace(this.headName, new Conv2d({ inputs, outputs: classes, kernel, stride, padding, bias, random }))
    } else {
      const image = head.inputImage === undefined ? {} : { inputImage: head.inputImage }
      this.replace(this.headName, new Linear({ inputs, outputs: classes, bias, random, ...image }))
    }
  }
}
