// The embedded character set as it lies in the repository, and its file format.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { zlibSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { fontEntries, fontFolder, fontNames, loadHand } from '../../../scripts/characters/fonts.ts'
import { makePart } from '../../../scripts/characters/make.ts'
import { packCharacters } from '../../../scripts/characters/pack.ts'
import { FormatError, UsageError } from '../../../src/core/errors.ts'
import { loadCharacters } from '../../../src/data/characters.node.ts'
import { readCharacters } from '../../../src/data/characters.ts'
import { Dataset } from '../../../src/data/dataset.ts'

const folder = fileURLToPath(new URL('../../../assets/characters/', import.meta.url))
const bytes = new Uint8Array(await readFile(join(folder, 'characters.bin')))
const set = await loadCharacters()
const parts = [
  ['train', set.train, 250],
  ['valid', set.valid, 30],
  ['test', set.test, 30],
] as const

/** The pixels of one sample. */
const sampleOf = (part: Dataset, sample: number): Uint8Array =>
  (part.inputs.data as Uint8Array).subarray(sample * 1024, (sample + 1) * 1024)

describe('the embedded set', () => {
  test('is smaller than 2 MB', () => {
    expect(bytes.length).toBeLessThan(2e6)
  })

  test.each(parts)('%s has 36 classes of equal size, A to Z and 0 to 9', (_, part, perClass) => {
    expect(part.classes.join('')).toBe('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')
    expect(part.inputs.shape).toEqual([36 * perClass, 32, 32, 1])
    const counts = new Int32Array(36)
    for (const label of part.labels) counts[label]! += 1
    expect(new Set(counts)).toEqual(new Set([perClass]))
  })

  test.each(parts)(
    '%s: every character is bright ink on paper 0, centred within 2.5 pixels, and fills most of the frame',
    (_, part) => {
      for (let sample = 0; sample < part.length; sample++) {
        const pixels = sampleOf(part, sample)
        const inked = Array.from(pixels.keys()).filter((i) => pixels[i]! > 60)
        const columns = inked.map((i) => i % 32)
        const rows = inked.map((i) => Math.floor(i / 32))
        const [left, right] = [Math.min(...columns), Math.max(...columns)]
        const [top, bottom] = [Math.min(...rows), Math.max(...rows)]
        const longer = Math.max(right - left, bottom - top) + 1
        const faults = [longer < 18, longer > 32, Math.abs(left + right - 31) > 5, Math.abs(top + bottom - 31) > 5]
        expect(faults, `sample ${sample}`).toEqual([false, false, false, false])
        expect(pixels[0]! + pixels[31]! + pixels[992]! + pixels[1023]!).toBeLessThan(4 * 60)
      }
    },
  )

  test('no character is in two parts', () => {
    const seen = new Set<string>()
    for (const [, part] of parts) {
      for (let sample = 0; sample < part.length; sample++)
        seen.add(Buffer.from(sampleOf(part, sample)).toString('latin1'))
    }
    expect(seen.size).toBe(set.train.length + set.valid.length + set.test.length)
  })

  test('the notice names every font', async () => {
    const notice = await readFile(join(folder, 'FONTS.md'), 'utf8')
    for (const { name } of fontEntries)
      expect(notice).toMatch(new RegExp(`@fontsource/${name} \\| [\\d.]+ \\| (OFL-1.1|Apache-2.0) .*Copyright`))
  })

  const fontsMissing = !existsSync(join(fontFolder, 'patrick-hand'))
  test.skipIf(fontsMissing)(
    'make.ts draws it again from the fonts (left out where they are not installed)',
    () => {
      const again = makePart('test', fontNames('test').map(loadHand), 2)
      for (let label = 0; label < 36; label++) {
        for (let sample = 0; sample < 2; sample++) {
          const drawn = sampleOf(again, label * 2 + sample).map((value) => Math.round(value / 17) * 17)
          expect(drawn).toEqual(sampleOf(set.test, label * 30 + sample))
        }
      }
    },
    60_000,
  )
})

describe('the file format', () => {
  /** Two classes with `perClass` samples of 2x2 pixels, all on one of 16 levels. */
  function small(perClass: number): Dataset {
    const labels = Int32Array.from({ length: 2 * perClass }, (_, i) => Math.floor(i / perClass))
    const data = Uint8Array.from({ length: labels.length * 4 }, (_, i) => ((i * 7) % 16) * 17)
    return new Dataset({ inputs: { data, shape: [labels.length, 2, 2, 1] }, labels, classes: ['A', 'B'] })
  }
  const packed = packCharacters({ train: small(3), valid: small(1), test: small(2) })

  test('what is packed is read back', () => {
    const read = readCharacters(packed)
    for (const [part, perClass] of [
      ['train', 3],
      ['valid', 1],
      ['test', 2],
    ] as const)
      expect(read[part]).toEqual(small(perClass))
  })

  test('is refused where samples are not sorted by class', () => {
    const labels = Int32Array.from([1, 0])
    const data = new Uint8Array(8)
    const unsorted = new Dataset({ inputs: { data, shape: [2, 2, 2, 1] }, labels, classes: ['A', 'B'] })
    expect(() => packCharacters({ train: unsorted, valid: small(1), test: small(1) })).toThrow(UsageError)
  })

  test.each([
    ['empty', new Uint8Array(0)],
    ['no zlib', new TextEncoder().encode('a picture of a cat')],
    ['cut off', packed.subarray(0, packed.length - 9)],
    ['a wrong checksum', packed.map((byte, i) => (i === packed.length - 1 ? byte ^ 1 : byte))],
    ['a header that does not end', zlibSync(new Uint8Array(5000).fill(65))],
    ['a header that is no JSON', zlibSync(new TextEncoder().encode('hello\n'))],
    ['another format', zlibSync(new TextEncoder().encode('{"format":"x"}\n'))],
    [
      'more samples announced than there are',
      zlibSync(
        new TextEncoder().encode(
          '{"format":"ocellus-characters-1","side":32,"classes":"AB","train":90000,"valid":1,"test":1}\n',
        ),
      ),
    ],
    [
      'pixels missing',
      zlibSync(
        new TextEncoder().encode(
          '{"format":"ocellus-characters-1","side":2,"classes":"AB","train":9,"valid":1,"test":1}\n000',
        ),
      ),
    ],
  ])('%s gives a FormatError that names the file', (_, damaged) => {
    expect(() => readCharacters(damaged, 'letters.bin')).toThrow(FormatError)
    expect(() => readCharacters(damaged, 'letters.bin')).toThrow(/^letters\.bin: /)
  })
})
