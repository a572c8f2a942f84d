// Tensor: a lazy value with shape and dtype. Operations only write the graph; reading a value computes it. Nothing to dispose.

import { dtypeOfArray, type TypedArray } from '../core/dtype.ts'
import { ShapeError, UsageError } from '../core/errors.ts'
import type { HostDType } from '../core/host-tensor.ts'
import { formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { arrayNode, type Node } from '../ops/node.ts'
import { setConstructor } from './base.ts'
import { checkDType, checkShape, kindOf } from './checks.ts'
import { formatValues } from './format.ts'
import { checkHostArray, convertValues, valuesInDType } from './host-values.ts'
import { realizedValue, realizeNodes } from './realize.ts'
import { currentTrace } from './trace.ts'
import { UpsamplingTensor } from './upsampling.ts'

/** Numbers in nested arrays. */
export type Nested = number | boolean | readonly Nested[]

export class Tensor extends UpsamplingTensor {
  readonly #node: Node

  /** Use `tensor`, `zeros` and the other creation functions; this wraps a node of the graph. */
  constructor(node: Node) {
    super()
    this.#node = node
  }

  override get node(): Node {
    return this.#node
  }

  #values(): TypedArray {
    if (currentTrace() !== undefined) {
      throw new UsageError(
        `a value was read inside a compiled function; return the tensor and read it outside${atSite()}`,
      )
    }
    const { node } = this
    realizeNodes([node])
    return realizedValue(node)
  }

  /** The elements in row-major order, as a new array; computes what is missing. Works on every device. */
  async data(): Promise<TypedArray> {
    return this.#values().slice()
  }

  /** As `data`, at once; for devices that compute synchronously. */
  dataSync(): TypedArray {
    return this.#values().slice()
  }

  /** The one element of a tensor of size 1. */
  item(): number {
    if (this.size !== 1)
      throw new ShapeError(`item: ${formatShape(this.shape)} has ${this.size} elements, not one${atSite()}`)
    return this.#values()[0] as number
  }

  /** The elements as nested JavaScript arrays (a number for a scalar); bool gives booleans. */
  toArray(): Nested {
    const values = this.#values()
    const read = (axis: number, offset: number, size: number): Nested => {
      if (axis === this.rank) return this.dtype === 'bool' ? values[offset] !== 0 : (values[offset] as number)
      const extent = this.shape[axis] as number
      const inner = extent === 0 ? 0 : size / extent
      return Array.from({ length: extent }, (_, i) => read(axis + 1, offset + i * inner, inner))
    }
    return read(0, 0, this.size)
  }

  /** Shape, dtype and values, shortened as NumPy does; a value that was not computed yet is computed, unless a function is being traced. */
  override toString(): string {
    const head = `Tensor ${this.dtype} ${formatShape(this.shape)}`
    return currentTrace() === undefined
      ? `${head}\n${formatValues(this.#values(), this.shape, this.dtype)}`
      : `${head} (being traced)`
  }
}

Object.defineProperty(Tensor.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: Tensor): string {
    return this.toString()
  },
})

setConstructor((node) => new Tensor(node))

function flatten(values: unknown, into: number[], depth: number, shape: readonly number[]): void {
  if (typeof values === 'number' || typeof values === 'boolean') {
    if (depth !== shape.length) throw new ShapeError(`tensor: rows have different lengths${atSite()}`)
    into.push(Number(values))
    return
  }
  if (!Array.isArray(values)) {
    throw new UsageError(
      `tensor: takes numbers, booleans, nested arrays of them, or a typed array, not ${kindOf(values)}${atSite()}`,
    )
  }
  if (depth === shape.length) throw new ShapeError(`tensor: numbers and rows stand side by side${atSite()}`)
  if (values.length !== shape[depth])
    throw new ShapeError(`tensor: rows have different lengths: ${shape[depth]} and ${values.length}${atSite()}`)
  // By position, so that holes of sparse arrays are seen.
  for (let i = 0; i < values.length; i++) flatten(values[i], into, depth + 1, shape)
}

function firstLeaf(values: unknown): unknown {
  return Array.isArray(values) ? firstLeaf(values[0]) : values
}

function nestedShape(values: unknown): number[] {
  return Array.isArray(values) ? [values.length, ...nestedShape(values[0])] : []
}

export interface TensorOptions {
  readonly dtype?: HostDType
  readonly shape?: Shape
}

/**
 * A tensor of given values: a number, nested arrays, or a typed array (with `shape`; it is not copied, so do not change it afterwards).
 * dtype: the option, else the typed array's own (Uint8Array is u8), else bool for booleans and f32 for numbers.
 * Throws DTypeError on typed arrays of other classes and on values that the dtype does not hold; as bool, anything but 0 is true.
 */
export function tensor(values: Nested | TypedArray, options: TensorOptions = {}): Tensor {
  if (options.dtype !== undefined) checkDType('tensor', options.dtype)
  const wanted = options.shape && checkShape('tensor', options.shape)
  if (ArrayBuffer.isView(values)) {
    const given = checkHostArray('tensor', values)
    const dtype = options.dtype ?? dtypeOfArray(given)
    const shape = wanted ?? [given.length]
    if (sizeOf(shape) !== given.length)
      throw new ShapeError(`tensor: ${given.length} values do not fill ${formatShape(shape)}${atSite()}`)
    return new Tensor(arrayNode(valuesInDType('tensor', given, dtype), shape, dtype))
  }
  const shape = nestedShape(values)
  const flat: number[] = []
  flatten(values, flat, 0, shape)
  const dtype = options.dtype ?? (typeof firstLeaf(values) === 'boolean' ? 'bool' : 'f32')
  const node = arrayNode(convertValues('tensor', flat, dtype), shape, dtype)
  return wanted === undefined ? new Tensor(node) : new Tensor(node).reshape(wanted)
}
