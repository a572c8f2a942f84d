// The element types of safetensors files: how many bytes each takes and how it becomes a host tensor.

import type { TypedArray } from '../core/dtype.ts'
import type { HostDType } from '../core/host-tensor.ts'
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

/** Types that are read, by the name in the header. Halves widen to f32 exactly; integers become i32 where they fit. */
export const storedTypes: Readonly<Record<string, StoredType>> = {
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

/** The name a host dtype is written under, in the order in which the reference implementation lays tensors out. */
export const writtenNames: Readonly<Record<HostDType, string>> = {
  f64: 'F64',
  f32: 'F32',
  i32: 'I32',
  u8: 'U8',
  bool: 'BOOL',
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
