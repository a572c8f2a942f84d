// IDX, the format of MNIST and EMNIST: a type, extents and numbers, big-endian, row-major, often compressed with gzip.
// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".

import { gzipSync } from 'fflate'
import { FormatError } from '../../core/errors.ts'
import { formatShape, type Shape, sizeOf } from '../../core/shape.ts'
import { MemorySource } from './byte-source.ts'
import { bytesOfStorage, type NumericArray, readElements } from './elements.ts'
import { InflateSource } from './inflate-source.ts'

/** Element types by the number in the third byte. */
const types = { 8: 'u8', 9: 'i8', 11: 'i16', 12: 'i32', 13: 'f32', 14: 'f64' } as const

export type IdxType = (typeof types)[keyof typeof types]

export interface IdxArray {
  readonly type: IdxType
  readonly shape: Shape
  /** Elements in row-major order, in the array class of `type`. */
  readonly data: NumericArray
}

/**
 * Reads an IDX file, plain or gzip (told by its first bytes). `file` is its name in messages.
 * Throws FormatError for other formats, damaged or truncated data, and sizes that the file cannot hold.
 */
export function readIdx(bytes: Uint8Array, options: { readonly file?: string } = {}): IdxArray {
  const file = options.file ?? 'IDX file'
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return readContent(new MemorySource(bytes, file), bytes.length)
  const source = new InflateSource(bytes, 'gzip', file, 'gzip')
  const array = readContent(source)
  source.finish()
  return array
}

function readContent(source: MemorySource | InflateSource, length?: number): IdxArray {
  const magic = source.take(4, 'magic number')
  const [zero, zeroToo, typeNumber = 0, rank = 0] = magic
  const type = Object.entries(types).find(([number]) => Number(number) === typeNumber)?.[1]
  if (zero !== 0 || zeroToo !== 0 || type === undefined || rank === 0) {
    const found = Array.from(magic, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    throw source.error('magic number', `expected an IDX file (00 00, type 08 to 0e, dimensions), found ${found}`)
  }
  const extents = new DataView(source.take(4 * rank, 'dimensions').buffer)
  const shape = Array.from({ length: rank }, (_, axis) => extents.getUint32(4 * axis))
  const count = sizeOf(shape)
  if (!Number.isSafeInteger(count))
    throw source.error('dimensions', `${formatShape(shape)} are no extents of real data`)
  const expected = 4 + 4 * rank + count * bytesOfStorage(type)
  if (length !== undefined && length !== expected) {
    throw source.error(
      'dimensions',
      `${formatShape(shape)} of ${type} need ${expected} bytes, but the file has ${length}`,
    )
  }
  return {
    type,
    shape,
    data: readElements(source, { storage: type, count, littleEndian: false, held: type, field: 'data' }),
  }
}

/**
 * The bytes of an IDX file. Throws FormatError where data, type and shape do not agree.
 */
export function writeIdx(array: IdxArray, options: { readonly compress?: boolean } = {}): Uint8Array<ArrayBuffer> {
  const { type, shape, data } = array
  const size = bytesOfStorage(type)
  if (shape.length === 0 || shape.length > 255 || !shape.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)) {
    throw new FormatError(`an IDX file has 1 to 255 extents below 2^32, not ${formatShape(shape)}`)
  }
  if (data.length !== sizeOf(shape) || data.BYTES_PER_ELEMENT !== size) {
    throw new FormatError(
      `a ${data.constructor.name} of ${data.length} elements is no ${type} array of shape ${formatShape(shape)}`,
    )
  }
  const typeNumber = Object.entries(types).find(([, name]) => name === type)?.[0]
  const start = 4 + 4 * shape.length
  const bytes = new Uint8Array(start + data.length * size)
  bytes.set([0, 0, Number(typeNumber), shape.length])
  const view = new DataView(bytes.buffer)
  shape.forEach((extent, axis) => {
    view.setUint32(4 + 4 * axis, extent)
  })
  for (let index = 0, at = start; index < data.length; index++, at += size) {
    const value = data[index] as number
    if (type === 'f64') view.setFloat64(at, value)
    else if (type === 'f32') view.setFloat32(at, value)
    else if (type === 'i32') view.setInt32(at, value)
    else if (type === 'i16') view.setInt16(at, value)
    else view.setUint8(at, value)
  }
  return options.compress === true ? Uint8Array.from(gzipSync(bytes)) : bytes
}
