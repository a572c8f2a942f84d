// Where batches come from, for training and evaluation: a data set in memory, or a loader that reads, decodes and augments.

import type { Batches } from './batches.ts'
import type { Batch } from './dataset.ts'

/** A sample that could not be read. */
export interface LoadProblem {
  /** Number of the sample. */
  readonly index: number
  /** One sentence with the path of the file. */
  readonly message: string
}

export interface StreamOptions {
  /** How many batches will be asked for: nothing is prepared beyond them. */
  readonly count: number
  /** Ends the stream; what waits for a batch rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** Batches in their order, one after the other. */
export interface BatchStream {
  /** The next batch. Samples that were skipped are not in it; in the worst case it is empty. */
  next(): Promise<Batch>
  /** Lets go of what was prepared. */
  close(): void
}

export interface BatchSource {
  /** Number of samples. */
  readonly length: number
  /** Names of the classes; none where the targets are no classes. */
  readonly classes: readonly string[]
  /** What must be equal for two sources to give the same batches, by what messages call it. */
  readonly fingerprint: Readonly<Record<string, number | string>>
  /** The batches of `order` from its position on; the stream owns `order` from then on. */
  stream(order: Batches, options: StreamOptions): BatchStream
}
