// The one random number generator: Threefry-2x32 with 20 rounds (Salmon et al., SC 2011), a pure function of key and counter.
// The same bits come from `random` inside compiled programs, so data order, initial weights and dropout share one definition.

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const
const parity = 0x1bd11bda

/** Threefry-2x32-20 of the counter (c0, c1) under the key (k0, k1): two words of 32 random bits. */
export function threefry2x32(k0: number, k1: number, c0: number, c1: number): [number, number] {
  const k2 = k0 ^ k1 ^ parity
  const key = [k0, k1, k2]
  let x0 = (c0 + k0) | 0
  let x1 = (c1 + k1) | 0
  for (let round = 0; round < 20; round++) {
    x0 = (x0 + x1) | 0
    const r = rotations[round & 7] as number
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0
    if ((round & 3) === 3) {
      const block = (round >> 2) + 1
      x0 = (x0 + (key[block % 3] as number)) | 0
      x1 = (x1 + (key[(block + 1) % 3] as number) + block) | 0
    }
  }
  return [x0 >>> 0, x1 >>> 0]
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
    const count = this.#counter++
    return threefry2x32(this.seed, this.stream, count >>> 0, Math.floor(count / 2 ** 32))[0]
  }

  /** A number in [low, high), with 32 random bits. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / 2 ** 32)
  }

  /** A draw from the normal distribution (Box and Muller 1958). */
  normal(mean = 0, deviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log((this.bits() + 1) / 2 ** 32))
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform())
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
