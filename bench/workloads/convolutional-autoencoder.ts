// W6: an image of 28x28 pixels squeezed by convolutions into ten numbers, and drawn again by transposed ones.

import type { Tensor } from '../../src/index.ts'
import {
  Conv2d,
  ConvTranspose2d,
  Flatten,
  Linear,
  Module,
  meanSquaredError,
  relu,
  Sequential,
  sigmoid,
} from '../../src/nn/index.ts'
import { convolution, dense } from './parameters.ts'
import type { TrainingWorkload } from './workload.ts'

const image = [7, 7, 32] as const
const features = 7 * 7 * 32

class ConvolutionalAutoencoder extends Module {
  readonly encoder: Sequential
  readonly expand: Linear
  readonly decoder: Sequential

  constructor() {
    super()
    const half = { kernel: 3, stride: 2, padding: 1 }
    const double = { ...half, outputPadding: 1 }
    this.encoder = new Sequential(
      new Conv2d({ inputs: 1, outputs: 16, ...half }),
      relu,
      new Conv2d({ inputs: 16, outputs: 32, ...half }),
      relu,
      new Flatten(),
      new Linear({ inputs: features, outputs: 10 }),
    )
    this.expand = new Linear({ inputs: 10, outputs: features })
    this.decoder = new Sequential(
      new ConvTranspose2d({ inputs: 32, outputs: 16, ...double }),
      relu,
      new ConvTranspose2d({ inputs: 16, outputs: 1, ...double }),
      sigmoid,
    )
  }

  /** x: [N, 28, 28, 1] to images of the same shape. */
  override forward(x: Tensor): Tensor {
    const small = relu(this.expand.forward(this.encoder.forward(x)))
    return this.decoder.forward(small.reshape([x.shape[0] ?? 0, ...image]))
  }
}

export const w6: TrainingWorkload = {
  kind: 'training',
  name: 'W6',
  title: 'convolutional autoencoder 28x28, 1-16-32-10, squared error, AdamW',
  batch: 32,
  input: { shape: [28, 28, 1], values: 'uniform' },
  target: 'input',
  parameters: [
    ...convolution({ inputs: 1, outputs: 16, kernel: 3, places: 14 ** 2 }),
    ...convolution({ inputs: 16, outputs: 32, kernel: 3, places: 7 ** 2 }),
    ...dense({ inputs: features, outputs: 10, inputImage: image }),
    ...dense({ inputs: 10, outputs: features, outputImage: image }),
    ...convolution({ inputs: 32, outputs: 16, kernel: 3, places: 7 ** 2, transposed: true }),
    ...convolution({ inputs: 16, outputs: 1, kernel: 3, places: 14 ** 2, transposed: true }),
  ],
  network: () => new ConvolutionalAutoencoder(),
  loss: meanSquaredError,
  optimizer: { name: 'adamW', learningRate: 1e-3 },
}
