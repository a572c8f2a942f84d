// W5: ResNet-20 for images of 32x32 pixels, and ResNet-18 for the inference of W7.

import {
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  GlobalAveragePool,
  Linear,
  MaxPool2d,
  type Module,
  Residual,
  relu,
  Sequential,
} from '../../src/nn/index.ts'
import { convolution, dense, norm, runningStatistics } from './parameters.ts'
import type { InferenceWorkload, ParameterSpec, TrainingWorkload } from './workload.ts'

/** One block: two convolutions 3x3 with batch norm; images of `side` pixels come out. */
interface BlockShape {
  readonly inputs: number
  readonly outputs: number
  readonly stride: number
  readonly side: number
}

interface NetworkShape {
  readonly stem: { readonly channels: number; readonly kernel: number; readonly stride: number; readonly side: number }
  readonly pooled: boolean
  readonly blocks: readonly BlockShape[]
  readonly classes: number
}

/** Stages of `blocks` blocks each; all but the first halve the image. */
function stages(widths: readonly number[], blocks: number, side: number): BlockShape[] {
  return widths.flatMap((outputs, stage) =>
    Array.from({ length: blocks }, (_, block) => {
      const halves = stage > 0 && block === 0
      const inputs = halves ? (widths[stage - 1] as number) : outputs
      return { inputs, outputs, stride: halves ? 2 : 1, side: side / 2 ** stage }
    }),
  )
}

const resNet20: NetworkShape = {
  stem: { channels: 16, kernel: 3, stride: 1, side: 32 },
  pooled: false,
  blocks: stages([16, 32, 64], 3, 32),
  classes: 10,
}

const resNet18: NetworkShape = {
  stem: { channels: 64, kernel: 7, stride: 2, side: 112 },
  pooled: true,
  blocks: stages([64, 128, 256, 512], 2, 56),
  classes: 1000,
}

function block({ inputs, outputs, stride }: BlockShape): Module {
  const body = new Sequential(
    new Conv2d({ inputs, outputs, kernel: 3, stride, padding: 1, bias: false }),
    new BatchNorm2d({ channels: outputs }),
    relu,
    new Conv2d({ inputs: outputs, outputs, kernel: 3, padding: 1, bias: false }),
    new BatchNorm2d({ channels: outputs }),
  )
  if (stride === 1 && inputs === outputs) return new Residual({ body, activation: relu })
  const shortcut = new Sequential(
    new Conv2d({ inputs, outputs, kernel: 1, stride, bias: false }),
    new BatchNorm2d({ channels: outputs }),
  )
  return new Residual({ body, shortcut, activation: relu })
}

/** [N, H, W, 3] to logits [N, classes]. */
function residualNetwork({ stem, pooled, blocks, classes }: NetworkShape): Module {
  const { channels, kernel, stride } = stem
  const features = blocks.at(-1)?.outputs as number
  return new Sequential(
    new Conv2d({ inputs: 3, outputs: channels, kernel, stride, padding: (kernel - 1) / 2, bias: false }),
    new BatchNorm2d({ channels }),
    relu,
    ...(pooled ? [new MaxPool2d({ size: 3, stride: 2, padding: 1 })] : []),
    ...blocks.map(block),
    new GlobalAveragePool(),
    new Linear({ inputs: features, outputs: classes }),
  )
}

/** `ofConvolution` and `ofNorm` list what one layer has, in the order of the network. */
function listLayers(
  { stem, blocks }: NetworkShape,
  ofConvolution: (inputs: number, outputs: number, kernel: number, side: number) => ParameterSpec[],
  ofNorm: (channels: number) => ParameterSpec[],
): ParameterSpec[] {
  const withNorm = (inputs: number, outputs: number, kernel: number, side: number): ParameterSpec[] => [
    ...ofConvolution(inputs, outputs, kernel, side),
    ...ofNorm(outputs),
  ]
  return [
    ...withNorm(3, stem.channels, stem.kernel, stem.side),
    ...blocks.flatMap(({ inputs, outputs, stride, side }) => [
      ...withNorm(inputs, outputs, 3, side),
      ...withNorm(outputs, outputs, 3, side),
      ...(stride === 1 && inputs === outputs ? [] : withNorm(inputs, outputs, 1, side)),
    ]),
  ]
}

function residualParameters(shape: NetworkShape): ParameterSpec[] {
  const layers = listLayers(
    shape,
    (inputs, outputs, kernel, side) => convolution({ inputs, outputs, kernel, places: side ** 2, bias: false }),
    norm,
  )
  return [...layers, ...dense({ inputs: shape.blocks.at(-1)?.outputs as number, outputs: shape.classes })]
}

export const w5: TrainingWorkload = {
  kind: 'training',
  name: 'W5',
  title: 'ResNet-20 on 32x32x3, batch norm, momentum',
  batch: 128,
  input: { shape: [32, 32, 3], values: 'normal' },
  target: 10,
  parameters: residualParameters(resNet20),
  network: () => residualNetwork(resNet20),
  loss: crossEntropy,
  optimizer: { name: 'sgd', learningRate: 0.05, momentum: 0.9 },
}

export const resNet18Inference: InferenceWorkload = {
  kind: 'inference',
  name: 'W7-resnet18',
  title: 'inference of ResNet-18 at 224, batch 1',
  batch: 1,
  input: { shape: [224, 224, 3], values: 'normal' },
  parameters: residualParameters(resNet18),
  state: listLayers(resNet18, () => [], runningStatistics),
  network: () => residualNetwork(resNet18),
}
