// The measure itself: what it counts on a reading with known mistakes.

import { describe, expect, it } from 'vitest'
import { intersectionOverUnion, type PageTruth, poolScores, scorePage } from '../../../scripts/reader/score.ts'
import type { Box } from '../../../src/image/image.ts'
import type { Glyph, Page } from '../../../src/reader/page.ts'

const glyph = (text: string, box: Box): Glyph => ({ text, box, confidence: 1, alternatives: [] })
const boxAt = (i: number): Box => [0, 20 * i, 20, 20 * i + 15]

const truth: PageTruth = {
  image: { width: 200, height: 40 },
  lines: [{ text: 'AB C.', glyphs: [...'ABC.'].map((text, i) => ({ text, box: boxAt(i) })) }],
}

function pageOf(words: readonly (readonly Glyph[])[]): Page {
  const part = { text: '', box: [0, 0, 0, 0] as Box, confidence: 1 }
  const line = { ...part, words: words.map((glyphs) => ({ ...part, glyphs })) }
  return { ...part, width: 200, height: 40, lines: [line] }
}

describe('scorePage', () => {
  it('finds a perfect reading perfect, whatever the case', () => {
    const score = scorePage(
      pageOf([
        [glyph('a', boxAt(0)), glyph('B', boxAt(1))],
        [glyph('C', boxAt(2)), glyph('.', boxAt(3))],
      ]),
      truth,
    )
    expect(score).toMatchObject({
      found: { right: 3, total: 3 },
      marks: { right: 1, total: 1 },
      falseBoxes: 0,
      lines: { right: 1, total: 1 },
      spaces: { right: 3, total: 3 },
      letters: { right: 3, total: 3 },
      errors: [],
    })
  })

  it('counts a wrong character, a missed letter, a missed space and a box too many', () => {
    const read = pageOf([
      [glyph('A', boxAt(0)), glyph('8', boxAt(1)), glyph('.', boxAt(3)), glyph('I', [0, 150, 20, 155])],
    ])
    const score = scorePage(read, truth)
    expect(score.found).toEqual({ right: 2, total: 3 })
    expect(score.letters).toEqual({ right: 1, total: 3 })
    expect(score.lines.right).toBe(0)
    expect(score.spaces).toEqual({ right: 1, total: 3 })
    expect(score.errors).toEqual(['B>8', 'C>-', '+I'])
    expect(poolScores([score, score]).letters).toEqual({ right: 2, total: 6 })
  })

  it('gives each box to one letter only', () => {
    const score = scorePage(pageOf([[glyph('A', boxAt(0)), glyph('A', [0, 1, 20, 16])]]), truth)
    expect([score.found.right, score.falseBoxes]).toEqual([1, 1])
  })
})

describe('intersectionOverUnion', () => {
  it('is shared area over joint area', () => {
    expect(intersectionOverUnion([0, 0, 10, 10], [0, 5, 10, 15])).toBeCloseTo(1 / 3)
    expect(intersectionOverUnion([0, 0, 10, 10], [0, 10, 10, 20])).toBe(0)
  })
})
