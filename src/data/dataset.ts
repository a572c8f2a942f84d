// A labelled data set in memory: inputs with the sample as first axis, one class per sample.

import { OcellusError, UsageError } from '../core/errors.ts'
import { Random } from '../core/random.ts'
import { formatShape, type Shape, sizeOf } from '../core/shape.ts'

/** Bytes stand for 0 to 1: they are divided by 255 when a batch is made. */
export interface DatasetInputs {
  readonly data: Float32Array | Uint8Array
  /** [N, ...shape of one sample], for images [N, H, W, C]. */
  readonly shape: Shape
}

export interface DatasetContents {
  readonly inputs: DatasetInputs
  /** Class of each sample, an index into `classes`: [N]. */
  readonly labels: Int32Array
  readonly classes: readonly string[]
}

/** Samples gathered for one step. */
export interface Batch {
  /** shape: [B, ...shape of one sample] */
  readonly inputs: { readonly data: Float32Array; readonly shape: Shape }
  /** [B] */
  readonly labels: Int32Array
}

export interface SplitOptions {
  readonly seed?: number
  /** Give each part the same share of every class (default true). */
  readonly stratified?: boolean
}

/** Stream of random numbers that splitting draws from. */
const splitStream = 0x5b117

export class Dataset {
  readonly inputs: DatasetInputs
  readonly labels: Int32Array
  readonly classes: readonly string[]
  readonly #sampleSize: number

  /** Throws OcellusError where lengths differ, a label is no index of a class, or an input is NaN or infinite. */
  constructor({ inputs, labels, classes }: DatasetContents) {
    this.inputs = inputs
    this.labels = labels
    this.classes = classes
    this.#sampleSize = sizeOf(inputs.shape.slice(1))
    this.#check()
  }

  /** Number of samples. */
  get length(): number {
    return this.labels.length
  }

  /** A copy of the samples at `indices`, in that order. */
  subset(indices: ArrayLike<number>): Dataset {
    const { data, shape } = this.inputs
    const size = this.#sampleSize
    const chosen = new (data instanceof Uint8Array ? Uint8Array : Float32Array)(indices.length * size)
    const labels = new Int32Array(indices.length)
    for (let i = 0; i < indices.length; i++) {
      const sample = this.#sample(indices, i)
      chosen.set(data.subarray(sample * size, (sample + 1) * size), i * size)
      labels[i] = this.labels[sample] as number
    }
    return new Dataset({
      inputs: { data: chosen, shape: [indices.length, ...shape.slice(1)] },
      labels,
      classes: this.classes,
    })
  }

  /**
   * Parts with the given fractions of the samples, which add up to 1; each part keeps the order of the samples.
   * Which sample goes where is drawn from `seed`, per class unless `stratified` is false.
   */
  split(fractions: readonly [number, number], options?: SplitOptions): [Dataset, Dataset]
  split(fractions: readonly [number, number, number], options?: SplitOptions): [Dataset, Dataset, Dataset]
  split(fractions: readonly number[], options?: SplitOptions): Dataset[]
  split(fractions: readonly number[], { seed = 0, stratified = true }: SplitOptions = {}): Dataset[] {
    const total = fractions.reduce((sum, fraction) => sum + fraction, 0)
    if (fractions.length === 0 || !fractions.every((fraction) => fraction > 0) || Math.abs(total - 1) > 1e-9) {
      throw new UsageError(`split: the fractions [${fractions.join(', ')}] must be positive and add up to 1`)
    }
    const random = new Random(seed, splitStream)
    const parts: number[][] = fractions.map(() => [])
    let seen = 0
    for (const group of stratified ? this.#byClass() : [Array.from(this.labels.keys())]) {
      for (const place of random.permutation(group.length)) {
        seen++
        // To the part that lacks most of its share: so every stretch, and with it every class, is shared out evenly.
        const lacking = parts.map((part, i) => (fractions[i] as number) * seen - part.length)
        parts[lacking.indexOf(Math.max(...lacking))]?.push(group[place] as number)
      }
    }
    return parts.map((indices) => this.subset(indices.sort((a, b) => a - b)))
  }

  /** The samples at `indices` as one step's inputs and labels; bytes become numbers from 0 to 1. */
  batch(indices: ArrayLike<number>): Batch {
    const { data, shape } = this.inputs
    const size = this.#sampleSize
    const inputs = new Float32Array(indices.length * size)
    const labels = new Int32Array(indices.length)
    for (let i = 0; i < indices.length; i++) {
      const sample = this.#sample(indices, i)
      labels[i] = this.labels[sample] as number
      inputs.set(data.subarray(sample * size, (sample + 1) * size), i * size)
    }
    if (data instanceof Uint8Array) for (let i = 0; i < inputs.length; i++) inputs[i] = (inputs[i] as number) / 255
    return { inputs: { data: inputs, shape: [indices.length, ...shape.slice(1)] }, labels }
  }

  /** The same data with each sample as a row of numbers, [N, D], for networks that begin with a Linear layer. */
  flatten(): Dataset {
    return new Dataset({
      inputs: { data: this.inputs.data, shape: [this.length, this.#sampleSize] },
      labels: this.labels,
      classes: this.classes,
    })
  }

  /** A copy with the inputs exchanged, light for dark: 1 - x, or 255 - x for bytes. */
  inverted(): Dataset {
    const { data, shape } = this.inputs
    const inverse = data instanceof Uint8Array ? data.map((value) => 255 - value) : data.map((value) => 1 - value)
    return new Dataset({ inputs: { data: inverse, shape }, labels: this.labels, classes: this.classes })
  }

  #sample(indices: ArrayLike<number>, i: number): number {
    const sample = indices[i] as number
    if (!(Number.isInteger(sample) && sample >= 0 && sample < this.length)) {
      throw new UsageError(`sample ${sample} does not exist: the data set has ${this.length} samples, counted from 0`)
    }
    return sample
  }

  /** The samples of each class, in order. */
  #byClass(): number[][] {
    const groups: number[][] = this.classes.map(() => [])
    for (const [sample, label] of this.labels.entries()) groups[label]?.push(sample)
    return groups
  }

  #check(): void {
    const { data, shape } = this.inputs
    const samples = shape[0]
    if (samples === undefined || data.length !== sizeOf(shape)) {
      throw new OcellusError(`data set: ${data.length} input values do not fit the shape ${formatShape(shape)}`)
    }
    if (samples !== this.labels.length) {
      throw new OcellusError(`data set: there are ${samples} inputs but ${this.labels.length} labels, each needs one`)
    }
    const wrong = this.labels.findIndex((label) => label < 0 || label >= this.classes.length)
    if (wrong >= 0) {
      const range = `0 to ${this.classes.length - 1}`
      throw new OcellusError(`data set: sample ${wrong} has label ${this.labels[wrong]}, but the classes are ${range}`)
    }
    if (data instanceof Uint8Array) return
    for (let i = 0; i < data.length; i++) {
      if (!Number.isFinite(data[i])) {
        throw new OcellusError(
          `data set: sample ${Math.floor(i / this.#sampleSize)} contains ${data[i]}, remove or repair it`,
        )
      }
    }
  }
}
