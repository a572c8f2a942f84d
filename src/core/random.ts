// The one random number generator: Threefry-2x32 with 20 rounds (Salmon et al., SC 2011), a pure function of key and counter.
// The same bits come from `random` inside compiled programs, so data order, initial weights and dropout share one definition.

import type { TypedArray } from './dtype.ts'

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const
const parity = 0x1bd11bda

/** Second word of the block made last: a pair as the result would cost an array for each number that is drawn. */
let second = 0

/** Threefry-2x32-20 of the counter (c0, c1) under the key (k0, k1): the first word of 32 random bits; the other is in `second`. */
function firstWord(k0: number, k1: number, c0: number, c1: number): number {
  let x0 = (c0 + k0) | 0
  let x1 = (c1 + k1) | 0
  // Parts of the key, in turns.
  let [a, b, c] = [k1 | 0, k0 ^ k1 ^ parity, k0 | 0]
  for (let round = 0; round < 20; round++) {
    x0 = (x0 + x1) | 0
    const r = rotations[round & 7] as number
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0
    if ((round & 3) === 3) {
      x0 = (x0 + a) | 0
      x1 = (x1 + b + (round >> 2) + 1) | 0
      const first = a
      a = b
      b = c
      c = first
    }
  }
  second = x1
  return x0 >>> 0
}

/** Threefry-2x32-20 of the counter (c0, c1) under the key (k0, k1): two words of 32 random bits. */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number): [number, number] {
  const first = firstWord(k0, k1, c0, c1)
  return [first, second >>> 0]
}

/** Draw `count` of a generator, 32 bits. */
function bitsAt(seed: number, stream: number, count: number): number {
  return firstWord(seed, stream, count >>> 0, Math.floor(count / 2 ** 32))
}

/** A draw from the normal distribution around 0, of 32 bits for the radius and 32 for the angle (Box and Muller 1958). */
function boxMuller(deviation: number, radius: number, angle: number): number {
  return deviation * Math.sqrt(-2 * Math.log((radius + 1) / 2 ** 32)) * Math.cos(2 * Math.PI * (angle / 2 ** 32))
}

/** Position of a generator, small enough to write into a checkpoint. */
export interface RandomState {
  readonly seed: number
  readonly stream: number
  readonly counter: number
}

/**
 * A seeded sequence of random numbers for the host: initial weights, shuffling, augmentation.
 * Streams of one seed are independent, so that one consumer's draws never shift another's.
 */
export class Random {
  readonly seed: number
  readonly stream: number
  #counter = 0

  constructor(seed: number, stream = 0) {
    this.seed = seed >>> 0
    this.stream = stream >>> 0
  }

  /** Where the sequence stands; `Random.restore` goes on from there. */
  get state(): RandomState {
    return { seed: this.seed, stream: this.stream, counter: this.#counter }
  }

  static restore(state: RandomState): Random {
    const random = new Random(state.seed, state.stream)
    random.#counter = state.counter
    return random
  }

  /** An integer in [0, 2^32). */
  bits(): number {
    return bitsAt(this.seed, this.stream, this.#counter++)
  }

  /** Passes over `count` draws of `bits`, as if they had been made. */
  skip(count: number): void {
    this.#counter += count
  }

  /** A number in [low, high), with 32 random bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / 2 ** 32)
  }

  /** Fills `values` with the draws that so many calls of `uniform` would give. */
  fillUniform(values: TypedArray, low = 0, high = 1): void {
    const { seed, stream } = this
    let count = this.#counter
    for (let i = 0; i < values.length; i++, count++) {
      values[i] = low + (high - low) * (bitsAt(seed, stream, count) / 2 ** 32)
    }
    this.#counter = count
  }

  /** A draw from the normal distribution. */
  normal(mean = 0, deviation = 1): number {
    return mean + boxMuller(deviation, this.bits(), this.bits())
  }

  /** Fills `values` with the draws that so many calls of `normal` would give. */
  fillNormal(values: TypedArray, mean = 0, deviation = 1): void {
    const { seed, stream } = this
    let count = this.#counter
    for (let i = 0; i < values.length; i++, count += 2) {
      values[i] = mean + boxMuller(deviation, bitsAt(seed, stream, count), bitsAt(seed, stream, count + 1))
    }
    this.#counter = count
  }

  /** An integer in [0, n), without modulo bias worth naming (n < 2^31). */
  integer(n: number): number {
    return Math.floor((this.bits() / 2 ** 32) * n)
  }

  /** The integers 0 … n-1 in random order (Fisher and Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i)
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const kept = order[i] as number
      order[i] = order[j] as number
      order[j] = kept
    }
    return order
  }

  /** Another generator of the same seed, on a stream of its own. */
  fork(stream: number): Random {
    return new Random(this.seed, threefry2x32(this.seed, this.stream, stream, 0x5f0c)[0])
  }
}
