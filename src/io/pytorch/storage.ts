// Storages and the tensors that view them, as PyTorch pickles them: elements in one run of bytes, seen through offset, shape and strides.

import { FormatError } from '../../core/errors.ts'
import type { HostTensor } from '../../core/host-tensor.ts'
import { formatShape, sizeOf } from '../../core/shape.ts'
import { swapBytes } from '../../data/formats/elements.ts'
import { PickleObject } from '../../data/formats/pickle-values.ts'
import { decodeTensor, type StoredTypeName, storedTypes } from '../stored-types.ts'
import { endOf, gatherElements } from '../strided.ts'

/** A run of elements outside of the pickle. */
export class Storage extends PickleObject {
  override readonly kind = 'a storage'
  /** The name under which the file keeps it. */
  readonly key: string
  /** Undefined where the bytes get their type from the tensors that view them. */
  readonly type: StoredTypeName | undefined
  /** Elements, or bytes where there is no type. */
  readonly count: number
  readonly #bytes: () => Uint8Array

  /** `bytes` is called when a tensor is read that views the storage. */
  constructor(key: string, type: StoredTypeName | undefined, count: number, bytes: () => Uint8Array) {
    super()
    this.key = key
    this.type = type
    this.count = count
    this.#bytes = bytes
  }

  /** How many bytes it should have. */
  get byteLength(): number {
    return this.count * (this.type === undefined ? 1 : storedTypes[this.type].bytes)
  }

  bytes(): Uint8Array {
    return this.#bytes()
  }
}

/** A tensor that has not been read yet. */
export class TensorView extends PickleObject {
  override readonly kind = 'a tensor'
  readonly storage: Storage
  readonly type: StoredTypeName
  readonly shape: readonly number[]
  readonly offset: number
  readonly strides: readonly number[]

  constructor(parts: Pick<TensorView, 'storage' | 'type' | 'shape' | 'offset' | 'strides'>) {
    super()
    this.storage = parts.storage
    this.type = parts.type
    this.shape = parts.shape
    this.offset = parts.offset
    this.strides = parts.strides
  }
}

/** What all tensors of a file may take together: this, or so many times the file. Views that share or repeat storages can claim more. */
const leastMemory = 16 * 2 ** 20
const mostCopies = 16

/** Reads the tensors of one file, and keeps account of what they take. */
export class TensorReader {
  readonly #file: string
  readonly #bigEndian: boolean
  readonly #limit: number
  #taken = 0

  constructor(file: string, options: { readonly fileBytes: number; readonly bigEndian: boolean }) {
    this.#file = file
    this.#bigEndian = options.bigEndian
    this.#limit = Math.max(leastMemory, mostCopies * options.fileBytes)
  }

  /** The values of a tensor. Throws FormatError where it reaches beyond its storage, or elements do not fit the dtype. */
  read(name: string, view: TensorView): HostTensor {
    const { storage, type, shape } = view
    const place = `${this.#file}: tensor ${name}`
    const { bytes: size, dtype } = storedTypes[type]
    const end = endOf(view)
    if (!(end * size <= storage.byteLength)) {
      throw new FormatError(
        `${place}: shape ${formatShape(shape)} from element ${view.offset} on with strides ${formatShape(view.strides)} reaches beyond its storage ${storage.key} of ${storage.byteLength} bytes`,
      )
    }
    this.#taken += sizeOf(shape) * Math.max(size, storedTypes[type].dtype === 'i32' ? 4 : size)
    if (!(this.#taken <= this.#limit)) {
      throw new FormatError(
        `${place}: shape ${formatShape(shape)} of ${dtype} makes the tensors take more than ${this.#limit} bytes, as no honest file does`,
      )
    }
    const buffer = gatherElements(storage.bytes(), size, view)
    if (this.#bigEndian) swapBytes(new Uint8Array(buffer), size, buffer.byteLength)
    return decodeTensor(type, shape, buffer, place)
  }
}
