// The NIST36 network: two convolutions and two layers for handwritten characters of 32x32 pixels.

import { gelu } from '../nn/activations.ts'
import { BatchNorm1d, BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { Dropout } from '../nn/dropout.ts'
import { defaultWeightRandom, fanInUniform } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { MaxPool2d } from '../nn/max-pool2d.ts'
import { Sequential } from '../nn/sequential.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ClassifierOptions, ImageClassifier } from './image-classifier.ts'

export interface Nist36CnnOptions extends ClassifierOptions {
  /** Whether max pooling halves the images (slower, better), instead of a stride in the convolutions (default false). */
  readonly pooled?: boolean
  /** Share of the hidden units that are dropped in training (default 0.25). */
  readonly dropout?: number
}

/**
 * Convolutions 3x3 to 64 and 5x5 to 128 channels with batch norm and GELU, 32x32 to 18x18 to 10x10, then 128 hidden units: [N, 32, 32, 1] to
 * logits [N, classes]. 1,849,380 parameters for 36 classes.
 */
export class Nist36Cnn extends ImageClassifier {
  readonly features: Sequential
  readonly classifier: Sequential

  constructor(options: Nist36CnnOptions = {}) {
    super()
    const { classes = 36, pooled = false, dropout = 0.25, random = defaultWeightRandom() } = options
    const stride = pooled ? 1 : 2
    const padding = pooled ? 2 : 3
    const pool = (): MaxPool2d[] => (pooled ? [new MaxPool2d({ size: 2, padding: 1 })] : [])
    const initializer = fanInUniform
    this.features = new Sequential(
      new Conv2d({ inputs: 1, outputs: 64, kernel: 3, stride, padding, random }),
      new BatchNorm2d({ channels: 64 }),
      gelu,
      ...pool(),
      new Conv2d({ inputs: 64, outputs: 128, kernel: 5, stride, padding, random }),
      new BatchNorm2d({ channels: 128 }),
      gelu,
      ...pool(),
    )
    this.classifier = new Sequential(
      new Linear({ inputs: 12_800, outputs: 128, inputImage: [10, 10, 128], initializer, random }),
      new BatchNorm1d({ channels: 128 }),
      gelu,
      new Dropout({ rate: dropout }),
      new Linear({ inputs: 128, outputs: classes, initializer, random }),
    )
  }

  override get headName(): string {
    return 'classifier.4'
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x).flatten(1))
  }
}
