// W4 and W4p: the convolutional network for handwritten characters, with strides or with max pooling.

import type { Tensor } from '../../src/index.ts'
import {
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  Dropout,
  Flatten,
  gelu,
  Linear,
  MaxPool2d,
  Module,
  Sequential,
} from '../../src/nn/index.ts'
import { convolution, dense, norm } from './parameters.ts'
import type { ParameterSpec, TrainingWorkload } from './workload.ts'

/** 32x32 to 18x18 to 10x10: convolutions with stride 2, or with stride 1 in front of max pooling. */
export class CharacterNetwork extends Module {
  readonly layers: Sequential

  constructor({ pooled, dropout }: { readonly pooled: boolean; readonly dropout: boolean }) {
    super()
    const stride = pooled ? 1 : 2
    const padding = pooled ? 2 : 3
    const pool = pooled ? [new MaxPool2d({ size: 2, stride: 2, padding: 1 })] : []
    this.layers = new Sequential(
      new Conv2d({ inputs: 1, outputs: 64, kernel: 3, stride, padding }),
      new BatchNorm2d({ channels: 64 }),
      gelu,
      ...pool,
      new Conv2d({ inputs: 64, outputs: 128, kernel: 5, stride, padding }),
      new BatchNorm2d({ channels: 128 }),
      gelu,
      ...pool,
      new Flatten(),
      new Linear({ inputs: 12_800, outputs: 128 }),
      new BatchNorm1d({ channels: 128 }),
      gelu,
      new Dropout({ rate: dropout ? 0.25 : 0 }),
      new Linear({ inputs: 128, outputs: 36 }),
    )
  }

  /** x: [N, 32, 32, 1] to logits [N, 36]. */
  override forward(x: Tensor): Tensor {
    return this.layers.forward(x)
  }
}

export function characterParameters(pooled: boolean): ParameterSpec[] {
  const [first, second] = pooled ? [34, 18] : [18, 10]
  return [
    ...convolution({ inputs: 1, outputs: 64, kernel: 3, places: first ** 2, beforeNorm: true }),
    ...norm(64),
    ...convolution({ inputs: 64, outputs: 128, kernel: 5, places: second ** 2, beforeNorm: true }),
    ...norm(128),
    ...dense({ inputs: 12_800, outputs: 128, inputImage: [10, 10, 128], beforeNorm: true }),
    ...norm(128),
    ...dense({ inputs: 128, outputs: 36 }),
  ]
}

function characterWorkload(name: string, pooled: boolean): TrainingWorkload {
  return {
    kind: 'training',
    name,
    title: `character CNN 64-128-128-36, ${pooled ? 'max pooling' : 'strides'}, batch norm, GELU, dropout, Adam`,
    batch: 128,
    input: { shape: [32, 32, 1], values: 'uniform' },
    target: 36,
    parameters: characterParameters(pooled),
    network: ({ dropout }) => new CharacterNetwork({ pooled, dropout }),
    loss: crossEntropy,
    optimizer: { name: 'adam', learningRate: 1e-3 },
  }
}

export const w4: TrainingWorkload = characterWorkload('W4', false)
export const w4p: TrainingWorkload = characterWorkload('W4p', true)
