// A tensor at rest on the host: what files hold, what data sets give and what devices are loaded from.

import type { DType, TypedArray } from './dtype.ts'
import { DTypeError, ShapeError } from './errors.ts'
import { formatShape, type Shape, sizeOf } from './shape.ts'

/** Element types a tensor can have outside programs. */
export type HostDType = Exclude<DType, 'u32'>

/** Values in row-major order; `bool` is a Uint8Array of 0 and 1. */
export interface HostTensor {
  readonly dtype: HostDType
  readonly shape: Shape
  readonly data: TypedArray
}

/** A tensor whose values come anew, from a file, each time that `data` is asked for. */
export interface LateTensor extends HostTensor {
  /** Writes the values into an array of the dtype's class, instead of a new one. */
  readInto(values: TypedArray): void
}

export function isLate(tensor: HostTensor): tensor is LateTensor {
  return 'readInto' in tensor
}

/**
 * A host tensor whose parts agree; `data` is kept, not copied.
 * Throws DTypeError where the array's class is not the one of `dtype`, ShapeError where its length is not the shape's.
 */
export function hostTensor(dtype: HostDType, shape: Shape, data: TypedArray): HostTensor {
  if (!holds(dtype, data)) {
    throw new DTypeError(`a tensor of dtype ${dtype} cannot keep its values in a ${data.constructor.name}`)
  }
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw new ShapeError(`the extents of ${formatShape(shape)} must be whole numbers of 0 or more`)
  }
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(`shape ${formatShape(shape)} has ${sizeOf(shape)} elements, but the array has ${data.length}`)
  }
  return { dtype, shape, data }
}

function holds(dtype: HostDType, data: TypedArray): boolean {
  switch (dtype) {
    case 'f32':
      return data instanceof Float32Array
    case 'f64':
      return data instanceof Float64Array
    case 'i32':
      return data instanceof Int32Array
    case 'u8':
    case 'bool':
      return data instanceof Uint8Array
  }
}
