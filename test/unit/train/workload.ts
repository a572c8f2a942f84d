// A small training with everything that a checkpoint must keep: momentum, random numbers in the model, augmentation, a changing rate.

import { Random } from '../../../src/core/random.ts'
import { Dataset } from '../../../src/data/dataset.ts'
import { accuracy } from '../../../src/nn/accuracy.ts'
import { sigmoid } from '../../../src/nn/activations.ts'
import { seedWeights } from '../../../src/nn/initializers.ts'
import { Linear } from '../../../src/nn/linear.ts'
import { crossEntropy } from '../../../src/nn/losses.ts'
import { Module } from '../../../src/nn/module.ts'
import { Sequential } from '../../../src/nn/sequential.ts'
import { adamW } from '../../../src/optim/adam.ts'
import { exponential } from '../../../src/optim/learning-rate-schedules.ts'
import { random } from '../../../src/tensor/creation.ts'
import type { Tensor } from '../../../src/tensor/tensor.ts'
import type { Augmentation, FitResult, TrainerOptions } from '../../../src/train/trainer.ts'

/** Three classes of points with 6 coordinates, which overlap a little. */
export function points(count: number, seed = 1): Dataset {
  const draw = new Random(seed)
  const labels = Int32Array.from({ length: count }, () => draw.integer(3))
  const data = Float32Array.from({ length: count * 6 }, (_, i) =>
    draw.normal(i % 3 === labels[Math.floor(i / 6)] ? 1 : 0, 0.8),
  )
  return new Dataset({ inputs: { data, shape: [count, 6] }, labels, classes: ['a', 'b', 'c'] })
}

/** Random noise while training, none in eval mode. */
class Noise extends Module {
  override forward(x: Tensor): Tensor {
    return this.training ? x.add(random(x.shape).subtract(0.5).multiply(0.2)) : x
  }
}

export function network(seed = 0): Sequential {
  seedWeights(seed)
  return new Sequential(
    new Linear({ inputs: 6, outputs: 8 }),
    sigmoid,
    new Noise(),
    new Linear({ inputs: 8, outputs: 3 }),
  )
}

const jitter: Augmentation = (batch, draw) => ({
  ...batch,
  inputs: { ...batch.inputs, data: batch.inputs.data.map((value) => value + draw.normal(0, 0.05)) },
})

export const samples: { readonly train: Dataset; readonly valid: Dataset } = { train: points(90), valid: points(40, 2) }

/** 90 samples in batches of 16: six steps per epoch, the last of 10 samples. */
export function workload(epochs: number): TrainerOptions {
  return {
    optimizer: adamW({ learningRate: exponential({ start: 0.02, every: 2 }) }),
    loss: crossEntropy,
    metrics: [accuracy],
    epochs,
    batchSize: 16,
    seed: 5,
    augment: [jitter],
  }
}

/** All that must be equal in two trainings: every bit of the weights, and the history but for its times. */
export function outcome(model: Module, { history }: FitResult): string {
  const weights = [...model.namedVariables()].map(([name, variable]) => [name, Array.from(variable.dataSync())])
  return JSON.stringify({ weights, history: history.map(({ seconds: _, ...record }) => record) })
}
