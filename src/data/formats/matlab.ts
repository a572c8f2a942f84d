// Reads MATLAB v5 files (`save -v6` and `-v7`): numbers of every class and text, compressed or not, either byte order.
// Source: "MAT-File Format", MathWorks. Cells, structs, objects and sparse arrays are recognised and skipped.

import { FormatError } from '../../core/errors.ts'
import { formatShape, type Shape, sizeOf } from '../../core/shape.ts'
import { type ByteSource, MemorySource } from './byte-source.ts'
import { bytesOfStorage, type Held, type NumericArray, readElements, type Storage } from './elements.ts'
import { InflateSource } from './inflate-source.ts'
import { readMatlabText } from './matlab-text.ts'
import {
  arrayFlags,
  classNames,
  elementTypes,
  isNumericClass,
  type MatlabArray,
  type MatlabNumeric,
  type MatlabNumericClass,
  type MatlabTag,
  numericClasses,
  storageOf,
} from './matlab-types.ts'

export interface MatlabReadOptions {
  /** Name of the file, for messages. */
  readonly file?: string
  /** How doubles are held: 'f32' rounds them while they are read, which halves the memory (default 'f64'). */
  readonly doubles?: 'f32' | 'f64'
  /** Which variables to read (default: all). */
  readonly only?: (name: string) => boolean
}

export interface MatlabFile {
  /** Variables by name, in the order of the file. */
  readonly variables: ReadonlyMap<string, MatlabArray>
  /** Variables that were not read because of their class: name to class. */
  readonly skipped: ReadonlyMap<string, string>
}

interface Header {
  readonly name: string
  readonly class: string
  readonly shape: Shape
  readonly complex: boolean
}

/** MATLAB allows 63 characters; what is longer by far is damage. */
const longestName = 4096
const mostDimensions = 32

/**
 * Reads a MATLAB v5 file.
 * Throws FormatError, naming file and field, for v7.3 (HDF5) and v4 files, other formats, damaged or truncated data,
 * and sizes that the file cannot hold.
 */
export function readMatlab(bytes: Uint8Array, options: MatlabReadOptions = {}): MatlabFile {
  const file = options.file ?? 'MATLAB file'
  const littleEndian = readFileHeader(bytes, file)
  const source = new MemorySource(bytes, file)
  source.skip(128, 'header')
  const reader = new MatlabReader(littleEndian, options)
  while (source.position < bytes.length) {
    const field = `variable ${reader.count + 1}`
    const tag = reader.tag(source, field, bytes.length)
    if (tag.type === elementTypes.compressed) {
      const compressed = bytes.subarray(source.position, source.position + tag.bytes)
      const inflated = new InflateSource(compressed, 'zlib', file, field)
      const inner = reader.tag(inflated, field, Number.MAX_SAFE_INTEGER)
      if (reader.matrix(inflated, inner, field)) inflated.finish()
      source.skip(tag.bytes, field)
    } else {
      const end = source.position + tag.bytes
      reader.matrix(source, tag, field)
      source.skip(end - source.position, field)
    }
  }
  return reader
}

/**
 * The numeric variable `name` of a file that was read.
 * Throws FormatError where it is missing or no numbers; `file` is the name in the message.
 */
export function matlabNumbers(contents: MatlabFile, name: string, file: string): MatlabNumeric {
  const array = contents.variables.get(name)
  if (array !== undefined && array.class !== 'char') return array
  const kind = array?.class ?? contents.skipped.get(name)
  if (kind !== undefined)
    throw new FormatError(`${file}: variable ${name} is a ${kind} array, but numbers are expected`)
  const found = [...contents.variables.keys(), ...contents.skipped.keys()].join(', ')
  throw new FormatError(`${file}: variable ${name} is missing, the file holds ${found || 'no variables'}`)
}

/** Checks the 128 bytes at the front; true for little-endian data. */
function readFileHeader(bytes: Uint8Array, file: string): boolean {
  const refuse = (problem: string) => new FormatError(`${file}: header: ${problem}`)
  const text = String.fromCharCode(...bytes.subarray(0, 116))
  const isHdf5 = (at: number) => [0x89, 0x48, 0x44, 0x46].every((byte, i) => bytes[at + i] === byte)
  if (text.startsWith('MATLAB 7.3') || isHdf5(0) || isHdf5(512)) {
    throw refuse("this is a v7.3 file (HDF5), which is not read; save it with save(..., '-v7') instead")
  }
  const order = String.fromCharCode(bytes[126] ?? 0, bytes[127] ?? 0)
  if (bytes.length < 128 || (order !== 'IM' && order !== 'MI')) {
    const found = bytes.length < 128 ? `it is only ${bytes.length} bytes long` : `byte 126 has no byte order mark`
    throw refuse(`expected a MATLAB v5 file, but ${found}; save it with save(..., '-v7')`)
  }
  const littleEndian = order === 'IM'
  const version = littleEndian ? bytes[125] : bytes[124]
  if (version !== 1) throw refuse(`expected version 1 of the MATLAB v5 format, not ${version}; save it with '-v7'`)
  return littleEndian
}

class MatlabReader implements MatlabFile {
  readonly variables = new Map<string, MatlabArray>()
  readonly skipped = new Map<string, string>()
  count = 0
  readonly #littleEndian: boolean
  readonly #options: MatlabReadOptions

  constructor(littleEndian: boolean, options: MatlabReadOptions) {
    this.#littleEndian = littleEndian
    this.#options = options
  }

  /** The tag at the source's position; its data must end by `end`. */
  tag(source: ByteSource, field: string, end: number): MatlabTag {
    if (source.position + 8 > end) throw source.error(field, `only ${end - source.position} bytes are left for a tag`)
    const head = source.take(8, field)
    const view = new DataView(head.buffer)
    const type = view.getUint32(0, this.#littleEndian)
    if (type >>> 16 !== 0) {
      const bytes = type >>> 16
      if (bytes > 4) throw source.error(field, `a small element claims ${bytes} bytes, but 4 are the most`)
      return { type: type & 0xffff, bytes, inline: head.subarray(4, 4 + bytes) }
    }
    const bytes = view.getUint32(4, this.#littleEndian)
    if (source.position + bytes > end) {
      throw source.error(
        field,
        `${bytes} bytes are claimed, but only ${end - source.position} are left, copy the file again`,
      )
    }
    return { type, bytes }
  }

  /** Reads the array behind `tag`; false where it was left unread. */
  matrix(source: ByteSource, tag: MatlabTag, field: string): boolean {
    this.count++
    if (tag.type !== elementTypes.matrix || tag.inline !== undefined) {
      throw source.error(field, `expected an array (element type 14), found element type ${tag.type}`)
    }
    const end = source.position + tag.bytes
    const header = this.#header(source, field, end)
    const { name } = header
    if (this.variables.has(name) || this.skipped.has(name)) throw source.error(field, `a second variable ${name}`)
    if (name === '' || this.#options.only?.(name) === false) return false
    if (header.class === 'char' && header.shape.length === 2) {
      const named = `variable ${name}`
      const characters = this.tag(source, named, end)
      this.variables.set(
        name,
        readMatlabText(this.#data(source, characters), characters, header.shape, this.#littleEndian, named),
      )
      this.#pad(source, characters, named, end)
    } else if (isNumericClass(header.class)) {
      this.variables.set(name, this.#numbers(source, header, header.class, end))
    } else {
      this.skipped.set(name, header.class)
      return false
    }
    if (source.position !== end) {
      throw source.error(`variable ${name}`, `${end - source.position} bytes are left over after its data`)
    }
    return true
  }

  #header(source: ByteSource, field: string, end: number): Header {
    const flags = this.#integers(source, `${field}, array flags`, 'u32', 2, end)
    if (flags.length !== 2) throw source.error(`${field}, array flags`, `expected 2 numbers, found ${flags.length}`)
    const word = flags[0] as number
    const kind = classNames[word & 0xff]
    if (kind === undefined) throw source.error(`${field}, array flags`, `array class ${word & 0xff} is unknown`)
    const has = (flag: number) => ((word >>> 8) & flag) !== 0
    // Opaque objects (strings, tables, dates) have no dimensions: their name follows the flags.
    const shape =
      kind === 'opaque' ? [] : [...this.#integers(source, `${field}, dimensions`, 'i32', mostDimensions, end)]
    if (kind !== 'opaque' && (shape.length < 2 || shape.some((extent) => extent < 0))) {
      throw source.error(`${field}, dimensions`, `${formatShape(shape)} are not the extents of an array`)
    }
    const letters = this.#integers(source, `${field}, name`, 'i8', longestName, end)
    const name = new TextDecoder().decode(Uint8Array.from(letters))
    return {
      name,
      class: kind === 'uint8' && has(arrayFlags.logical) ? 'logical' : kind,
      shape,
      complex: has(arrayFlags.complex),
    }
  }

  #numbers(source: ByteSource, header: Header, kind: MatlabNumericClass, end: number): MatlabNumeric {
    const held = kind === 'double' ? (this.#options.doubles ?? 'f64') : numericClasses[kind].held
    const data = this.#part(source, header, held, '', end)
    const array: MatlabNumeric = { class: kind, shape: header.shape, data }
    return header.complex ? { ...array, imaginary: this.#part(source, header, held, ', imaginary part', end) } : array
  }

  /** The real or imaginary parts: MATLAB stores them in the smallest type that holds them all. */
  #part(source: ByteSource, { name, shape }: Header, held: Held, part: string, end: number): NumericArray {
    const field = `variable ${name}${part}`
    const tag = this.tag(source, field, end)
    const storage = storageOf(tag.type)
    if (storage === undefined) throw source.error(field, `element type ${tag.type} does not hold numbers`)
    const count = sizeOf(shape)
    if (count * bytesOfStorage(storage) !== tag.bytes) {
      const claim = `${formatShape(shape)} of ${bytesOfStorage(storage)}-byte elements`
      throw source.error(field, `its data take ${tag.bytes} bytes, which does not fit its shape ${claim}`)
    }
    const run = { storage, count, littleEndian: this.#littleEndian, held, field }
    const data = readElements(this.#data(source, tag), run)
    this.#pad(source, tag, field, end)
    return data
  }

  /** A short run of integers: flags, dimensions, name. */
  #integers(source: ByteSource, field: string, storage: Storage & Held, most: number, end: number): NumericArray {
    const tag = this.tag(source, field, end)
    const size = bytesOfStorage(storage)
    const found = storageOf(tag.type)
    const utf8Name = storage === 'i8' && tag.type === elementTypes.utf8
    if (!utf8Name && (found === undefined || found.startsWith('f') || bytesOfStorage(found) !== size)) {
      throw source.error(field, `expected integers of ${size} bytes, found element type ${tag.type}`)
    }
    if (tag.bytes % size !== 0 || tag.bytes > most * size) {
      throw source.error(field, `${tag.bytes} bytes are claimed, which is no whole number of 0 to ${most} elements`)
    }
    const run = { storage, count: tag.bytes / size, littleEndian: this.#littleEndian, held: storage, field }
    const integers = readElements(this.#data(source, tag), run)
    this.#pad(source, tag, field, end)
    return integers
  }

  #data(source: ByteSource, tag: MatlabTag): ByteSource {
    return tag.inline === undefined ? source : new MemorySource(tag.inline, source.file)
  }

  /** Data end on a multiple of 8 bytes; some writers leave the padding out at the end of an array. */
  #pad(source: ByteSource, tag: MatlabTag, field: string, end: number): void {
    if (tag.inline === undefined) source.skip(Math.min(-tag.bytes & 7, end - source.position), field)
  }
}
