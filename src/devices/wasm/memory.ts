// Blocks of the heap with owners: variables, tables of programs, and the one scratch region that all programs share.

import { bytesOf, type DType, type TypedArray, viewArray } from '../../core/dtype.ts'
import { DeviceError } from '../../core/errors.ts'
import type { Storage } from '../device.ts'
import { Heap } from './heap.ts'

const scratchPurpose = 'the scratch memory of this program'

/** Memory that goes back to the heap when its owner is collected; owners never collected simply keep it. */
export class WasmMemory {
  readonly heap: Heap = new Heap()
  readonly #registry = new FinalizationRegistry<{ offset: number; bytes: number }>(({ offset, bytes }) =>
    this.heap.release(offset, bytes),
  )
  #scratch = { offset: 0, bytes: 0 }

  /** A block that lives as long as `owner`. */
  allocateFor(owner: object, bytes: number, purpose: string): number {
    const offset = this.heap.allocate(bytes, purpose)
    this.#registry.register(owner, { offset, bytes })
    return offset
  }

  /** Throws DeviceError when no program could have so much scratch memory: its code would hold distances that no instruction takes. */
  checkScratch(bytes: number): void {
    this.heap.checkSize(bytes, scratchPurpose)
  }

  /** The scratch region that all programs share, grown to `bytes`. Programs never overlap in time. */
  scratch(bytes: number): number {
    if (bytes > this.#scratch.bytes) {
      if (this.#scratch.bytes > 0) this.heap.release(this.#scratch.offset, this.#scratch.bytes)
      this.#scratch = { offset: 0, bytes: 0 }
      this.#scratch = { offset: this.heap.allocate(bytes, scratchPurpose), bytes }
    }
    return this.#scratch.offset
  }
}

/** A variable's memory. */
export class WasmStorage implements Storage {
  readonly dtype: DType
  readonly length: number
  readonly offset: number
  readonly heap: Heap
  /**
   * Never touched, so it takes addresses but no memory. The engine does not see how much of its memory a variable holds; of this it keeps
   * account, and so it collects variables that were dropped before they fill the heap.
   */
  readonly weight: ArrayBuffer

  constructor(memory: WasmMemory, dtype: DType, length: number) {
    this.dtype = dtype
    this.length = length
    this.heap = memory.heap
    const bytes = length * bytesOf(dtype)
    this.offset = memory.allocateFor(this, bytes, 'a variable')
    try {
      this.weight = new ArrayBuffer(bytes)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw new DeviceError(
        `a variable needs ${(bytes / 2 ** 20).toFixed(1)} MiB of address space, which the system refuses; raise its memory limit`,
      )
    }
  }

  #view(): TypedArray {
    return viewArray(this.dtype, this.heap.buffer, this.offset, this.length)
  }

  write(data: TypedArray): void {
    this.#view().set(data)
  }

  fill(fill: (values: TypedArray) => void): void {
    fill(this.#view())
  }

  read(): TypedArray {
    return this.#view().slice()
  }
}

/** Offset of a variable in its device's memory. */
export function storageOffset(storage: Storage): number {
  return (storage as WasmStorage).offset
}

/** Offset of a variable in `memory`. Throws DeviceError when the variable lives elsewhere: its offset would mean something else here. */
export function offsetIn(memory: WasmMemory, storage: Storage): number {
  if (!(storage instanceof WasmStorage) || storage.heap !== memory.heap) {
    throw new DeviceError('a program meets a variable of another device; choose the device before the first variable')
  }
  return storage.offset
}
