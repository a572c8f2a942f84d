// Element types, their sizes and arrays, and the rules by which they mix.

/** Element types of tensors. `u32` exists inside programs only (random bits, counters). */
export type DType = 'f32' | 'f64' | 'i32' | 'u8' | 'bool' | 'u32'

/** The arrays that hold tensors on the host; bool is one byte, 0 or 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array | Uint32Array

interface DTypeInfo {
  readonly bytes: number
  readonly float: boolean
  /** Order of promotion: the wider of two dtypes wins. */
  readonly rank: number
}

const table: Readonly<Record<DType, DTypeInfo>> = {
  bool: { bytes: 1, float: false, rank: 0 },
  u8: { bytes: 1, float: false, rank: 1 },
  u32: { bytes: 4, float: false, rank: 2 },
  i32: { bytes: 4, float: false, rank: 3 },
  f32: { bytes: 4, float: true, rank: 4 },
  f64: { bytes: 8, float: true, rank: 5 },
}

/** The least and the greatest integer. */
const ranges = {
  bool: [0, 1],
  u8: [0, 255],
  u32: [0, 2 ** 32 - 1],
  i32: [-(2 ** 31), 2 ** 31 - 1],
} as const

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return table[dtype].bytes
}

export function isFloat(dtype: DType): boolean {
  return table[dtype].float
}

/** The dtype of a result of two dtypes: bool < u8 < i32 < f32 < f64. */
export function promote(a: DType, b: DType): DType {
  return table[a].rank >= table[b].rank ? a : b
}

/** Is it a dtype that tensors can have outside programs? */
export function isUserDType(dtype: string): boolean {
  return Object.hasOwn(table, dtype) && dtype !== 'u32'
}

/** Does the dtype hold this number? Floats hold every number, rounded; integers those whole ones that lie in their range; bool 0 and 1. */
export function holds(dtype: DType, value: number): boolean {
  if (table[dtype].float) return true
  const [low, high] = ranges[dtype as keyof typeof ranges]
  return Number.isInteger(value) && value >= low && value <= high
}

/**
 * The dtype that a number takes beside a tensor of dtype `like`: the tensor's own where it holds the number (bool counts as i32), else
 * i32; numbers that are not whole make integers f32. Undefined for whole numbers beyond i32, which f32 would not hold either.
 */
export function dtypeOfNumber(value: number, like: DType): DType | undefined {
  if (table[like].float) return like
  if (!Number.isInteger(value)) return 'f32'
  const own = like === 'bool' ? 'i32' : like
  if (holds(own, value)) return own
  return holds('i32', value) ? 'i32' : undefined
}

/** A zeroed array of `length` elements. */
export function allocateArray(dtype: DType, length: number): TypedArray {
  switch (dtype) {
    case 'f32':
      return new Float32Array(length)
    case 'f64':
      return new Float64Array(length)
    case 'i32':
      return new Int32Array(length)
    case 'u32':
      return new Uint32Array(length)
    case 'u8':
    case 'bool':
      return new Uint8Array(length)
  }
}

/** A view of `length` elements of `buffer` from byte `offset` on. */
export function viewArray(dtype: DType, buffer: ArrayBufferLike, offset: number, length: number): TypedArray {
  switch (dtype) {
    case 'f32':
      return new Float32Array(buffer, offset, length)
    case 'f64':
      return new Float64Array(buffer, offset, length)
    case 'i32':
      return new Int32Array(buffer, offset, length)
    case 'u32':
      return new Uint32Array(buffer, offset, length)
    case 'u8':
    case 'bool':
      return new Uint8Array(buffer, offset, length)
  }
}

/** The dtype that an array's class implies. */
export function dtypeOfArray(array: TypedArray): DType {
  if (array instanceof Float32Array) return 'f32'
  if (array instanceof Float64Array) return 'f64'
  if (array instanceof Int32Array) return 'i32'
  if (array instanceof Uint32Array) return 'u32'
  return 'u8'
}
