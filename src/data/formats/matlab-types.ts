// What a MATLAB v5 file can hold, and the numbers by which it names element types and array classes ("MAT-File Format", MathWorks).

import type { Shape } from '../../core/shape.ts'
import type { Held, NumericArray, Storage } from './elements.ts'

export type MatlabNumericClass =
  | 'double'
  | 'single'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'logical'

/** Numbers of any class, in MATLAB's order: **column-major**, the first index runs fastest. */
export interface MatlabNumeric {
  readonly class: MatlabNumericClass
  readonly shape: Shape
  /** The array of the class; int64 and uint64 as doubles (exact up to 2^53), logical as bytes 0 and 1. */
  readonly data: NumericArray
  /** Imaginary parts of complex numbers. */
  readonly imaginary?: NumericArray
}

/** A char array: one string per row. */
export interface MatlabText {
  readonly class: 'char'
  readonly shape: Shape
  readonly rows: readonly string[]
}

export type MatlabArray = MatlabNumeric | MatlabText

/** A tag in front of data: element type, bytes of data, and the data themselves if they lie within the tag. */
export interface MatlabTag {
  readonly type: number
  readonly bytes: number
  readonly inline?: Uint8Array
}

/** Array classes by number; those that are no numbers and no text are recognised and skipped. */
export const classNames: Readonly<Record<number, string>> = {
  1: 'cell',
  2: 'struct',
  3: 'object',
  4: 'char',
  5: 'sparse',
  6: 'double',
  7: 'single',
  8: 'int8',
  9: 'uint8',
  10: 'int16',
  11: 'uint16',
  12: 'int32',
  13: 'uint32',
  14: 'int64',
  15: 'uint64',
  16: 'function',
  17: 'opaque',
}

/** A numeric class: its number, the element type it is written with and the one it is held in. */
interface NumericClass {
  readonly number: number
  readonly storage: Storage
  readonly held: Held
}

export const numericClasses: Readonly<Record<MatlabNumericClass, NumericClass>> = {
  double: { number: 6, storage: 'f64', held: 'f64' },
  single: { number: 7, storage: 'f32', held: 'f32' },
  int8: { number: 8, storage: 'i8', held: 'i8' },
  uint8: { number: 9, storage: 'u8', held: 'u8' },
  int16: { number: 10, storage: 'i16', held: 'i16' },
  uint16: { number: 11, storage: 'u16', held: 'u16' },
  int32: { number: 12, storage: 'i32', held: 'i32' },
  uint32: { number: 13, storage: 'u32', held: 'u32' },
  int64: { number: 14, storage: 'i64', held: 'f64' },
  uint64: { number: 15, storage: 'u64', held: 'f64' },
  logical: { number: 9, storage: 'u8', held: 'u8' },
}

/** Numbers of the element types that hold numbers. */
export const storageNumbers: Readonly<Record<Storage, number>> = {
  i8: 1,
  u8: 2,
  i16: 3,
  u16: 4,
  i32: 5,
  u32: 6,
  f32: 7,
  f64: 9,
  i64: 12,
  u64: 13,
}

/** The element type of a number, undefined where it holds no numbers. */
export function storageOf(number: number): Storage | undefined {
  const entry = Object.entries(storageNumbers).find(([, candidate]) => candidate === number)
  return entry?.[0] as Storage | undefined
}

/** Numbers of the element types that hold no numbers. */
export const elementTypes = { matrix: 14, compressed: 15, utf8: 16, utf16: 17, utf32: 18 } as const

/** Flags of an array. */
export const arrayFlags = { complex: 8, logical: 2 } as const

export function isNumericClass(name: string): name is MatlabNumericClass {
  return Object.hasOwn(numericClasses, name)
}
