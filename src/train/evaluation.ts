// Evaluation: scores and outputs of a model over a data set, in eval mode, batch by batch.

import { allocateArray } from '../core/dtype.ts'
import { FormatError, UsageError } from '../core/errors.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import type { BatchSource, StreamOptions } from '../data/batch-source.ts'
import { Batches } from '../data/batches.ts'
import type { Batch } from '../data/dataset.ts'
import type { Module } from '../nn/module.ts'
import { compile } from '../tensor/compile.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { Breather } from './breather.ts'
import { type Measures, measure, ScoreKeeper } from './scores.ts'

/** What the output is compared with: the class numbers, the targets of the data, or the inputs themselves (autoencoders). */
export type Target = 'labels' | 'targets' | 'inputs'

/** A batch as the tensors that a model, a loss and metrics take. */
export interface BatchTensors {
  readonly inputs: Tensor
  readonly target: Tensor
  /** What metrics compare with: the class numbers where the targets are the classes' probabilities, else the target. */
  readonly truth: Tensor
}

/**
 * The tensors of a batch of a data set with so many classes. Where `target` is left open, targets go before labels.
 * Throws UsageError where the batch has no targets and should.
 */
export function batchTensors(batch: Batch, target: Target | undefined, classes: number): BatchTensors {
  const inputs = tensor(batch.inputs.data, { shape: batch.inputs.shape })
  if (target === 'inputs') return { inputs, target: inputs, truth: inputs }
  const { targets } = batch
  if (target === 'labels' || (target === undefined && targets === undefined)) {
    const labels = tensor(batch.labels)
    return { inputs, target: labels, truth: labels }
  }
  if (targets === undefined) {
    throw new UsageError("the data have no targets; give the data set targets, or set target to 'labels' or 'inputs'")
  }
  const numbers = tensor(targets.data, { shape: targets.shape })
  const areProbabilities = classes > 0 && targets.shape.length === 2 && targets.shape[1] === classes
  return { inputs, target: numbers, truth: areProbabilities ? tensor(batch.labels) : numbers }
}

export interface EvaluatorOptions {
  readonly model: Module
  readonly measures: Measures
  readonly batchSize: number
  readonly target: Target | undefined
}

export class Evaluator {
  readonly #options: EvaluatorOptions
  readonly #scores: (inputs: Tensor, target: Tensor, truth: Tensor, classes: number) => Tensor[]
  readonly #outputs: (inputs: Tensor) => Tensor

  constructor(options: EvaluatorOptions) {
    const { model, measures } = options
    this.#options = options
    this.#scores = compile((inputs: Tensor, target: Tensor, truth: Tensor, classes: number) =>
      measure(measures, model.forward(inputs), target, truth, classes),
    )
    this.#outputs = compile((inputs: Tensor) => model.forward(inputs))
  }

  /** Loss and metrics over all samples that can be read; a last batch that is not full is a program of its own. */
  async scores(data: BatchSource, signal?: AbortSignal): Promise<ScoreKeeper> {
    const keeper = new ScoreKeeper(this.#options.measures)
    const classes = data.classes.length
    await this.#inBatches(data, signal, async (batch) => {
      if (batch.labels.length === 0) return
      const { inputs, target, truth } = batchTensors(batch, this.#options.target, classes)
      const values: number[] = []
      for (const value of this.#scores(inputs, target, truth, classes)) values.push((await value.data())[0] as number)
      keeper.add(batch.labels.length, values)
    })
    if (keeper.samples === 0) throw new UsageError('there are no samples to evaluate: none of them can be read')
    return keeper
  }

  /** The model's outputs for all samples, [N, ..]. */
  async outputs(inputs: BatchSource | Tensor, signal?: AbortSignal): Promise<Tensor> {
    const parts: Tensor[] = []
    if ('rank' in inputs) {
      const slices = await slicesOf(inputs)
      await this.#inBatches(slices, signal, async (slice) => {
        parts.push(this.#outputs(slice))
      })
    } else {
      await this.#inBatches(inputs, signal, async (batch) => {
        // Output n belongs to sample n: none may be missing.
        if (batch.problems?.[0] !== undefined) throw new FormatError(batch.problems[0].message)
        parts.push(this.#outputs(batchTensors(batch, 'labels', 0).inputs))
      })
    }
    return joined(parts)
  }

  async #inBatches<Piece>(
    source: PieceSource<Piece>,
    signal: AbortSignal | undefined,
    use: (piece: Piece) => Promise<void>,
  ): Promise<void> {
    const { model, batchSize } = this.#options
    if (source.length === 0) throw new UsageError('there are no samples to evaluate')
    const order = new Batches(source.length, { batchSize, order: 'sequential' })
    const count = order.perEpoch
    const breather = new Breather()
    const resume = model.pauseTraining()
    const pieces = source.stream(order, { count, signal })
    try {
      for (let batch = 0; batch < count; batch++) {
        signal?.throwIfAborted()
        await use(await pieces.next())
        await breather.breathe()
      }
    } finally {
      pieces.close()
      resume()
    }
  }
}

/** Samples that come batch by batch. */
interface PieceSource<Piece> {
  readonly length: number
  stream(order: Batches, options: StreamOptions): { next(): Promise<Piece>; close(): void }
}

/** A tensor's samples, batch by batch. */
async function slicesOf(inputs: Tensor): Promise<PieceSource<Tensor>> {
  const { shape, dtype } = inputs
  const [length = 0, ...sample] = shape
  if (shape.length < 2) {
    throw new UsageError(
      `predict: takes samples along the first axis, [N, ..], not a tensor of shape ${formatShape(shape)}`,
    )
  }
  const values = await inputs.data()
  const size = sizeOf(sample)
  return {
    length,
    stream: (order) => ({
      next: async () => {
        const indices = order.next()
        const start = (indices[0] as number) * size
        return tensor(values.slice(start, start + indices.length * size), { shape: [indices.length, ...sample], dtype })
      },
      close: () => {},
    }),
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
