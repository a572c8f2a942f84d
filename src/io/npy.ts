// One array as NumPy keeps it in a .npy file: a magic, a version, a header in Python's notation, then the elements.
// Source: numpy.lib.format, versions 1.0 to 3.0.

import { FormatError } from '../core/errors.ts'
import { type HostDType, type HostTensor, hostTensor } from '../core/host-tensor.ts'
import { formatShape, sizeOf, stridesOf } from '../core/shape.ts'
import { swapBytes } from '../data/formats/elements.ts'
import { decodeTensor, type StoredTypeName, storedTypes } from './stored-types.ts'
import { gatherElements } from './strided.ts'

/** What the header says. */
interface Header {
  readonly type: StoredTypeName
  readonly bigEndian: boolean
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const

/** As NumPy's own limit: longer headers belong to arrays of records, which are not read. */
const longestHeader = 10_000

/** Element types by kind and bytes, as in `descr`. */
const types: Readonly<Record<string, StoredTypeName>> = {
  f8: 'F64',
  f4: 'F32',
  f2: 'F16',
  i8: 'I64',
  u8: 'U64',
  i4: 'I32',
  u4: 'U32',
  i2: 'I16',
  u2: 'U16',
  i1: 'I8',
  u1: 'U8',
  b1: 'BOOL',
}

/** What `descr` is for the host's dtypes. */
const written: Readonly<Record<HostDType, string>> = { f32: '<f4', f64: '<f8', i32: '<i4', u8: '|u1', bool: '|b1' }

export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte)
}

/**
 * Reads the bytes of a .npy file: floats, integers and booleans in either byte order, in C or Fortran order. Halves widen to f32, integers
 * become i32 where they fit. `file` is its name in messages.
 * Throws FormatError for a damaged file, for arrays of objects, texts, records or complex numbers, and for integers that do not fit in i32.
 */
export function readNpy(bytes: Uint8Array, options: { readonly file?: string } = {}): HostTensor {
  const file = options.file ?? 'npy file'
  const { text, end } = headerText(bytes, file)
  const { type, bigEndian, fortranOrder, shape } = parseHeader(text, file)
  const size = storedTypes[type].bytes
  const data = bytes.subarray(end)
  const expected = sizeOf(shape) * size
  if (data.length !== expected) {
    throw new FormatError(
      `${file}: data: shape ${formatShape(shape)} takes ${expected} bytes, but ${data.length} follow the header`,
    )
  }
  const strides = fortranOrder ? stridesOf([...shape].reverse()).reverse() : stridesOf(shape)
  const buffer = gatherElements(data, size, { shape, offset: 0, strides })
  if (bigEndian) swapBytes(new Uint8Array(buffer), size, buffer.byteLength)
  return decodeTensor(type, shape, buffer, `${file}: data`)
}

/** The bytes of a .npy file, as NumPy writes them: version 1.0 with little-endian elements in C order, aligned to 64 bytes. */
export function writeNpy(tensor: HostTensor): Uint8Array<ArrayBuffer> {
  const { dtype, shape, data } = hostTensor(tensor.dtype, tensor.shape, tensor.data)
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const header = `{'descr': '${written[dtype]}', 'fortran_order': False, 'shape': (${extents}), }`
  const start = Math.ceil((10 + header.length + 1) / 64) * 64
  const bytes = new Uint8Array(start + data.byteLength).fill(0x20, 10, start)
  bytes.set([...magic, 1, 0, (start - 10) & 0xff, (start - 10) >> 8])
  bytes.set(new TextEncoder().encode(header), 10)
  bytes[start - 1] = 0x0a
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start)
  return bytes
}

function headerText(bytes: Uint8Array, file: string): { text: string; end: number } {
  const refuse = (field: string, problem: string) => new FormatError(`${file}: ${field}: ${problem}`)
  if (!isNpy(bytes)) throw refuse('magic', 'expected a .npy file, which begins with \\x93NUMPY')
  const version = bytes[6] ?? 0
  if (version < 1 || version > 3) throw refuse('version', `${version} is not read, expected 1, 2 or 3`)
  const start = version === 1 ? 10 : 12
  if (bytes.length < start) throw refuse('header', `the file is only ${bytes.length} bytes long, copy it again`)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (length > longestHeader) throw refuse('header', `${length} bytes are claimed (at most ${longestHeader})`)
  const end = start + length
  if (end > bytes.length) {
    throw refuse('header', `${length} bytes are claimed, but only ${bytes.length - start} follow, copy the file again`)
  }
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, end))
  return { text, end }
}

/** The header is a Python dictionary with three keys in any order; nothing else is accepted. */
function parseHeader(text: string, file: string): Header {
  const refuse = (field: string, problem: string) => new FormatError(`${file}: ${field}: ${problem}`)
  const fields = new Map<string, string>()
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1]
  if (inner === undefined) throw refuse('header', `expected {'descr': .., 'fortran_order': .., 'shape': ..}`)
  const field = /\s*'(\w+)'\s*:\s*('[^']*'|True|False|\([^()]*\)|\[.*\])\s*(,|$)/sy
  for (let at = 0; inner.slice(at).trim() !== ''; at = field.lastIndex) {
    field.lastIndex = at
    const [, name = '', value = ''] = field.exec(inner) ?? []
    if (name === '') throw refuse('header', `it cannot be read from ${JSON.stringify(inner.slice(at, at + 30))} on`)
    if (fields.has(name)) throw refuse('header', `'${name}' occurs twice`)
    fields.set(name, value)
  }
  const value = (name: string): string => {
    const found = fields.get(name)
    if (found === undefined) throw refuse('header', `'${name}' is missing`)
    return found
  }
  const order = value('fortran_order')
  if (order !== 'True' && order !== 'False') throw refuse('fortran_order', `it should be True or False, not ${order}`)
  return { ...parseType(value('descr'), file), fortranOrder: order === 'True', shape: parseShape(value('shape'), file) }
}

function parseType(descr: string, file: string): Pick<Header, 'type' | 'bigEndian'> {
  const refuse = (problem: string) => new FormatError(`${file}: descr: ${problem}`)
  const [, order = '', kind = '', name = descr] = /^'([<>|=]?)(([A-Za-z?])\d*.*)'$/s.exec(descr) ?? []
  if (name === 'O') throw refuse('the array holds Python objects, which could run code and are not read')
  const type = kind === '?' ? 'BOOL' : Object.hasOwn(types, kind) ? types[kind] : undefined
  if (type === undefined) {
    throw refuse(
      `elements of type ${descr.slice(0, 60)} are not read, expected one of ${Object.keys(types).join(', ')}`,
    )
  }
  return { type, bigEndian: order === '>' }
}

function parseShape(text: string, file: string): number[] {
  const refuse = () => new FormatError(`${file}: shape: ${text.slice(0, 60)} is no tuple of sizes`)
  if (!/^\((\s*\d+L?\s*,)*(\s*\d+L?\s*)?\)$/.test(text)) throw refuse()
  const shape = Array.from(text.matchAll(/\d+/g), ([digits]) => Number(digits))
  // (3) is a number in Python, not a tuple.
  if (shape.length === 1 && !text.includes(',')) throw refuse()
  // NumPy's own limit; each extent, and what they amount to, must be a size.
  if (shape.length > 64 || !Number.isSafeInteger(sizeOf(shape.map((extent) => Math.max(1, extent))))) throw refuse()
  return shape
}
