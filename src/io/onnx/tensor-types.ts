// The element types of ONNX by number, and tensors as they are stored.

import type { TypedArray } from '../../core/dtype.ts'
import { FormatError } from '../../core/errors.ts'
import { type HostDType, type HostTensor, hostTensor } from '../../core/host-tensor.ts'
import { formatShape, type Shape, sizeOf } from '../../core/shape.ts'
import { decodeTensor, type StoredTypeName, storedTypes } from '../stored-types.ts'

/** The stored type behind each number of TensorProto.DataType. */
const typeNames: Readonly<Record<number, StoredTypeName>> = {
  1: 'F32',
  2: 'U8',
  3: 'I8',
  4: 'U16',
  5: 'I16',
  6: 'I32',
  7: 'I64',
  9: 'BOOL',
  10: 'F16',
  11: 'F64',
  12: 'U32',
  13: 'U64',
  16: 'BF16',
}

/** The number under which a host dtype is written. */
export const typeNumbers: Readonly<Record<HostDType, number>> = { f32: 1, u8: 2, i32: 6, bool: 9, f64: 11 }

/** The dtype that tensors of a type have here. Throws FormatError, which begins with `place`, for texts and complex numbers. */
export function dtypeOfType(type: number, place: string): HostDType {
  return storedTypes[nameOfType(type, place)].dtype
}

function nameOfType(type: number, place: string): StoredTypeName {
  const name = typeNames[type]
  if (name !== undefined) return name
  throw new FormatError(`${place}: element type ${type} is none that networks here compute with`)
}

/** A tensor as it is stored: little-endian bytes, or numbers. */
export interface StoredTensor {
  readonly shape: Shape
  readonly type: number
  readonly raw: Uint8Array | undefined
  readonly numbers: readonly (number | bigint)[]
}

/** Whether a 64-bit whole number had to be brought to the next one that i32 holds; sentinels such as the end of a slice are. */
export interface ReadTensor {
  readonly tensor: HostTensor
  readonly clamped: boolean
}

/** Throws FormatError, which begins with `place`, where the number of elements differs from the shape. */
export function readTensor({ shape, type, raw, numbers }: StoredTensor, place: string): ReadTensor {
  const name = nameOfType(type, place)
  const { bytes } = storedTypes[name]
  const count = sizeOf(shape)
  const found = raw === undefined ? numbers.length : raw.length / bytes
  if (found !== count) {
    throw new FormatError(`${place}: shape ${formatShape(shape)} has ${count} elements, but ${found} are stored`)
  }
  if (raw === undefined) return fromNumbers(name, shape, numbers, place)
  const buffer = raw.slice().buffer
  if (name !== 'I64') return { tensor: decodeTensor(name, shape, buffer, place), clamped: false }
  return clampedIntegers(shape, new BigInt64Array(buffer))
}

function fromNumbers(
  name: StoredTypeName,
  shape: Shape,
  numbers: readonly (number | bigint)[],
  place: string,
): ReadTensor {
  if (name === 'I64') return clampedIntegers(shape, BigInt64Array.from(numbers, BigInt))
  const arrays: Partial<Record<StoredTypeName, (values: number[]) => TypedArray | Uint16Array>> = {
    F32: (values) => Float32Array.from(values),
    F64: (values) => Float64Array.from(values),
    F16: (values) => Uint16Array.from(values),
    BF16: (values) => Uint16Array.from(values),
    U8: (values) => Uint8Array.from(values),
    BOOL: (values) => Uint8Array.from(values),
  }
  const values = numbers.map(Number)
  const array = arrays[name]?.(values)
  if (array === undefined) return { tensor: hostTensor('i32', shape, Int32Array.from(values)), clamped: false }
  return { tensor: decodeTensor(name, shape, array.buffer as ArrayBuffer, place), clamped: false }
}

function clampedIntegers(shape: Shape, values: BigInt64Array): ReadTensor {
  const integers = Int32Array.from(values, (value) => Number(limited(value)))
  return { tensor: hostTensor('i32', shape, integers), clamped: values.some((value) => limited(value) !== value) }
}

function limited(value: bigint): bigint {
  const [least, most] = [-(2n ** 31n), 2n ** 31n - 1n]
  return value < least ? least : value > most ? most : value
}
