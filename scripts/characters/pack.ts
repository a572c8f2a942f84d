// Writes a character set in the format that src/data/characters.ts reads.

import { zlibSync } from 'fflate'
import { UsageError } from '../../src/core/errors.ts'
import type { CharacterSet, CharacterSetHeader } from '../../src/data/characters.ts'
import type { Dataset } from '../../src/data/dataset.ts'

/** The file as bytes; pixels are rounded to 16 levels. Throws UsageError unless each part is sorted by class and balanced. */
export function packCharacters({ train, valid, test }: CharacterSet): Uint8Array {
  const header: CharacterSetHeader = {
    format: 'ocellus-characters-1',
    side: train.inputs.shape[1]!,
    classes: train.classes.join(''),
    train: samplesPerClass(train),
    valid: samplesPerClass(valid),
    test: samplesPerClass(test),
  }
  const line = new TextEncoder().encode(`${JSON.stringify(header)}\n`)
  const parts = [line, ...[train, valid, test].map(packPixels)]
  const content = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    content.set(part, at)
    at += part.length
  }
  return zlibSync(content, { level: 9, mem: 12 })
}

function samplesPerClass(part: Dataset): number {
  const count = part.length / part.classes.length
  if (!Number.isInteger(count) || !part.labels.every((label, sample) => label === Math.floor(sample / count))) {
    throw new UsageError('a character set holds as many samples of each class, sorted by class; sort them first')
  }
  return count
}

/** Two pixels per byte, the left one in the high half. */
function packPixels({ inputs: { data } }: Dataset): Uint8Array {
  return Uint8Array.from({ length: data.length / 2 }, (_, i) => (level(data[2 * i]!) << 4) | level(data[2 * i + 1]!))
}

/** A byte as one of 16 levels. */
function level(value: number): number {
  return Math.round(value / 17)
}
