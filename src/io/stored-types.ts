// The element types that files of tensors store: how many bytes each takes and how it becomes a host tensor.

import type { TypedArray } from '../core/dtype.ts'
import { FormatError } from '../core/errors.ts'
import { type HostDType, type HostTensor, hostTensor } from '../core/host-tensor.ts'
import type { Shape } from '../core/shape.ts'
import { bfloat16, float16 } from './half-floats.ts'

/** How elements of one stored type are read. */
export interface StoredType {
  readonly bytes: number
  readonly dtype: HostDType
  /** The values of the little-endian `buffer`, or the first that `dtype` cannot hold. */
  readonly read: (buffer: ArrayBuffer) => TypedArray | UnreadableElement
}

/** The first element that cannot be held without loss. */
export interface UnreadableElement {
  readonly index: number
  readonly value: string
}

/** Stored types by the names that safetensors give them. */
export type StoredTypeName =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'U64'
  | 'I32'
  | 'U32'
  | 'I16'
  | 'U16'
  | 'I8'
  | 'U8'
  | 'BOOL'

/** Types that are read. Halves widen to f32 exactly; integers become i32 where they fit. */
export const storedTypes: Readonly<Record<StoredTypeName, StoredType>> = {
  F64: { bytes: 8, dtype: 'f64', read: (buffer) => new Float64Array(buffer) },
  F32: { bytes: 4, dtype: 'f32', read: (buffer) => new Float32Array(buffer) },
  F16: { bytes: 2, dtype: 'f32', read: (buffer) => Float32Array.from(new Uint16Array(buffer), float16) },
  BF16: { bytes: 2, dtype: 'f32', read: (buffer) => bfloat16(new Uint16Array(buffer)) },
  I64: { bytes: 8, dtype: 'i32', read: (buffer) => toInt32(new BigInt64Array(buffer)) },
  U64: { bytes: 8, dtype: 'i32', read: (buffer) => toInt32(new BigUint64Array(buffer)) },
  I32: { bytes: 4, dtype: 'i32', read: (buffer) => new Int32Array(buffer) },
  U32: { bytes: 4, dtype: 'i32', read: (buffer) => toInt32(new Uint32Array(buffer)) },
  I16: { bytes: 2, dtype: 'i32', read: (buffer) => Int32Array.from(new Int16Array(buffer)) },
  U16: { bytes: 2, dtype: 'i32', read: (buffer) => Int32Array.from(new Uint16Array(buffer)) },
  I8: { bytes: 1, dtype: 'i32', read: (buffer) => Int32Array.from(new Int8Array(buffer)) },
  U8: { bytes: 1, dtype: 'u8', read: (buffer) => new Uint8Array(buffer) },
  BOOL: { bytes: 1, dtype: 'bool', read: (buffer) => toBool(new Uint8Array(buffer)) },
}

/** The name a host dtype is written under, in the order in which safetensors' reference implementation lays tensors out. */
export const writtenNames: Readonly<Record<HostDType, StoredTypeName>> = {
  f64: 'F64',
  f32: 'F32',
  i32: 'I32',
  u8: 'U8',
  bool: 'BOOL',
}

export function isStoredType(name: string): name is StoredTypeName {
  return Object.hasOwn(storedTypes, name)
}

/**
 * The tensor whose elements are the little-endian `buffer`, which is kept where no conversion is needed.
 * Throws FormatError, which begins with `place`, for an element that the dtype cannot hold.
 */
export function decodeTensor(type: StoredTypeName, shape: Shape, buffer: ArrayBuffer, place: string): HostTensor {
  const { dtype, read } = storedTypes[type]
  const values = read(buffer)
  if ('value' in values) {
    throw new FormatError(`${place}: element ${values.index} of ${type} is ${values.value}, which ${dtype} cannot hold`)
  }
  return hostTensor(dtype, shape, values)
}

function toInt32(values: BigInt64Array | BigUint64Array | Uint32Array): Int32Array | UnreadableElement {
  const integers = new Int32Array(values.length)
  for (let index = 0; index < values.length; index++) {
    const value = Number(values[index])
    integers[index] = value
    if (integers[index] !== value) return { index, value: String(values[index]) }
  }
  return integers
}

function toBool(values: Uint8Array): Uint8Array | UnreadableElement {
  const index = values.findIndex((value) => value > 1)
  return index < 0 ? values : { index, value: String(values[index]) }
}
