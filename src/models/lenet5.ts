// LeNet-5: the first convolutional network that read digits for its living.

import { UsageError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import { relu, tanh } from '../nn/activations.ts'
import { AveragePool2d } from '../nn/average-pool2d.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { defaultWeightRandom, fanInUniform } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { MaxPool2d } from '../nn/max-pool2d.ts'
import type { Module } from '../nn/module.ts'
import { Sequential } from '../nn/sequential.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ClassifierOptions, ImageClassifier } from './image-classifier.ts'

export interface LeNet5Options extends ClassifierOptions {
  /** Height and width of the images: 32 (default), or 28, which the first layer pads by 2. */
  readonly side?: 28 | 32
  /** Channels of the images (default 1). */
  readonly channels?: number
  /** 'relu' with max pooling (default), or 'tanh' with average pooling, closer to 1998. */
  readonly style?: 'relu' | 'tanh'
}

/**
 * Convolutions 5x5 to 6 and 16 channels, each pooled by 2, then layers of 120, 84 and `classes` outputs: [N, side, side, channels] to logits
 * [N, classes]. 61,706 parameters for one channel and ten classes. LeCun et al. 1998, with pooling and output layer as is usual today.
 */
export class LeNet5 extends ImageClassifier {
  readonly features: Sequential
  readonly classifier: Sequential

  /** Throws UsageError for another side. */
  constructor(options: LeNet5Options = {}) {
    super()
    const { classes = 10, side = 32, channels = 1, style = 'relu', random = defaultWeightRandom() } = options
    if (side !== 28 && side !== 32) throw new UsageError(`LeNet5: side is 28 or 32, not ${side}${atSite()}`)
    const activation = style === 'tanh' ? tanh : relu
    const pool = (): Module => (style === 'tanh' ? new AveragePool2d({ size: 2 }) : new MaxPool2d({ size: 2 }))
    const initializer = fanInUniform
    this.features = new Sequential(
      new Conv2d({ inputs: channels, outputs: 6, kernel: 5, padding: (32 - side) / 2, random }),
      activation,
      pool(),
      new Conv2d({ inputs: 6, outputs: 16, kernel: 5, random }),
      activation,
      pool(),
    )
    this.classifier = new Sequential(
      new Linear({ inputs: 400, outputs: 120, inputImage: [5, 5, 16], initializer, random }),
      activation,
      new Linear({ inputs: 120, outputs: 84, initializer, random }),
      activation,
      new Linear({ inputs: 84, outputs: classes, initializer, random }),
    )
  }

  override get headName(): string {
    return 'classifier.4'
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x).flatten(1))
  }
}
