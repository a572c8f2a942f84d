// DataLoader: reads, decodes and augments batches ahead of their use, in an order that only the seed decides. Here on the calling thread;
// in Node, loader.node.ts adds worker threads.

import { FormatError, UsageError } from '../core/errors.ts'
import type { BatchSource, BatchStream, LoadProblem, StreamOptions } from './batch-source.ts'
import { Batches, type BatchesOptions } from './batches.ts'
import type { Batch } from './dataset.ts'
import { type BatchJob, type MadeBatch, makeBatch } from './make-batch.ts'
import type { SampleSource } from './sample-source.ts'
import { recipeOf, type Transform } from './transforms/transform.ts'

export interface DataLoaderOptions {
  /** Applied to each sample, one after another; they must bring all to one size. */
  readonly transforms?: readonly Transform[]
  /** Of the transforms (default 0). What a sample becomes is a function of seed, epoch and sample alone. */
  readonly seed?: number
  /** What becomes of samples that cannot be read, such as damaged files: 'fail' throws (default), 'skip' leaves them out and names them. */
  readonly onError?: 'fail' | 'skip'
  /** Batches prepared ahead of the one in use (default: two per worker, none on the calling thread). */
  readonly prefetch?: number
}

/** What makes batches: the calling thread, or a pool of workers. */
export interface BatchMaker {
  make(job: BatchJob): Promise<MadeBatch>
  /** Somebody waits for a batch: the process must not end. The function that comes back ends that. */
  hold(): () => void
  close(): void
}

export interface LoaderBatchesOptions extends BatchesOptions {
  /** How many epochs (default 1). */
  readonly epochs?: number
  /** The first one (default 0): what is drawn at random differs between epochs. */
  readonly epoch?: number
  readonly signal?: AbortSignal
}

/**
 * Batches of a data set or a folder of images, transformed. Give it to `Trainer.fit`, or take the batches one by one:
 *
 * ```ts
 * const loader = new DataLoader(train, {
 *   transforms: [randomCrop({ size: 32, padding: 4 }), horizontalFlip(), normalize({ mean: 0.5, deviation: 0.25 })],
 * })
 * for await (const { inputs, labels } of loader.batches({ batchSize: 128 })) console.log(inputs.shape, labels.length)
 * ```
 *
 * The batches do not depend on the number of workers. Throws UsageError for options that make no sense; where a sample cannot be read,
 * FormatError with its path, unless `onError` is 'skip'.
 */
export class DataLoader implements BatchSource {
  readonly source: SampleSource
  readonly transforms: readonly Transform[]
  readonly seed: number
  readonly #onError: 'fail' | 'skip'
  readonly #prefetch: number
  readonly #problems = new Map<number, LoadProblem>()
  #maker: BatchMaker | undefined

  constructor(source: SampleSource, options: DataLoaderOptions = {}) {
    const { transforms = [], seed = 0, onError = 'fail', prefetch = 0 } = options
    if (!(Number.isInteger(prefetch) && prefetch >= 0)) {
      throw new UsageError(`prefetch must be a whole number of 0 or more, not ${prefetch}`)
    }
    if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
      throw new UsageError(`seed must be a whole number from 0 to 4294967295, not ${seed}`)
    }
    this.source = source
    this.transforms = transforms
    this.seed = seed
    this.#onError = onError
    this.#prefetch = prefetch
  }

  get length(): number {
    return this.source.length
  }

  get classes(): readonly string[] {
    return this.source.classes
  }

  /** The samples that could not be read so far, each once. */
  get problems(): readonly LoadProblem[] {
    return [...this.#problems.values()]
  }

  get fingerprint(): Readonly<Record<string, number | string>> {
    return {
      ...this.source.fingerprint,
      'the transforms': JSON.stringify(this.transforms.map(recipeOf).map(({ name, options }) => [name, options])),
      'the seed of the transforms': this.seed,
      'what happens to damaged samples': this.#onError,
    }
  }

  /** The batches of some epochs, in order; they are let go of when the loop is left. */
  async *batches(options: LoaderBatchesOptions): AsyncGenerator<Batch, void, undefined> {
    const { epochs = 1, epoch = 0, signal, ...rest } = options
    const order = new Batches(this.length, rest)
    order.seek({ epoch, batch: 0 })
    const count = epochs * order.perEpoch
    const stream = this.stream(order, { count, signal })
    try {
      for (let batch = 0; batch < count; batch++) yield await stream.next()
    } finally {
      stream.close()
    }
  }

  stream(order: Batches, options: StreamOptions): BatchStream {
    this.#maker ??= this.createMaker()
    return new LoaderStream(this.#maker, order, this.#prefetch, options, (made) => this.#finish(made))
  }

  /** Ends the worker threads, if there are any; they start again when batches are asked for. */
  close(): void {
    this.#maker?.close()
    this.#maker = undefined
  }

  /** What makes the batches. */
  protected createMaker(): BatchMaker {
    const recipe = { source: this.source, transforms: this.transforms, seed: this.seed }
    return { make: (job) => makeBatch(recipe, job), hold: () => () => {}, close: () => {} }
  }

  #finish({ data, shape, indices, problems }: MadeBatch): Batch {
    const [problem] = problems
    if (problem !== undefined && this.#onError === 'fail') {
      throw new FormatError(`${problem.message}; onError: 'skip' leaves such samples out`)
    }
    for (const each of problems) this.#problems.set(each.index, each)
    const targets = this.source.targetsOf?.(indices)
    return {
      inputs: { data, shape },
      labels: Int32Array.from(indices, (index) => this.source.labels[index] as number),
      ...(targets === undefined ? {} : { targets }),
      ...(problems.length === 0 ? {} : { problems }),
    }
  }
}

/** A bounded queue of batches that are being made. */
class LoaderStream implements BatchStream {
  readonly #maker: BatchMaker
  readonly #order: Batches
  readonly #ahead: number
  readonly #signal: AbortSignal | undefined
  readonly #finish: (made: MadeBatch) => Batch
  /** Batches that may still be begun. */
  #left: number
  #queue: Promise<MadeBatch>[] = []
  #closed = false

  constructor(
    maker: BatchMaker,
    order: Batches,
    ahead: number,
    { count, signal }: StreamOptions,
    finish: (made: MadeBatch) => Batch,
  ) {
    this.#maker = maker
    this.#order = order
    this.#ahead = ahead
    this.#left = count
    this.#signal = signal
    this.#finish = finish
  }

  async next(): Promise<Batch> {
    this.#signal?.throwIfAborted()
    this.#fill(this.#ahead + 1)
    const made = this.#queue.shift()
    if (made === undefined) throw new UsageError('there are no more batches: the stream is at its end, or was closed')
    const release = this.#maker.hold()
    try {
      const batch = this.#finish(await untilAborted(made, this.#signal))
      // The next ones are made while this one is in use.
      this.#fill(this.#ahead)
      return batch
    } catch (error) {
      this.close()
      throw error
    } finally {
      release()
    }
  }

  close(): void {
    this.#closed = true
    this.#queue = []
  }

  #fill(length: number): void {
    while (!this.#closed && this.#left > 0 && this.#queue.length < length) {
      const { epoch } = this.#order.position
      const made = this.#maker.make({ indices: this.#order.next(), epoch })
      // Whoever takes it from the queue hears of its error; nobody else needs to.
      made.catch(() => {})
      this.#queue.push(made)
      this.#left--
    }
  }
}

/** The result, or the signal's reason as soon as it aborts. */
async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}
