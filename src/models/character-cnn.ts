// The character network of five convolutions: digits and letters of 28x28 pixels, made for little work per image.

import { relu } from '../nn/activations.ts'
import { BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { Flatten } from '../nn/flatten.ts'
import { defaultWeightRandom, fanInUniform, kaimingNormal } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Sequential } from '../nn/sequential.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ClassifierOptions, ImageClassifier } from './image-classifier.ts'

/**
 * Convolutions 3x3 to 32, 4x4 to 48, 3x3 to 64, 4x4 to 96 and 3x3 to 128 channels, each with batch norm and ReLU, none padded, those of 4x4 with
 * stride 2: 28x28 to 26x26, 12x12, 10x10, 4x4 and 2x2; then a layer: [N, 28, 28, 1] to logits [N, classes]. 267,274 parameters for 10 classes
 * and 8.5 million multiplications per image.
 */
export class CharacterCnn extends ImageClassifier {
  readonly features: Sequential
  readonly classifier: Linear

  constructor({ classes = 10, random = defaultWeightRandom() }: ClassifierOptions = {}) {
    super()
    const stage = (inputs: number, outputs: number, kernel: number, stride: number) => [
      new Conv2d({ inputs, outputs, kernel, stride, bias: false, initializer: kaimingNormal, random }),
      new BatchNorm2d({ channels: outputs }),
      relu,
    ]
    this.features = new Sequential(
      ...stage(1, 32, 3, 1),
      ...stage(32, 48, 4, 2),
      ...stage(48, 64, 3, 1),
      ...stage(64, 96, 4, 2),
      ...stage(96, 128, 3, 1),
      new Flatten(),
    )
    const inputImage = [2, 2, 128] as const
    this.classifier = new Linear({ inputs: 512, outputs: classes, inputImage, initializer: fanInUniform, random })
  }

  override get headName(): string {
    return 'classifier'
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x))
  }
}
