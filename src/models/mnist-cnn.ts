// The MNIST network of Burn's import example, whose trained weights are published as mnist.pt and mnist.safetensors.

import { relu } from '../nn/activations.ts'
import { BatchNorm1d, BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { defaultWeightRandom, fanInUniform } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ClassifierOptions, ImageClassifier } from './image-classifier.ts'

/**
 * Three convolutions 3x3 to 8, 16 and 24 channels with ReLU, batch norm, a layer of 32 with ReLU, one of `classes`, batch norm: [N, 28, 28, 1] to
 * logits [N, classes].
 */
export class MnistCnn extends ImageClassifier {
  readonly conv1: Conv2d
  readonly conv2: Conv2d
  readonly conv3: Conv2d
  readonly norm1: BatchNorm2d
  readonly fc1: Linear
  readonly fc2: Linear
  norm2: BatchNorm1d

  constructor({ classes = 10, random = defaultWeightRandom() }: ClassifierOptions = {}) {
    super()
    const initializer = fanInUniform
    this.conv1 = new Conv2d({ inputs: 1, outputs: 8, kernel: 3, random })
    this.conv2 = new Conv2d({ inputs: 8, outputs: 16, kernel: 3, random })
    this.conv3 = new Conv2d({ inputs: 16, outputs: 24, kernel: 3, random })
    this.norm1 = new BatchNorm2d({ channels: 24 })
    this.fc1 = new Linear({ inputs: 11_616, outputs: 32, inputImage: [22, 22, 24], initializer, random })
    this.fc2 = new Linear({ inputs: 32, outputs: classes, initializer, random })
    this.norm2 = new BatchNorm1d({ channels: classes })
  }

  override get headName(): string {
    return 'fc2'
  }

  override replaceHead(options: Parameters<ImageClassifier['replaceHead']>[0]): void {
    super.replaceHead(options)
    this.norm2 = new BatchNorm1d({ channels: options.classes })
  }

  override forward(x: Tensor): Tensor {
    const images = [this.conv1, this.conv2, this.conv3].reduce((value, layer) => relu(layer.forward(value)), x)
    const hidden = relu(this.fc1.forward(this.norm1.forward(images).flatten(1)))
    return this.norm2.forward(this.fc2.forward(hidden))
  }
}
