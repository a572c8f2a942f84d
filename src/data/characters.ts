// The embedded character set: 36 classes, A to Z and 0 to 9, 32x32, ink 255 on paper 0, drawn by scripts/characters/make.ts.
// The file is one zlib stream. Inside: a line of JSON, the header, which ends with a line feed; then the pixels, 4 bits each,
// the left of two in the high half of a byte, row by row. Samples follow each other by part, by class, and by number.

import { Dataset } from './dataset.ts'
import { InflateSource } from './formats/inflate-source.ts'

/** The parts are drawn with different fonts, so that `valid` and `test` hold hands that `train` has not seen. */
export interface CharacterSet {
  readonly train: Dataset
  readonly valid: Dataset
  readonly test: Dataset
}

/** First line of the file. */
export interface CharacterSetHeader {
  readonly format: 'ocellus-characters-1'
  /** Height and width of a character in pixels. */
  readonly side: number
  /** One character per class. */
  readonly classes: string
  /** Samples per class. */
  readonly train: number
  readonly valid: number
  readonly test: number
}

/** The header is shorter than this. */
const longestHeader = 4096

/** More samples than this per class, or a larger side, and the file is not what it says. */
const largestCount = 100_000
const largestSide = 256

/**
 * Reads the file. Each part has the shape [classes * samples per class, side, side, 1] as bytes, sorted by class.
 * Throws FormatError where it is cut off, damaged, or something else.
 */
export function readCharacters(bytes: Uint8Array, file = 'character set'): CharacterSet {
  const source = new InflateSource(bytes, 'zlib', file, 'characters')
  const header = readHeader(source)
  const train = readPart(source, header, 'train')
  const valid = readPart(source, header, 'valid')
  const test = readPart(source, header, 'test')
  source.finish()
  return { train, valid, test }
}

function readHeader(source: InflateSource): CharacterSetHeader {
  let line = ''
  for (;;) {
    const [code] = source.take(1, 'header')
    if (code === 10) break
    line += String.fromCharCode(code as number)
    if (line.length > longestHeader) throw source.error('header', 'the first line should be JSON, it does not end')
  }
  const header = parseHeader(line)
  if (header === undefined) {
    throw source.error(
      'header',
      `expected a line of JSON with format, side, classes, train, valid and test, found ${line}`,
    )
  }
  return header
}

function parseHeader(line: string): CharacterSetHeader | undefined {
  let found: unknown
  try {
    found = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof found !== 'object' || found === null) return undefined
  const { format, side, classes, train, valid, test } = found as Record<string, unknown>
  if (format !== 'ocellus-characters-1' || typeof classes !== 'string' || classes.length === 0) return undefined
  if (!isCount(side, largestSide) || side % 2 !== 0) return undefined
  if (!isCount(train, largestCount) || !isCount(valid, largestCount) || !isCount(test, largestCount)) return undefined
  return { format, side, classes, train, valid, test }
}

function isCount(value: unknown, largest: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= largest
}

function readPart(source: InflateSource, header: CharacterSetHeader, part: keyof CharacterSet): Dataset {
  const { side, classes } = header
  const samples = classes.length * header[part]
  const packed = (samples * side * side) / 2
  if (packed > source.plausible) {
    throw source.error(part, `its header announces ${samples} characters, for which the file is too short`)
  }
  const data = new Uint8Array(packed * 2)
  for (let at = 0; at < data.length; ) {
    const pairs = source.next((data.length - at) / 2, part)
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i] as number
      // 17 = 255 / 15
      data[at++] = (pair >> 4) * 17
      data[at++] = (pair & 15) * 17
    }
  }
  const labels = Int32Array.from({ length: samples }, (_, sample) => Math.floor(sample / header[part]))
  return new Dataset({ inputs: { data, shape: [samples, side, side, 1] }, labels, classes: [...classes] })
}
