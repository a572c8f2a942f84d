// Values that the host gives: arrays of the right class for a dtype, with values that it holds.

import { allocateArray, type DType, holds, isFloat, type TypedArray } from '../core/dtype.ts'
import { DTypeError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import { kindOf } from './checks.ts'

/** Is it an array of one of the four classes that tensors have? */
function isHostArray(values: ArrayBufferView): values is TypedArray {
  return (
    values instanceof Float32Array ||
    values instanceof Float64Array ||
    values instanceof Int32Array ||
    values instanceof Uint8Array
  )
}

/** Refuses arrays of other classes, which say nothing of a dtype that tensors have. */
export function checkHostArray(name: string, values: ArrayBufferView): TypedArray {
  if (isHostArray(values)) return values
  throw new DTypeError(
    `${name}: takes a Float32Array, Float64Array, Int32Array or Uint8Array, not ${kindOf(values)}; convert it first, as with Float64Array.from(values, Number)${atSite()}`,
  )
}

/** The values in an array of the dtype's class: floats are rounded, anything but 0 is true, other values must fit exactly. */
export function convertValues(name: string, values: ArrayLike<number>, dtype: DType): TypedArray {
  const data = allocateArray(dtype, values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (dtype !== 'bool' && !isFloat(dtype) && !holds(dtype, value))
      throw new DTypeError(`${name}: ${value} is not ${dtype === 'i32' ? 'an' : 'a'} ${dtype} value${atSite()}`)
    data[i] = dtype === 'bool' ? Number(value !== 0) : value
  }
  return data
}

/** As `convertValues`, but an array that can stay as it is is not copied. */
export function valuesInDType(name: string, values: TypedArray, dtype: DType): TypedArray {
  const kept = allocateArray(dtype, 0).constructor === values.constructor
  if (kept && (dtype !== 'bool' || values.every((value) => value <= 1))) return values
  return convertValues(name, values, dtype)
}
