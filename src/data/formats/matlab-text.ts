// Char arrays of MATLAB files: characters in one of several encodings, column by column, to one string per row.

import type { Shape } from '../../core/shape.ts'
import { formatShape, sizeOf } from '../../core/shape.ts'
import type { ByteSource } from './byte-source.ts'
import { readElements } from './elements.ts'
import { elementTypes, type MatlabTag, type MatlabText, storageOf } from './matlab-types.ts'

/** The longest text that is read, in bytes: this format is for numbers, a longer text is taken for damage. */
const longestText = 2 ** 24

/**
 * Reads the characters behind `tag`. An element of the array is a UTF-16 unit for MATLAB, a code point for other writers;
 * both are understood. Throws FormatError where the characters do not fit the shape.
 */
export function readMatlabText(
  source: ByteSource,
  tag: MatlabTag,
  shape: Shape,
  littleEndian: boolean,
  field: string,
): MatlabText {
  const characters = readCharacters(source, tag, littleEndian, field)
  const units = characters.split('')
  const elements = units.length === sizeOf(shape) ? units : [...characters]
  if (elements.length !== sizeOf(shape)) {
    throw source.error(field, `${elements.length} characters do not fit its shape ${formatShape(shape)}`)
  }
  const [rows = 0, columns = 0] = shape
  // An empty char array may claim any number of rows: it holds no text at all.
  if (columns === 0) return { class: 'char', shape, rows: [] }
  const row = (r: number) => Array.from({ length: columns }, (_, column) => elements[column * rows + r]).join('')
  return { class: 'char', shape, rows: Array.from({ length: rows }, (_, r) => row(r)) }
}

function readCharacters(source: ByteSource, tag: MatlabTag, littleEndian: boolean, field: string): string {
  const unitBytes = bytesPerUnit(tag.type)
  if (unitBytes === undefined) throw source.error(field, `element type ${tag.type} does not hold characters`)
  if (tag.bytes % unitBytes !== 0) throw source.error(field, `${tag.bytes} bytes are no whole number of characters`)
  if (tag.bytes > longestText) throw source.error(field, `${tag.bytes} bytes of text are more than ${longestText}`)
  const storage = unitBytes === 1 ? 'u8' : unitBytes === 2 ? 'u16' : 'u32'
  const codes = readElements(source, { storage, count: tag.bytes / unitBytes, littleEndian, held: storage, field })
  if (unitBytes === 1) return new TextDecoder().decode(Uint8Array.from(codes))
  const pieces: string[] = []
  for (const code of codes) {
    if (code > 0x10ffff) throw source.error(field, `${code} is no character`)
    pieces.push(unitBytes === 2 ? String.fromCharCode(code) : String.fromCodePoint(code))
  }
  return pieces.join('')
}

function bytesPerUnit(type: number): 1 | 2 | 4 | undefined {
  if (type === elementTypes.utf8) return 1
  if (type === elementTypes.utf16) return 2
  if (type === elementTypes.utf32) return 4
  const storage = storageOf(type)
  return storage === 'u8' || storage === 'i8' ? 1 : storage === 'u16' ? 2 : undefined
}
