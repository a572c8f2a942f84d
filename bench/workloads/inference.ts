// W7: inference of one image: SqueezeNet 1.1, LeNet-5 and the pooled character network (ResNet-18 stands with its kin).

import { concat, type Tensor } from '../../src/index.ts'
import { Conv2d, Flatten, GlobalAveragePool, Linear, MaxPool2d, Module, relu, Sequential } from '../../src/nn/index.ts'
import { CharacterNetwork, characterParameters } from './character-network.ts'
import { convolution, dense, runningStatistics } from './parameters.ts'
import type { InferenceWorkload, ParameterSpec } from './workload.ts'

/** A 1x1 convolution to few channels, then 1x1 and 3x3 side by side; images of `side` pixels. */
interface FireShape {
  readonly inputs: number
  readonly squeezed: number
  readonly expanded: number
  readonly side: number
}

const fires: readonly (readonly FireShape[])[] = [
  [
    { inputs: 64, squeezed: 16, expanded: 64, side: 55 },
    { inputs: 128, squeezed: 16, expanded: 64, side: 55 },
  ],
  [
    { inputs: 128, squeezed: 32, expanded: 128, side: 27 },
    { inputs: 256, squeezed: 32, expanded: 128, side: 27 },
  ],
  [
    { inputs: 256, squeezed: 48, expanded: 192, side: 13 },
    { inputs: 384, squeezed: 48, expanded: 192, side: 13 },
    { inputs: 384, squeezed: 64, expanded: 256, side: 13 },
    { inputs: 512, squeezed: 64, expanded: 256, side: 13 },
  ],
]

class Fire extends Module {
  readonly squeeze: Conv2d
  readonly small: Conv2d
  readonly large: Conv2d

  constructor({ inputs, squeezed, expanded }: FireShape) {
    super()
    this.squeeze = new Conv2d({ inputs, outputs: squeezed, kernel: 1 })
    this.small = new Conv2d({ inputs: squeezed, outputs: expanded, kernel: 1 })
    this.large = new Conv2d({ inputs: squeezed, outputs: expanded, kernel: 3, padding: 1 })
  }

  override forward(x: Tensor): Tensor {
    const squeezed = relu(this.squeeze.forward(x))
    return concat([relu(this.small.forward(squeezed)), relu(this.large.forward(squeezed))], -1)
  }
}

function squeezeNet(): Module {
  const stages = fires.flatMap((stage) => [
    new MaxPool2d({ size: 3, stride: 2, ceilMode: true }),
    ...stage.map((shape) => new Fire(shape)),
  ])
  return new Sequential(
    new Conv2d({ inputs: 3, outputs: 64, kernel: 3, stride: 2 }),
    relu,
    ...stages,
    new Conv2d({ inputs: 512, outputs: 1000, kernel: 1 }),
    relu,
    new GlobalAveragePool(),
  )
}

function squeezeNetParameters(): ParameterSpec[] {
  const fire = ({ inputs, squeezed, expanded, side }: FireShape): ParameterSpec[] => [
    ...convolution({ inputs, outputs: squeezed, kernel: 1, places: side ** 2 }),
    ...convolution({ inputs: squeezed, outputs: expanded, kernel: 1, places: side ** 2 }),
    ...convolution({ inputs: squeezed, outputs: expanded, kernel: 3, places: side ** 2 }),
  ]
  return [
    ...convolution({ inputs: 3, outputs: 64, kernel: 3, places: 111 ** 2 }),
    ...fires.flat().flatMap(fire),
    ...convolution({ inputs: 512, outputs: 1000, kernel: 1, places: 13 ** 2 }),
  ]
}

function leNet(): Module {
  return new Sequential(
    new Conv2d({ inputs: 1, outputs: 6, kernel: 5, padding: 2 }),
    relu,
    new MaxPool2d({ size: 2 }),
    new Conv2d({ inputs: 6, outputs: 16, kernel: 5 }),
    relu,
    new MaxPool2d({ size: 2 }),
    new Flatten(),
    new Linear({ inputs: 400, outputs: 120 }),
    relu,
    new Linear({ inputs: 120, outputs: 84 }),
    relu,
    new Linear({ inputs: 84, outputs: 10 }),
  )
}

const common = { kind: 'inference', batch: 1 } as const

export const squeezeNetInference: InferenceWorkload = {
  ...common,
  name: 'W7-squeezenet',
  title: 'inference of SqueezeNet 1.1 at 224, batch 1',
  input: { shape: [224, 224, 3], values: 'normal' },
  parameters: squeezeNetParameters(),
  state: [],
  network: squeezeNet,
}

export const leNetInference: InferenceWorkload = {
  ...common,
  name: 'W7-lenet5',
  title: 'inference of LeNet-5 at 28, batch 1',
  input: { shape: [28, 28, 1], values: 'uniform' },
  parameters: [
    ...convolution({ inputs: 1, outputs: 6, kernel: 5, places: 28 ** 2 }),
    ...convolution({ inputs: 6, outputs: 16, kernel: 5, places: 10 ** 2 }),
    ...dense({ inputs: 400, outputs: 120, inputImage: [5, 5, 16] }),
    ...dense({ inputs: 120, outputs: 84 }),
    ...dense({ inputs: 84, outputs: 10 }),
  ],
  state: [],
  network: leNet,
}

export const characterInference: InferenceWorkload = {
  ...common,
  name: 'W7-W4p',
  title: 'inference of W4p, batch 1',
  input: { shape: [32, 32, 1], values: 'uniform' },
  parameters: characterParameters(true),
  state: [64, 128, 128].flatMap(runningStatistics),
  network: () => new CharacterNetwork({ pooled: true, dropout: true }),
}
