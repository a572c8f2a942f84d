// Evaluation: scores and outputs of a model over a data set, in eval mode, batch by batch.

import { allocateArray } from '../core/dtype.ts'
import { UsageError } from '../core/errors.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import type { Batch, Dataset } from '../data/dataset.ts'
import type { Module } from '../nn/module.ts'
import { compile } from '../tensor/compile.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { Breather } from './breather.ts'
import { type Measures, measure, ScoreKeeper } from './scores.ts'

/** What the output is compared with: the class numbers, or the inputs themselves (autoencoders). */
export type Target = 'labels' | 'inputs'

/** A batch as the tensors that a model and a loss take. */
export function batchTensors(batch: Batch, target: Target): { readonly inputs: Tensor; readonly target: Tensor } {
  const inputs = tensor(batch.inputs.data, { shape: batch.inputs.shape })
  return { inputs, target: target === 'inputs' ? inputs : tensor(batch.labels) }
}

export interface EvaluatorOptions {
  readonly model: Module
  readonly measures: Measures
  readonly batchSize: number
  readonly target: Target
}

export class Evaluator {
  readonly #options: EvaluatorOptions
  readonly #scores: (inputs: Tensor, target: Tensor, classes: number) => Tensor[]
  readonly #outputs: (inputs: Tensor) => Tensor

  constructor(options: EvaluatorOptions) {
    const { model, measures } = options
    this.#options = options
    this.#scores = compile((inputs: Tensor, target: Tensor, classes: number) =>
      measure(measures, model.forward(inputs), target, classes),
    )
    this.#outputs = compile((inputs: Tensor) => model.forward(inputs))
  }

  /** Loss and metrics over all samples; a last batch that is not full is a program of its own. */
  async scores(dataset: Dataset, signal?: AbortSignal): Promise<ScoreKeeper> {
    const keeper = new ScoreKeeper(this.#options.measures)
    await this.#inBatches(dataset.length, signal, async (indices) => {
      const { inputs, target } = batchTensors(dataset.batch(indices), this.#options.target)
      const values: number[] = []
      for (const value of this.#scores(inputs, target, dataset.classes.length))
        values.push((await value.data())[0] as number)
      keeper.add(indices.length, values)
    })
    return keeper
  }

  /** The model's outputs for all samples, [N, ..]. */
  async outputs(inputs: Dataset | Tensor, signal?: AbortSignal): Promise<Tensor> {
    const select = await selector(inputs)
    const parts: Tensor[] = []
    const count = 'rank' in inputs ? (inputs.shape[0] ?? 0) : inputs.length
    await this.#inBatches(count, signal, async (indices) => {
      parts.push(this.#outputs(select(indices)))
    })
    return joined(parts)
  }

  async #inBatches(
    count: number,
    signal: AbortSignal | undefined,
    use: (indices: Int32Array) => Promise<void>,
  ): Promise<void> {
    const { model, batchSize } = this.#options
    if (count === 0) throw new UsageError('there are no samples to evaluate')
    const breather = new Breather()
    const resume = model.pauseTraining()
    try {
      for (let start = 0; start < count; start += batchSize) {
        signal?.throwIfAborted()
        await use(Int32Array.from({ length: Math.min(batchSize, count - start) }, (_, i) => start + i))
        await breather.breathe()
      }
    } finally {
      resume()
    }
  }
}

/** Gives the samples at some indices as a tensor. */
async function selector(inputs: Dataset | Tensor): Promise<(indices: Int32Array) => Tensor> {
  if (!('rank' in inputs)) return (indices) => batchTensors(inputs.batch(indices), 'labels').inputs
  const { shape, dtype } = inputs
  if (shape.length < 2) {
    throw new UsageError(
      `predict: takes samples along the first axis, [N, ..], not a tensor of shape ${formatShape(shape)}`,
    )
  }
  const values = await inputs.data()
  const size = sizeOf(shape.slice(1))
  return (indices) => {
    const start = indices[0] as number
    const part = values.slice(start * size, (start + indices.length) * size)
    return tensor(part, { shape: [indices.length, ...shape.slice(1)], dtype })
  }
}

/** Tensors of one dtype, one after another along the first axis. */
async function joined(parts: readonly Tensor[]): Promise<Tensor> {
  const { dtype, shape } = parts[0] as Tensor
  const samples = parts.reduce((sum, part) => sum + (part.shape[0] as number), 0)
  const values = allocateArray(dtype, samples * sizeOf(shape.slice(1)))
  let filled = 0
  for (const part of parts) {
    values.set(await part.data(), filled)
    filled += part.size
  }
  return tensor(values, { shape: [samples, ...shape.slice(1)], dtype })
}
