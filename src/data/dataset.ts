// A data set in memory: inputs with the sample as first axis, and per sample a class, or a target of numbers.

import { OcellusError, UsageError } from '../core/errors.ts'
import { formatShape, type Shape, sizeOf } from '../core/shape.ts'
import type { BatchSource, BatchStream, LoadProblem, StreamOptions } from './batch-source.ts'
import type { Batches } from './batches.ts'
import { Adler32 } from './formats/checksum.ts'
import type { Pixels } from './pixels.ts'
import { type MemoryRecipe, memoryPixels, type PixelSource, type SampleSource, sharedValues } from './sample-source.ts'
import { drawIndices, type SplitOptions, splitIndices } from './splits.ts'

/** Bytes stand for 0 to 1: they are divided by 255 when a batch is made. */
export interface DatasetInputs {
  readonly data: Float32Array | Uint8Array
  /** [N, ...shape of one sample], for images [N, H, W, C]. */
  readonly shape: Shape
}

export interface DatasetContents {
  readonly inputs: DatasetInputs
  /** Class of each sample, an index into `classes`: [N]. May be left out where there are targets. */
  readonly labels?: Int32Array | undefined
  readonly classes?: readonly string[] | undefined
  /** What the outputs should be, where that is no class: numbers, vectors or pictures, [N, ...]. */
  readonly targets?: DatasetInputs | undefined
}

/** Samples gathered for one step. */
export interface Batch {
  /** shape: [B, ...shape of one sample] */
  readonly inputs: { readonly data: Float32Array; readonly shape: Shape }
  /** [B] */
  readonly labels: Int32Array
  /** What the outputs should be, where that is no class number: [B, ...]. */
  readonly targets?: { readonly data: Float32Array; readonly shape: Shape }
  /** Samples that should be in it, but could not be read. */
  readonly problems?: readonly LoadProblem[]
}

/** How many inputs the checksum takes, at even distances. */
const inputsTaken = 65536

/**
 * Samples in memory.
 *
 * ```ts
 * const digits = new Dataset({ inputs: { data: pixels, shape: [100, 28, 28, 1] }, labels, classes: [...'0123456789'] })
 * const curve = new Dataset({ inputs: { data: x, shape: [50, 1] }, targets: { data: y, shape: [50, 1] } })
 * ```
 */
export class Dataset implements BatchSource, SampleSource {
  readonly inputs: DatasetInputs
  /** All 0 where there are targets and no classes. */
  readonly labels: Int32Array
  readonly classes: readonly string[]
  readonly targets: DatasetInputs | undefined
  readonly #sampleSize: number
  #pixels: PixelSource | undefined
  #fingerprint: Readonly<Record<string, number | string>> | undefined

  /** Throws OcellusError where lengths differ, a label is no index of a class, or a number is NaN or infinite. */
  constructor({ inputs, labels, classes = [], targets }: DatasetContents) {
    checkInputs('inputs', inputs)
    if (targets !== undefined) checkInputs('targets', targets)
    if (labels === undefined && targets === undefined) {
      throw new OcellusError('data set: every sample needs a class or a target, give labels and classes, or targets')
    }
    this.inputs = inputs
    this.labels = labels ?? new Int32Array(inputs.shape[0] ?? 0)
    this.classes = classes
    this.targets = targets
    this.#sampleSize = sizeOf(inputs.shape.slice(1))
    this.#check()
  }

  /** The samples of data sets with the same classes, one after another. Throws UsageError where shapes or kinds differ. */
  static concatenate(parts: readonly Dataset[]): Dataset {
    const [first, ...others] = parts
    if (first === undefined) throw new UsageError('concatenate: there are no data sets')
    if (others.length === 0) return first
    const kind = ({ inputs, targets, classes }: Dataset): string =>
      JSON.stringify([inputs.data.constructor.name, inputs.shape.slice(1), targets?.shape.slice(1), classes])
    if (others.some((part) => kind(part) !== kind(first))) {
      throw new UsageError('concatenate: the data sets must have samples of one shape, and the same classes')
    }
    const labels = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0))
    let filled = 0
    for (const part of parts) {
      labels.set(part.labels, filled)
      filled += part.length
    }
    return new Dataset({
      inputs: joined(parts.map(({ inputs }) => inputs)),
      labels,
      classes: first.classes,
      targets: first.targets && joined(parts.map(({ targets }) => targets as DatasetInputs)),
    })
  }

  /** Number of samples. */
  get length(): number {
    return this.labels.length
  }

  /** A copy of the samples at `indices`, in that order. */
  subset(indices: ArrayLike<number>): Dataset {
    const labels = new Int32Array(indices.length)
    for (let i = 0; i < indices.length; i++) labels[i] = this.labels[this.#sample(indices, i)] as number
    return new Dataset({
      inputs: gathered(this.inputs, indices),
      labels,
      classes: this.classes,
      targets: this.targets && gathered(this.targets, indices),
    })
  }

  /** `count` of the samples, drawn from `seed`: of each class its share, to within one sample, unless `stratified` is false. */
  take(count: number, options?: SplitOptions): Dataset {
    return this.subset(drawIndices(this, count, options))
  }

  /**
   * Parts with the given fractions of the samples, which add up to 1; each part keeps the order of the samples.
   * Which sample goes where is drawn from `seed`, per class unless `stratified` is false.
   */
  split(fractions: readonly [number, number], options?: SplitOptions): [Dataset, Dataset]
  split(fractions: readonly [number, number, number], options?: SplitOptions): [Dataset, Dataset, Dataset]
  split(fractions: readonly number[], options?: SplitOptions): Dataset[]
  split(fractions: readonly number[], options?: SplitOptions): Dataset[] {
    return splitIndices(this, fractions, options).map((indices) => this.subset(indices))
  }

  /** The samples at `indices` as one step's inputs and labels; bytes become numbers from 0 to 1. */
  batch(indices: ArrayLike<number>): Batch {
    const labels = new Int32Array(indices.length)
    for (let i = 0; i < indices.length; i++) labels[i] = this.labels[this.#sample(indices, i)] as number
    const targets = this.targetsOf(indices)
    return { inputs: asFloats(gathered(this.inputs, indices)), labels, ...(targets === undefined ? {} : { targets }) }
  }

  /** The targets of the samples at `indices`, where there are targets. */
  targetsOf(indices: ArrayLike<number>): Batch['targets'] {
    return this.targets === undefined ? undefined : asFloats(gathered(this.targets, indices))
  }

  /** The batches of `order` from its position on. */
  stream(order: Batches, { signal }: StreamOptions): BatchStream {
    return {
      next: async () => {
        signal?.throwIfAborted()
        return this.batch(order.next())
      },
      close: () => {},
    }
  }

  /** One sample as a picture. Throws UsageError where the samples are no pictures [H, W, C]. */
  read(index: number): Pixels {
    this.#sample([index], 0)
    this.#pixels ??= memoryPixels(this.inputs.data, this.inputs.shape)
    return this.#pixels.read(index) as Pixels
  }

  /** The values in memory that other threads see, too. */
  share(): MemoryRecipe {
    return { kind: 'memory', data: sharedValues(this.inputs.data), shape: this.inputs.shape }
  }

  /** Number and shape of the samples, and a checksum over the labels, the targets, and inputs taken at even distances. */
  get fingerprint(): Readonly<Record<string, number | string>> {
    this.#fingerprint ??= {
      'the number of samples': this.length,
      'the shape of a sample': this.inputs.shape.slice(1).join('x'),
      'the checksum of the data': this.#checksum(),
    }
    return this.#fingerprint
  }

  /** The same data with each sample as a row of numbers, [N, D], for networks that begin with a Linear layer. */
  flatten(): Dataset {
    return this.#with({ data: this.inputs.data, shape: [this.length, this.#sampleSize] })
  }

  /** A copy with the inputs exchanged, light for dark: 1 - x, or 255 - x for bytes. */
  inverted(): Dataset {
    const { data, shape } = this.inputs
    const inverse = data instanceof Uint8Array ? data.map((value) => 255 - value) : data.map((value) => 1 - value)
    return this.#with({ data: inverse, shape })
  }

  #with(inputs: DatasetInputs): Dataset {
    const { labels, classes, targets } = this
    return new Dataset({ inputs, labels, classes, targets })
  }

  #checksum(): number {
    const checksum = new Adler32()
    const take = ({ data }: DatasetInputs): Float32Array => {
      const stride = Math.max(1, Math.floor(data.length / inputsTaken))
      return Float32Array.from({ length: Math.floor(data.length / stride) }, (_, i) => data[i * stride] as number)
    }
    const parts = [this.labels, take(this.inputs), ...(this.targets === undefined ? [] : [take(this.targets)])]
    for (const { buffer, byteOffset, byteLength } of parts)
      checksum.update(new Uint8Array(buffer, byteOffset, byteLength))
    return checksum.value
  }

  #sample(indices: ArrayLike<number>, i: number): number {
    const sample = indices[i] as number
    if (!(Number.isInteger(sample) && sample >= 0 && sample < this.length)) {
      throw new UsageError(`sample ${sample} does not exist: the data set has ${this.length} samples, counted from 0`)
    }
    return sample
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
    if (this.targets === undefined && this.classes.length === 0 && samples > 0) {
      throw new OcellusError("data set: there are labels but no classes; name them, as classes: ['cat', 'dog']")
    }
    const isLabelled = this.targets === undefined || this.classes.length > 0
    const wrong = isLabelled ? this.labels.findIndex((label) => label < 0 || label >= this.classes.length) : -1
    if (wrong >= 0) {
      const range = `0 to ${this.classes.length - 1}`
      throw new OcellusError(`data set: sample ${wrong} has label ${this.labels[wrong]}, but the classes are ${range}`)
    }
    checkFinite(data, this.#sampleSize, 'contains')
    if (this.targets !== undefined) this.#checkTargets(this.targets)
  }

  #checkTargets({ data, shape }: DatasetInputs): void {
    if (data.length !== sizeOf(shape) || shape[0] !== this.length) {
      throw new OcellusError(
        `data set: ${data.length} target values of shape ${formatShape(shape)} do not fit ${this.length} samples`,
      )
    }
    checkFinite(data, sizeOf(shape.slice(1)), 'has the target')
  }
}

function checkFinite(data: DatasetInputs['data'], sampleSize: number, has: string): void {
  if (data instanceof Uint8Array) return
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue
    throw new OcellusError(`data set: sample ${Math.floor(i / sampleSize)} ${has} ${data[i]}, remove or repair it`)
  }
}

/** Values of one kind, one after another along the first axis. */
function joined(parts: readonly DatasetInputs[]): DatasetInputs {
  const { data, shape } = parts[0] as DatasetInputs
  const length = parts.reduce((sum, part) => sum + part.data.length, 0)
  const all = data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)
  let filled = 0
  for (const part of parts) {
    all.set(part.data, filled)
    filled += part.data.length
  }
  return { data: all, shape: [parts.reduce((sum, part) => sum + (part.shape[0] ?? 0), 0), ...shape.slice(1)] }
}

function checkInputs(name: string, inputs: DatasetInputs | undefined): void {
  const isNumbers = inputs?.data instanceof Float32Array || inputs?.data instanceof Uint8Array
  if (isNumbers && Array.isArray(inputs.shape)) return
  throw new UsageError(`data set: ${name} are { data, shape }, with a Float32Array or Uint8Array and [N, ...]`)
}

/** The samples at `indices`, copied one after another. */
function gathered({ data, shape }: DatasetInputs, indices: ArrayLike<number>): DatasetInputs {
  const size = sizeOf(shape.slice(1))
  const chosen = new (data instanceof Uint8Array ? Uint8Array : Float32Array)(indices.length * size)
  for (let i = 0; i < indices.length; i++) {
    const sample = indices[i] as number
    chosen.set(data.subarray(sample * size, (sample + 1) * size), i * size)
  }
  return { data: chosen, shape: [indices.length, ...shape.slice(1)] }
}

/** Bytes become numbers from 0 to 1. */
function asFloats({ data, shape }: DatasetInputs): Batch['inputs'] {
  if (data instanceof Float32Array) return { data, shape }
  const floats = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) floats[i] = (data[i] as number) / 255
  return { data: floats, shape }
}
