// Reads runs of numbers from a byte source into typed arrays: any element type, either byte order, converted as they come.

import type { ByteSource } from './byte-source.ts'

/** Element types as files store them. */
export type Storage = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'f32' | 'f64'

/** Element types as they are held in memory; 64-bit integers are held as doubles, where they are exact up to 2^53. */
export type Held = Exclude<Storage, 'i64' | 'u64'>

export type NumericArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array

/** The largest array that is read, in bytes: a claim beyond it is taken for damage. */
const largestArray = 2 ** 31

/** Bytes decoded at a time; a multiple of every element size. */
const window = 65536

/** Bytes of one stored element. */
export function bytesOfStorage(storage: Storage): number {
  return storage.endsWith('64') ? 8 : storage.endsWith('32') ? 4 : storage.endsWith('16') ? 2 : 1
}

export interface ElementRun {
  /** How the file stores the elements, and how many there are. */
  readonly storage: Storage
  readonly count: number
  readonly littleEndian: boolean
  /** How they are to be held. Integers must fit; doubles held as f32 are rounded. */
  readonly held: Held
  /** Name in messages. */
  readonly field: string
}

/**
 * Reads a run of elements. The array grows with the bytes that really come, so that a false count costs no memory.
 * Throws FormatError where the data end early, or an integer does not fit the type it is to be held in.
 */
export function readElements(source: ByteSource, run: ElementRun): NumericArray {
  const { storage, count, littleEndian, held, field } = run
  const size = bytesOfStorage(storage)
  if (count * Math.max(size, bytesOfStorage(held)) > largestArray) {
    throw source.error(
      field,
      `${count} elements are claimed, more than the ${largestArray} bytes that one array may take`,
    )
  }
  const bytes = new Uint8Array(Math.min(window, count * size))
  let array = allocate(held, Math.min(count, Math.ceil(source.plausible / size)))
  let filled = 0
  for (let done = 0; done < count; ) {
    const piece = source.next(Math.min(bytes.length, (count - done) * size) - filled, field)
    bytes.set(piece, filled)
    filled += piece.length
    const whole = Math.floor(filled / size)
    if (whole === 0) continue
    if (!littleEndian) swapBytes(bytes, size, whole * size)
    if (done + whole > array.length) array = grow(array, held, done + whole, count)
    store(array, done, view(storage, bytes.buffer, whole), source, run)
    bytes.copyWithin(0, whole * size, filled)
    filled -= whole * size
    done += whole
  }
  return array
}

/** Turns each element of `size` bytes around. Typed arrays have the order of the machine, which is little-endian wherever WebAssembly runs. */
export function swapBytes(bytes: Uint8Array, size: number, length: number): void {
  for (let start = 0; start < length; start += size) {
    for (let low = start, high = start + size - 1; low < high; low++, high--) {
      const kept = bytes[low] as number
      bytes[low] = bytes[high] as number
      bytes[high] = kept
    }
  }
}

function store(
  array: NumericArray,
  at: number,
  values: NumericArray | BigInt64Array | BigUint64Array,
  source: ByteSource,
  run: ElementRun,
): void {
  const refuse = (value: number | bigint, index: number) =>
    source.error(run.field, `element ${at + index} is ${value}, which ${run.held} cannot hold exactly`)
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    values.forEach((value, index) => {
      const number = Number(value)
      array[at + index] = number
      if (!Number.isSafeInteger(number) || array[at + index] !== number) throw refuse(value, index)
    })
    return
  }
  array.set(values, at)
  if (run.storage === run.held || run.held === 'f32' || run.held === 'f64') return
  for (let index = 0; index < values.length; index++) {
    if (array[at + index] !== values[index]) throw refuse(values[index] as number, index)
  }
}

function grow(array: NumericArray, held: Held, needed: number, most: number): NumericArray {
  const grown = allocate(held, Math.min(most, Math.max(2 * array.length, needed)))
  grown.set(array)
  return grown
}

/** A zeroed array of `length` elements. */
export function allocate(held: Held, length: number): NumericArray {
  return view(held, new ArrayBuffer(length * bytesOfStorage(held)), length)
}

function view(storage: Held, buffer: ArrayBufferLike, length: number): NumericArray
function view(storage: Storage, buffer: ArrayBufferLike, length: number): NumericArray | BigInt64Array | BigUint64Array
function view(
  storage: Storage,
  buffer: ArrayBufferLike,
  length: number,
): NumericArray | BigInt64Array | BigUint64Array {
  switch (storage) {
    case 'i8':
      return new Int8Array(buffer, 0, length)
    case 'u8':
      return new Uint8Array(buffer, 0, length)
    case 'i16':
      return new Int16Array(buffer, 0, length)
    case 'u16':
      return new Uint16Array(buffer, 0, length)
    case 'i32':
      return new Int32Array(buffer, 0, length)
    case 'u32':
      return new Uint32Array(buffer, 0, length)
    case 'i64':
      return new BigInt64Array(buffer, 0, length)
    case 'u64':
      return new BigUint64Array(buffer, 0, length)
    case 'f32':
      return new Float32Array(buffer, 0, length)
    case 'f64':
      return new Float64Array(buffer, 0, length)
  }
}
