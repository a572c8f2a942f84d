// Weights as safetensors: 8 bytes length, a JSON header, then the tensors, little-endian and without gaps.
// Source: the format of huggingface/safetensors; files are validated as by its reference implementation, and written byte for byte as by it.

import { isFloat } from '../core/dtype.ts'
import { FormatError } from '../core/errors.ts'
import { type HostTensor, hostTensor, type LateTensor } from '../core/host-tensor.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import { type ByteRanges, rangesOfBytes } from './byte-ranges.ts'
import { duplicateKey } from './json-keys.ts'
import { decodeTensor, isStoredType, type StoredTypeName, storedTypes, writtenNames } from './stored-types.ts'

/** The contents of a safetensors file. */
export interface Safetensors {
  /** Tensors by name, in the order of their data. */
  readonly tensors: ReadonlyMap<string, HostTensor>
  /** Free text under `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
}

/** One tensor as the header describes it. */
interface Entry {
  readonly name: string
  readonly type: string
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

/** Longest header that is read, as in the reference implementation. */
const longestHeader = 100_000_000

/**
 * Reads a safetensors file. F32, F64, I32, U8 and BOOL are taken as they are, F16 and BF16 widened to f32, other integers
 * narrowed to i32. `file` is its name in messages.
 * Throws FormatError for a header that is damaged, repeats a name or does not cover the data exactly, for element types that
 * are not read, and for integers that do not fit in i32.
 */
export function readSafetensors(bytes: Uint8Array, options: { readonly file?: string } = {}): Safetensors {
  const file = options.file ?? 'safetensors file'
  return readTensors(rangesOfBytes(bytes), file, readTensor)
}

/**
 * As `readSafetensors`, but floats are read from `source` each time that their data are asked for: a model can be loaded one tensor after the
 * other. Other element types, which may turn out not to fit, are read at once.
 */
export function openSafetensorsRanges(source: ByteRanges, options: { readonly file?: string } = {}): Safetensors {
  const file = options.file ?? 'safetensors file'
  return readTensors(source, file, (entry, place) => {
    const { dtype } = storedTypes[entry.type as StoredTypeName]
    return isFloat(dtype) ? lateTensor(entry, place) : readTensor(entry, place)
  })
}

function lateTensor(entry: Entry, place: DataPlace): LateTensor {
  const { dtype } = storedTypes[entry.type as StoredTypeName]
  const isKept = entry.type === writtenNames[dtype]
  return {
    dtype,
    shape: entry.shape,
    get data() {
      return readTensor(entry, place).data
    },
    readInto(values) {
      if (!isKept) values.set(readTensor(entry, place).data)
      else
        place.source.readInto(
          new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
          place.start + entry.start,
        )
    },
  }
}

/** Where the data of a file begin. */
interface DataPlace {
  readonly source: ByteRanges
  readonly start: number
  readonly file: string
}

function readTensors(
  source: ByteRanges,
  file: string,
  read: (entry: Entry, place: DataPlace) => HostTensor,
): Safetensors {
  const header = headerText(source, file)
  const { entries, metadata } = parseHeader(header.text, file)
  checkCover(entries, source.length - header.end, file)
  const place = { source, start: header.end, file }
  return { tensors: new Map(entries.map((entry) => [entry.name, read(entry, place)])), metadata }
}

/**
 * The bytes of a safetensors file. Larger element types come first, then names in order, so that all data are aligned and
 * equal contents give equal files.
 * Throws FormatError for the name `__metadata__` and for names or texts that are not Unicode.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostTensor> | Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const order = Object.keys(writtenNames)
  const rank = ([, tensor]: readonly [string, HostTensor]) => order.indexOf(tensor.dtype)
  const sorted = [...(tensors instanceof Map ? tensors : Object.entries(tensors))].sort(
    (a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1),
  )
  const fields: string[] = []
  if (Object.keys(metadata).length > 0) {
    const texts = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))
    fields.push(`"__metadata__":{${texts.map(([key, text]) => `${quote(key)}:${quote(text)}`).join(',')}}`)
  }
  let length = 0
  for (const [name, tensor] of sorted) {
    if (name === '__metadata__') throw new FormatError('a tensor cannot be named __metadata__ in a safetensors file')
    const { dtype, shape, data } = hostTensor(tensor.dtype, tensor.shape, tensor.data)
    const end = length + data.byteLength
    fields.push(
      `${quote(name)}:{"dtype":"${writtenNames[dtype]}","shape":[${shape.join(',')}],"data_offsets":[${length},${end}]}`,
    )
    length = end
  }
  const text = new TextEncoder().encode(`{${fields.join(',')}}`)
  const start = 8 + Math.ceil(text.length / 8) * 8
  const bytes = new Uint8Array(start + length).fill(0x20, 8, start)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true)
  bytes.set(text, 8)
  let at = start
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

function headerText(source: ByteRanges, file: string): { text: string; end: number } {
  const refuse = (problem: string) => new FormatError(`${file}: header: ${problem}`)
  if (source.length < 8) throw refuse(`expected a safetensors file, but it is only ${source.length} bytes long`)
  const length = Number(new DataView(source.read(0, 8).buffer).getBigUint64(0, true))
  if (length > longestHeader) {
    throw refuse(
      `expected a safetensors file, but its first 8 bytes claim a header of ${length} bytes (at most ${longestHeader})`,
    )
  }
  const end = 8 + length
  if (end > source.length) {
    throw refuse(`${length} bytes are claimed, but only ${source.length - 8} follow, copy the file again`)
  }
  const bytes = source.read(8, end)
  if (bytes[0] !== 0x7b) throw refuse(`expected a safetensors file, whose header begins with {`)
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), end }
  } catch {
    throw refuse('it is no valid UTF-8 text')
  }
}

function parseHeader(text: string, file: string): { entries: Entry[]; metadata: Record<string, string> } {
  const refuse = (field: string, problem: string) => new FormatError(`${file}: ${field}: ${problem}`)
  let header: unknown
  try {
    header = JSON.parse(text)
  } catch {
    throw refuse('header', 'it is no valid JSON text')
  }
  if (!isRecord(header)) throw refuse('header', 'it should be a JSON object')
  const repeated = duplicateKey(text)
  if (repeated !== undefined) throw refuse('header', `the name ${JSON.stringify(repeated)} occurs twice`)
  const metadata: Record<string, string> = {}
  const entries: Entry[] = []
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (!isRecord(value)) throw refuse('__metadata__', 'it should be an object of texts')
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== 'string') throw refuse('__metadata__', `${JSON.stringify(key)} should be a text`)
        Object.defineProperty(metadata, key, { value: text, enumerable: true, writable: true, configurable: true })
      }
    } else if (/\p{Surrogate}/u.test(name)) {
      throw refuse('header', `the name ${JSON.stringify(name)} is not valid Unicode text`)
    } else {
      const entry = parseEntry(name, value)
      if (entry === undefined) {
        throw refuse(
          `tensor ${name}`,
          'its entry should have a dtype, a shape of whole numbers and data_offsets [begin, end]',
        )
      }
      entries.push(entry)
    }
  }
  return { entries: entries.sort((a, b) => a.start - b.start || a.end - b.end), metadata }
}

function parseEntry(name: string, value: unknown): Entry | undefined {
  if (!isRecord(value)) return undefined
  const { dtype, shape, data_offsets: offsets } = value
  if (typeof dtype !== 'string' || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) return undefined
  return { name, type: dtype, shape, start: offsets[0] as number, end: offsets[1] as number }
}

/** The tensors must cover the data from the first byte to the last, without holes and without overlap. */
function checkCover(entries: readonly Entry[], length: number, file: string): void {
  let covered = 0
  for (const { name, type, shape, start, end } of entries) {
    const refuse = (problem: string) => new FormatError(`${file}: tensor ${name}: ${problem}`)
    if (!isStoredType(type))
      throw refuse(`dtype ${type} is not read, expected one of ${Object.keys(storedTypes).join(', ')}`)
    if (start !== covered || end < start) {
      throw refuse(`its data_offsets [${start}, ${end}] should begin at ${covered}, where the data before it end`)
    }
    const expected = sizeOf(shape) * storedTypes[type].bytes
    if (end - start !== expected) {
      throw refuse(
        `shape ${formatShape(shape)} of ${type} takes ${expected} bytes, but its data_offsets give ${end - start}`,
      )
    }
    covered = end
  }
  if (covered !== length) {
    throw new FormatError(
      `${file}: data: the tensors take ${covered} bytes, but ${length} follow the header, copy the file again`,
    )
  }
}

function readTensor({ name, type, shape, start, end }: Entry, { source, start: first, file }: DataPlace): HostTensor {
  // What is read is a copy, and so aligned; the data may begin at any byte of the file.
  const { buffer } = source.read(first + start, first + end)
  return decodeTensor(type as StoredTypeName, shape, buffer, `${file}: tensor ${name}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0)
}

/** A text in JSON's quotes; half of a surrogate pair has no UTF-8 form. */
function quote(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new FormatError(`${JSON.stringify(text)} is not valid Unicode text`)
  return JSON.stringify(text)
}
