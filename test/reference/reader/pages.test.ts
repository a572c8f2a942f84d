// The bar: four photographed pages by other hands, against boxes checked by hand. They are never trained or tuned on.
// Needs the folder handwritten-pages in OCELLUS_DATA; left out, with a line that says so, where it is missing.

import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type PageScore, type PageTruth, poolScores, scorePage } from '../../../scripts/reader/score.ts'
import { decodeGray } from '../../../src/image/decode.node.ts'
import { Reader } from '../../../src/reader/reader.ts'
import { loadRecognizer } from '../../../src/reader/recognizer.node.ts'

const pages = ['01_list', '02_letters', '03_haiku', '04_deep']
const data = process.env.OCELLUS_DATA ?? join(homedir(), '.cache', 'ocellus')
const folder = join(data, 'handwritten-pages')
const isThere = pages.every((page) => existsSync(join(folder, `${page}.jpg`)))

function truthOf(page: string): PageTruth {
  const file = new URL(`../../fixtures/reader/truth/${page}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as PageTruth
}

describe('the truth', () => {
  it('has 246 letters and digits and four full stops, each line its text', () => {
    const lines = pages.flatMap((page) => truthOf(page).lines)
    const text = lines.flatMap((line) => line.glyphs.map((glyph) => glyph.text)).join('')
    expect(text.replaceAll('.', '')).toHaveLength(246)
    expect(text).toHaveLength(250)
    for (const line of lines) {
      expect(line.glyphs.map((glyph) => glyph.text).join('')).toBe(line.text.replaceAll(' ', ''))
    }
  })
})

const title = isThere ? 'handwritten pages' : `handwritten pages (left out: ${folder} is missing, set OCELLUS_DATA)`
describe.skipIf(!isThere)(title, () => {
  const scores = new Map<string, PageScore>()

  beforeAll(async () => {
    const reader = new Reader({ classifier: await loadRecognizer() })
    for (const page of pages) {
      const image = await decodeGray(join(folder, `${page}.jpg`))
      scores.set(page, scorePage(reader.read(image), truthOf(page)))
    }
  })

  it.each(pages)('%s: every letter found, no box too many, all lines right', (page) => {
    const { found, marks, falseBoxes, lines } = scores.get(page)!
    expect({ found: found.right, marks: marks.right, falseBoxes, lines: lines.right }).toEqual({
      found: found.total,
      marks: marks.total,
      falseBoxes: 0,
      lines: lines.total,
    })
  })

  it.each(['01_list', '03_haiku', '04_deep'])('%s: all spaces right', (page) => {
    const { spaces } = scores.get(page)!
    expect(spaces.right).toBe(spaces.total)
  })

  it('at least 90 % of the letters right', () => {
    const { letters } = poolScores([...scores.values()])
    expect(letters.right / letters.total).toBeGreaterThanOrEqual(0.9)
  })
})
