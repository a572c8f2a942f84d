// Writes numeric arrays as a MATLAB v5 file, which MATLAB, Octave and SciPy read.

import { zlibSync } from 'fflate'
import { FormatError } from '../../core/errors.ts'
import { formatShape, sizeOf } from '../../core/shape.ts'
import { bytesOfStorage, type NumericArray } from './elements.ts'
import { arrayFlags, elementTypes, type MatlabNumeric, numericClasses, storageNumbers } from './matlab-types.ts'

export interface MatlabWriteOptions {
  /** Compress each variable, as `save -v7` does (default true). */
  readonly compress?: boolean
}

/** MATLAB's own limit for one variable of this format. */
const largestVariable = 2 ** 31

/**
 * The bytes of a MATLAB v5 file (little-endian) with the given variables; data are column-major.
 * Throws FormatError for names that MATLAB does not allow, data that do not fit shape or class, and variables of 2 GiB or more.
 */
export function writeMatlab(
  variables: Readonly<Record<string, MatlabNumeric>>,
  options: MatlabWriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [fileHeader()]
  for (const [name, array] of Object.entries(variables)) {
    const matrix = matrixElement(name, array)
    if (options.compress === false) parts.push(matrix)
    else {
      const compressed = zlibSync(matrix)
      parts.push(tag(elementTypes.compressed, compressed.length), compressed)
    }
  }
  return concatenate(parts)
}

function fileHeader(): Uint8Array {
  const header = new Uint8Array(128).fill(0x20, 0, 116)
  header.set(new TextEncoder().encode('MATLAB 5.0 MAT-file, written by Ocellus'))
  header.set([0x00, 0x01, 0x49, 0x4d], 124)
  return header
}

function matrixElement(name: string, array: MatlabNumeric): Uint8Array {
  check(name, array)
  const { number, storage } = numericClasses[array.class]
  const flags =
    (array.imaginary === undefined ? 0 : arrayFlags.complex) | (array.class === 'logical' ? arrayFlags.logical : 0)
  const encode = (data: NumericArray) => element(storageNumbers[storage], storedBytes(name, array, data))
  const parts = [
    element(storageNumbers.u32, bytesOf(Uint32Array.of(number | (flags << 8), 0))),
    element(storageNumbers.i32, bytesOf(Int32Array.from(array.shape))),
    element(storageNumbers.i8, new TextEncoder().encode(name)),
    encode(array.data),
    ...(array.imaginary === undefined ? [] : [encode(array.imaginary)]),
  ]
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return concatenate([tag(elementTypes.matrix, length), ...parts])
}

function check(name: string, { class: kind, shape, data, imaginary }: MatlabNumeric): void {
  const refuse = (problem: string) => new FormatError(`variable ${name}: ${problem}`)
  if (!/^[A-Za-z]\w{0,62}$/.test(name))
    throw refuse('a name has 1 to 63 letters, digits and _, beginning with a letter')
  if (shape.length < 2 || !shape.every((extent) => Number.isInteger(extent) && extent >= 0 && extent < 2 ** 31)) {
    throw refuse(`${formatShape(shape)} is no shape of a MATLAB array: it needs two extents or more`)
  }
  for (const part of imaginary === undefined ? [data] : [data, imaginary]) {
    if (part.length !== sizeOf(shape))
      throw refuse(`${part.length} elements do not fit the shape ${formatShape(shape)}`)
    if (part.BYTES_PER_ELEMENT !== bytesOfStorage(numericClasses[kind].held)) {
      throw refuse(`class ${kind} cannot be written from a ${part.constructor.name}`)
    }
  }
  if (sizeOf(shape) * bytesOfStorage(numericClasses[kind].storage) >= largestVariable) {
    throw refuse(`${formatShape(shape)} of class ${kind} takes 2 GiB or more, more than this format can hold`)
  }
}

/** The data as they lie in the file; 64-bit integers are held as doubles. */
function storedBytes(name: string, { class: kind }: MatlabNumeric, data: NumericArray): Uint8Array {
  if (kind !== 'int64' && kind !== 'uint64') return bytesOf(data)
  const integers = kind === 'int64' ? new BigInt64Array(data.length) : new BigUint64Array(data.length)
  data.forEach((value, index) => {
    if (!Number.isSafeInteger(value) || (kind === 'uint64' && value < 0)) {
      throw new FormatError(
        `variable ${name}: element ${index} is ${value}, which is no ${kind} that a double holds exactly`,
      )
    }
    integers[index] = BigInt(value)
  })
  return bytesOf(integers)
}

/** Data with their tag: up to 4 bytes lie within it, longer ones behind it, padded to a multiple of 8. */
function element(type: number, data: Uint8Array): Uint8Array {
  if (data.length > 0 && data.length <= 4) {
    const small = new Uint8Array(8)
    new DataView(small.buffer).setUint32(0, (data.length << 16) | type, true)
    small.set(data, 4)
    return small
  }
  const padded = new Uint8Array(8 + Math.ceil(data.length / 8) * 8)
  padded.set(tag(type, data.length))
  padded.set(data, 8)
  return padded
}

function tag(type: number, bytes: number): Uint8Array {
  return bytesOf(Uint32Array.of(type, bytes))
}

/** Typed arrays are little-endian wherever WebAssembly runs. */
function bytesOf(array: NumericArray | BigInt64Array | BigUint64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
