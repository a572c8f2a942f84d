// The shapes whose step times are looked at: batches and widths from small to large, with awkward numbers between the round ones.

import { compile, gradients, type Tensor, tensor } from '../../src/index.node.ts'
import {
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  GlobalAveragePool,
  Linear,
  type Module,
  relu,
  Sequential,
  sigmoid,
} from '../../src/nn/index.ts'
import { Sgd } from '../../src/optim/index.ts'
import { randomValues } from '../timing.ts'

/** One family of shapes, each a training step at one size. */
export interface Family {
  readonly name: string
  readonly title: string
  /** What grows. */
  readonly axis: 'batch' | 'channels'
  readonly sizes: readonly number[]
  /** A step at a size, and its multiply-adds. */
  readonly step: (size: number) => { readonly run: () => void; readonly multiplyAdds: number }
}

/** From `least` to `most`: four sizes per doubling, and one more than each power of two. */
export function spread(least: number, most: number): number[] {
  const sizes = new Set<number>()
  for (let power = 1; power <= most; power *= 2)
    for (const size of [power, power + 1, 1.25 * power, 1.5 * power, 1.75 * power]) sizes.add(size)
  return [...sizes].filter((size) => Number.isInteger(size) && size >= least && size <= most).sort((a, b) => a - b)
}

const classes = 10

function stepOf(network: Module, inputShape: readonly number[]): () => void {
  const [batch = 1] = inputShape
  const optimizer = new Sgd(network.parameters(), { learningRate: 1e-3 })
  const step = compile((x: Tensor, labels: Tensor) => {
    const loss = crossEntropy(network.forward(x), labels)
    optimizer.step(gradients(loss, network.parameters()))
    return loss
  })
  const x = tensor(randomValues(inputShape.reduce((product, extent) => product * extent, 1)), { shape: inputShape })
  const labels = tensor(Int32Array.from({ length: batch }, (_, i) => i % classes))
  return () => void step(x, labels).item()
}

function denseStep(batch: number, hidden: number): ReturnType<Family['step']> {
  const inputs = 1024
  const network = new Sequential(
    new Linear({ inputs, outputs: hidden }),
    sigmoid,
    new Linear({ inputs: hidden, outputs: classes }),
  )
  const multiplyAdds = batch * (2 * inputs * hidden + 3 * hidden * classes)
  return { run: stepOf(network, [batch, inputs]), multiplyAdds }
}

/** A convolution from 3 channels, one between `channels`, each with batch norm and ReLU. */
function convolutionStep(batch: number, channels: number, side: number): ReturnType<Family['step']> {
  const network = new Sequential(
    new Conv2d({ inputs: 3, outputs: channels, kernel: 3, padding: 1 }),
    new BatchNorm2d({ channels }),
    relu,
    new Conv2d({ inputs: channels, outputs: channels, kernel: 3, padding: 1 }),
    new BatchNorm2d({ channels }),
    relu,
    new GlobalAveragePool(),
    new Linear({ inputs: channels, outputs: classes }),
  )
  const places = batch * side * side
  const multiplyAdds = places * 9 * channels * (2 * 3 + 3 * channels) + 3 * batch * channels * classes
  return { run: stepOf(network, [batch, side, side, 3]), multiplyAdds }
}

export const families: readonly Family[] = [
  {
    name: 'dense-batch',
    title: 'MLP 1024-64-10, step over batch',
    axis: 'batch',
    sizes: spread(1, 1024),
    step: (batch) => denseStep(batch, 64),
  },
  {
    name: 'dense-channels',
    title: 'MLP 1024-n-10, batch 32, step over n',
    axis: 'channels',
    sizes: spread(8, 512),
    step: (hidden) => denseStep(32, hidden),
  },
  {
    name: 'convolution-batch',
    title: 'convolutions 3-16-16 at 16x16, step over batch',
    axis: 'batch',
    sizes: spread(1, 1024),
    step: (batch) => convolutionStep(batch, 16, 16),
  },
  {
    name: 'convolution-channels',
    title: 'convolutions 3-n-n at 8x8, batch 8, step over n',
    axis: 'channels',
    sizes: spread(8, 512),
    step: (channels) => convolutionStep(8, channels, 8),
  },
]
