// What users may hand in: tensors, numbers, dtypes, shapes. Anything else is refused with one sentence that says what was given.

import { type DType, isUserDType } from '../core/dtype.ts'
import { DTypeError, ShapeError, UsageError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { areExtents } from '../ops/extents.ts'

/** A value of the wrong kind in words: `null`, `the string "a"`, `a Map`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'string') return `the string ${JSON.stringify(value)}`
  if (typeof value === 'bigint') return `the BigInt ${value}n`
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object') return `the ${typeof value} ${String(value)}`
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  if (name === undefined || name === 'Object') return 'an object'
  if (name === 'Array') return 'an array'
  return `${/^[AEIO]/.test(String(name)) ? 'an' : 'a'} ${String(name)}`
}

/** The dtype, if it is one that tensors have. */
export function checkDType<T extends DType>(name: string, dtype: T): T {
  if (!isUserDType(dtype)) {
    const given: unknown = dtype
    const what = typeof given === 'string' ? `"${given}"` : kindOf(given)
    throw new DTypeError(`${name}: ${what} is not a dtype; choose f32, f64, i32, u8 or bool${atSite()}`)
  }
  return dtype
}

/** A copy of the shape, so that the caller may go on changing his array. */
export function checkShape(name: string, shape: Shape): Shape {
  if (!Array.isArray(shape))
    throw new ShapeError(`${name}: a shape is an array of extents, not ${kindOf(shape)}${atSite()}`)
  if (!areExtents(shape)) {
    throw new ShapeError(`${name}: ${formatShape(shape)} is not a shape; extents are whole numbers >= 0${atSite()}`)
  }
  return [...shape]
}

/** Refuses what is not a tensor, where a number would not do either. */
export function notATensor(name: string, value: unknown): UsageError {
  const advice = Array.isArray(value) || ArrayBuffer.isView(value) ? '; make it one with tensor()' : ''
  return new UsageError(`${name}: takes a tensor, not ${kindOf(value)}${advice}${atSite()}`)
}

/** Refuses what is neither a tensor nor a number. */
export function notAnOperand(name: string, value: unknown): UsageError {
  const advice = Array.isArray(value) || ArrayBuffer.isView(value) ? '; make it a tensor with tensor()' : ''
  return new UsageError(`${name}: takes tensors and numbers, not ${kindOf(value)}${advice}${atSite()}`)
}
