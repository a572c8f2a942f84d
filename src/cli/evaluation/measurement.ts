// Measures a network on images: how many it gets right, what it takes for what, and how fast.

import { FormatError, UsageError } from '../../core/errors.ts'
import type { BatchSource, LoadProblem } from '../../data/batch-source.ts'
import { Batches } from '../../data/batches.ts'
import { compile } from '../../tensor/compile.ts'
import { type Tensor, tensor } from '../../tensor/tensor.ts'
import { Breather } from '../../train/breather.ts'

export interface Measurement {
  /** Output for the class of each image that could be read, and the one that the network chooses: [N] both. */
  readonly labels: Int32Array
  readonly predictions: Int32Array
  readonly right: number
  /** Images that could not be read. */
  readonly problems: readonly LoadProblem[]
  /** Preparing the images included, without the first batch, in which the network is compiled, where there are others. */
  readonly imagesPerSecond: number
}

export interface MeasureOptions {
  readonly batchSize: number
  readonly signal: AbortSignal
  /** The network's output for each class of the data (default: that of the same number). */
  readonly outputs?: Int32Array
  /** Is called after each batch. */
  readonly onProgress?: (progress: { readonly done: number; readonly right: number }) => void
}

/**
 * Runs all samples through `run`, images [N, ..] to logits [N, C]. A last batch that is not full is filled up, so that there is one program.
 * Rejects with the signal's reason where it aborts. Throws FormatError where no image can be read, UsageError where the outputs are no logits.
 */
export async function measureNetwork(
  run: (images: Tensor) => Tensor,
  data: BatchSource,
  { batchSize, signal, outputs, onProgress }: MeasureOptions,
): Promise<Measurement> {
  const classOf = compile((images: Tensor) => {
    const logits = run(images)
    if (logits.rank !== 2 || logits.shape[0] !== images.shape[0])
      throw new UsageError(
        `the network gives [${logits.shape}] for ${images.shape[0]} images, which are no logits of classes`,
      )
    return logits.argmax(-1)
  })
  const order = new Batches(data.length, { batchSize: Math.min(batchSize, data.length), order: 'sequential' })
  const count = order.perEpoch
  const size = Math.min(batchSize, data.length)
  const labels = new Int32Array(data.length)
  const predictions = new Int32Array(data.length)
  const problems: LoadProblem[] = []
  const breather = new Breather()
  const stream = data.stream(order, { count, signal })
  let done = 0
  let right = 0
  let first = { images: 0, milliseconds: 0 }
  const began = performance.now()
  try {
    for (let batch = 0; batch < count; batch++) {
      const { inputs, labels: truth, problems: damaged = [] } = await stream.next()
      problems.push(...damaged)
      if (truth.length > 0) {
        const found = await classOf(filled(inputs, size)).data()
        for (const [i, number] of truth.entries()) {
          const label = outputs?.[number] ?? number
          labels[done + i] = label
          predictions[done + i] = found[i] as number
          if (found[i] === label) right++
        }
        done += truth.length
      }
      if (batch === 0) first = { images: done, milliseconds: performance.now() - began }
      onProgress?.({ done, right })
      await breather.breathe()
      signal.throwIfAborted()
    }
  } finally {
    stream.close()
  }
  if (done === 0) throw new FormatError('there is no image to measure on: none of them can be read')
  const total = performance.now() - began
  const timed =
    done > first.images
      ? { images: done - first.images, milliseconds: total - first.milliseconds }
      : { images: done, milliseconds: total }
  return {
    labels: labels.subarray(0, done),
    predictions: predictions.subarray(0, done),
    right,
    problems,
    imagesPerSecond: (1000 * timed.images) / timed.milliseconds,
  }
}

/** The images as a batch of `size`, with zeros after them. */
function filled(
  { data, shape }: { readonly data: Float32Array; readonly shape: readonly number[] },
  size: number,
): Tensor {
  const [count = 0, ...sample] = shape
  if (count === size) return tensor(data, { shape })
  const whole = new Float32Array((data.length / count) * size)
  whole.set(data)
  return tensor(whole, { shape: [size, ...sample] })
}
