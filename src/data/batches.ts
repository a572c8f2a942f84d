// Seeded mini-batches: which samples make up which step. The order is a pure function of seed and epoch, so the place in it is two numbers.

import { UsageError } from '../core/errors.ts'
import { Random } from '../core/random.ts'

export interface BatchesOptions {
  readonly batchSize: number
  readonly seed?: number
  /**
   * 'reshuffled': a new order every epoch (default). 'once': one random order, the same batches in every epoch.
   * 'sequential': the order of the data.
   */
  readonly order?: 'reshuffled' | 'once' | 'sequential'
  /** What becomes of a last batch that is not full (default 'keep'). */
  readonly last?: 'keep' | 'drop'
}

/** A place in the sequence of batches: the batch that comes next. */
export interface BatchPosition {
  readonly epoch: number
  readonly batch: number
}

/** Stream of random numbers that orders are drawn from; each epoch forks its own. */
const orderStream = 0xba7c

/**
 * The endless sequence of mini-batches of `length` samples, mission A6 of every training loop.
 * Two objects with equal options give equal sequences, from any position on.
 */
export class Batches {
  /** Batches in one epoch. */
  readonly perEpoch: number
  readonly #length: number
  readonly #options: Required<BatchesOptions>
  #position: BatchPosition = { epoch: 0, batch: 0 }
  #order: Int32Array | undefined
  #orderEpoch = -1

  /** Throws UsageError for sizes, seeds and positions that make no sense. */
  constructor(length: number, options: BatchesOptions) {
    this.#length = length
    this.#options = { seed: 0, order: 'reshuffled', last: 'keep', ...options }
    const { batchSize, seed, last } = this.#options
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new UsageError(`batchSize must be a whole number of 1 or more, not ${batchSize}`)
    }
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
      throw new UsageError(`seed must be a whole number from 0 to 4294967295, not ${seed}`)
    }
    this.perEpoch = last === 'keep' ? Math.ceil(length / batchSize) : Math.floor(length / batchSize)
    if (!(this.perEpoch >= 1)) {
      throw new UsageError(`${length} samples make no batch of ${batchSize}: add samples, or make the batch smaller`)
    }
  }

  /** The batch that comes next; save it to go on from there later. */
  get position(): BatchPosition {
    return this.#position
  }

  /** The same sequence, at the same place; the two move on independently. */
  copy(): Batches {
    const copy = new Batches(this.#length, this.#options)
    copy.seek(this.#position)
    return copy
  }

  /** Goes on from `position`, exactly as if all batches before it had been taken. */
  seek(position: BatchPosition): void {
    const { epoch, batch } = position
    if (!Number.isInteger(epoch) || !Number.isInteger(batch) || epoch < 0 || batch < 0 || batch >= this.perEpoch) {
      throw new UsageError(
        `there is no batch ${batch} in epoch ${epoch}: an epoch has ${this.perEpoch} batches, counted from 0`,
      )
    }
    this.#position = { epoch, batch }
  }

  /** The samples of the next batch, and moves on; after the last batch of an epoch comes the first of the next. */
  next(): Int32Array {
    const { epoch, batch } = this.#position
    const start = batch * this.#options.batchSize
    const indices = this.#orderOf(epoch).slice(start, start + this.#options.batchSize)
    this.#position = batch + 1 < this.perEpoch ? { epoch, batch: batch + 1 } : { epoch: epoch + 1, batch: 0 }
    return indices
  }

  /** The rest of the epoch that `position` is in, batch by batch. */
  *epoch(): Generator<Int32Array, void, undefined> {
    const { epoch } = this.#position
    while (this.#position.epoch === epoch) yield this.next()
  }

  #orderOf(epoch: number): Int32Array {
    const { order, seed } = this.#options
    const drawn = order === 'reshuffled' ? epoch : 0
    if (this.#order === undefined || this.#orderEpoch !== drawn) {
      this.#order =
        order === 'sequential'
          ? Int32Array.from({ length: this.#length }, (_, sample) => sample)
          : new Random(seed, orderStream).fork(drawn).permutation(this.#length)
      this.#orderEpoch = drawn
    }
    return this.#order
  }
}
