// The batches that a training takes, and its place among them. The data may be prepared ahead of that place, a checkpoint holds the place.

import { UsageError } from '../core/errors.ts'
import type { BatchSource, BatchStream, LoadProblem } from '../data/batch-source.ts'
import { Batches, type BatchesOptions, type BatchPosition } from '../data/batches.ts'
import { type Batch, Dataset } from '../data/dataset.ts'
import { DataLoader } from '../data/loader.ts'
import type { Transform } from '../data/transforms/transform.ts'

export interface TrainingDataOptions extends BatchesOptions {
  readonly seed: number
  readonly epochs: number
  /** Of single pictures; only for data sets, as loaders have transforms of their own. */
  readonly transforms: readonly Transform[]
  /** Is told of each sample that cannot be read, once. */
  readonly notice: (message: string) => void
}

export class TrainingData {
  readonly source: BatchSource
  readonly #batches: Batches
  readonly #options: TrainingDataOptions
  /** Samples that could not be read and were told of. */
  readonly #unreadable = new Set<number>()
  #stream: BatchStream | undefined

  /** Throws UsageError where a loader is given together with transforms. */
  constructor(train: BatchSource, options: TrainingDataOptions) {
    const { transforms, seed, batchSize, order = 'reshuffled' } = options
    if (transforms.length > 0 && !(train instanceof Dataset)) {
      throw new UsageError('augment: a loader has transforms of its own, give them to it instead')
    }
    this.source =
      transforms.length > 0 && train instanceof Dataset ? new DataLoader(train, { transforms, seed }) : train
    this.#batches = new Batches(train.length, { batchSize, seed, order })
    this.#options = options
  }

  /** Batches in one epoch. */
  get perEpoch(): number {
    return this.#batches.perEpoch
  }

  /** The batch that comes next. */
  get position(): BatchPosition {
    return this.#batches.position
  }

  /** Goes on from `position`, exactly as if all batches before it had been taken. */
  seek(position: BatchPosition): void {
    this.close()
    this.#batches.seek(position)
  }

  /** The next batch; without the samples that cannot be read, in the worst case empty. */
  async next(signal: AbortSignal | undefined): Promise<Batch> {
    const { epoch, batch } = this.position
    const count = (this.#options.epochs - epoch) * this.perEpoch - batch
    this.#stream ??= this.source.stream(this.#batches.copy(), { count, signal })
    const samples = await this.#stream.next()
    this.#batches.next()
    this.#tell(samples.problems ?? [])
    return samples
  }

  /** Lets go of what was prepared. */
  close(): void {
    this.#stream?.close()
    this.#stream = undefined
  }

  #tell(problems: readonly LoadProblem[]): void {
    for (const { index, message } of problems) {
      if (this.#unreadable.has(index)) continue
      this.#unreadable.add(index)
      this.#options.notice(`${message}; left out`)
    }
  }
}
