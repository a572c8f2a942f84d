// SqueezeNet 1.1: the accuracy of AlexNet with 1.2 million parameters.

import type { Random } from '../core/random.ts'
import { relu } from '../nn/activations.ts'
import { GlobalAveragePool } from '../nn/adaptive-average-pool2d.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { Dropout } from '../nn/dropout.ts'
import { defaultWeightRandom, kaimingUniform, normal } from '../nn/initializers.ts'
import { MaxPool2d } from '../nn/max-pool2d.ts'
import { Module } from '../nn/module.ts'
import { Sequential } from '../nn/sequential.ts'
import { concat } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ClassifierOptions, ImageClassifier } from './image-classifier.ts'

export interface SqueezeNetOptions extends ClassifierOptions {
  /** Share of the features in front of the head that are dropped in training (default 0.5). */
  readonly dropout?: number
}

/** A 1x1 convolution to few channels, then 1x1 and 3x3 side by side; ReLU after each. */
class Fire extends Module {
  readonly squeeze: Conv2d
  readonly expand1x1: Conv2d
  readonly expand3x3: Conv2d

  constructor(inputs: number, squeezed: number, expanded: number, random: Random) {
    super()
    const initializer = kaimingUniform
    this.squeeze = new Conv2d({ inputs, outputs: squeezed, kernel: 1, initializer, random })
    this.expand1x1 = new Conv2d({ inputs: squeezed, outputs: expanded, kernel: 1, initializer, random })
    this.expand3x3 = new Conv2d({ inputs: squeezed, outputs: expanded, kernel: 3, padding: 1, initializer, random })
  }

  override forward(x: Tensor): Tensor {
    const squeezed = relu(this.squeeze.forward(x))
    return concat([relu(this.expand1x1.forward(squeezed)), relu(this.expand3x3.forward(squeezed))], -1)
  }
}

/**
 * A convolution, eight fire modules with three max pools between them, a 1x1 convolution to the classes, ReLU and a global mean: images
 * [N, H, W, 3] to logits [N, classes]; 224x224 is usual. Iandola et al. 2016; names and start as torchvision's.
 */
export class SqueezeNet extends ImageClassifier {
  readonly features: Sequential
  readonly classifier: Sequential

  constructor({ classes = 1000, dropout = 0.5, random = defaultWeightRandom() }: SqueezeNetOptions = {}) {
    super()
    const pool = (): MaxPool2d => new MaxPool2d({ size: 3, stride: 2, ceilMode: true })
    this.features = new Sequential(
      new Conv2d({ inputs: 3, outputs: 64, kernel: 3, stride: 2, initializer: kaimingUniform, random }),
      relu,
      pool(),
      new Fire(64, 16, 64, random),
      new Fire(128, 16, 64, random),
      pool(),
      new Fire(128, 32, 128, random),
      new Fire(256, 32, 128, random),
      pool(),
      new Fire(256, 48, 192, random),
      new Fire(384, 48, 192, random),
      new Fire(384, 64, 256, random),
      new Fire(512, 64, 256, random),
    )
    this.classifier = new Sequential(
      new Dropout({ rate: dropout }),
      new Conv2d({ inputs: 512, outputs: classes, kernel: 1, initializer: normal(0.01), random }),
      relu,
      new GlobalAveragePool(),
    )
  }

  override get headName(): string {
    return 'classifier.1'
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x))
  }
}
