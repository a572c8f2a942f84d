// What neighbours say about a character, and which small marks are punctuation.

import { describe, expect, it } from 'vitest'
import { characters } from '../../../src/reader/classifier.ts'
import { type Evidence, weighWord } from '../../../src/reader/context.ts'
import type { Letter } from '../../../src/reader/letters.ts'
import { readMark } from '../../../src/reader/marks.ts'
import { block } from './drawing.ts'

/** Log probabilities with these characters and nothing much else. */
function evidence(shares: Readonly<Record<string, number>>): Float32Array {
  return Float32Array.from(characters, (character) => Math.log(shares[character] ?? 1e-4))
}

const read = (word: readonly Evidence[], isNumber = false): string =>
  weighWord(word, { isNumber })
    .map((probabilities) => characters[probabilities.indexOf(Math.max(...probabilities))])
    .join('')

describe('weighWord', () => {
  const circle = evidence({ O: 0.5, 0: 0.45 })
  const snake = evidence({ S: 0.45, 5: 0.5 })

  it('reads a circle as O among letters and as 0 among digits', () => {
    expect(read([evidence({ N: 0.9 }), circle])).toBe('NO')
    expect(read([evidence({ 4: 0.9 }), circle, snake])).toBe('405')
    expect(read([evidence({ T: 0.9 }), circle, snake])).toBe('TOS')
  })

  it('keeps a digit among letters that is beyond doubt', () => {
    expect(read([evidence({ R: 0.99 }), evidence({ 2: 0.99 }), evidence({ D: 0.99 })])).toBe('R2D')
  })

  it('reads what stands before a full stop at the start of a line as a number', () => {
    const stick = evidence({ I: 0.6, 1: 0.35 })
    expect(read([stick])).toBe('I')
    expect(read([stick, '.'], true).startsWith('1')).toBe(true)
  })

  it('gives probabilities that sum to one, none for punctuation', () => {
    const [first, dot] = weighWord([circle, '.'])
    expect(first!.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5)
    expect(dot).toHaveLength(0)
  })
})

describe('readMark', () => {
  // Two letters 40 high on the baseline 140, with a space of 60 between them.
  const letters: Letter[] = [100, 190].map((x) => ({ shape: block(100, x, 140, x + 30), logits: evidence({ A: 1 }) }))
  const mark = (y: number, x: number, height: number, width: number, darkness = 100): string | undefined =>
    readMark({ ...block(y, x, y + height, x + width), darkness }, letters, 40)

  it('reads a full stop, a comma, an apostrophe and a dash by their place', () => {
    expect(mark(133, 136, 7, 7)).toBe('.')
    expect(mark(134, 136, 15, 6)).toBe(',')
    expect(mark(100, 136, 12, 5)).toBe("'")
    expect(mark(118, 140, 4, 20)).toBe('-')
  })

  it('takes no speck for one: pale, in the air, before all letters, or close before a letter', () => {
    expect(mark(133, 136, 7, 7, 30)).toBeUndefined()
    expect(mark(115, 136, 7, 7)).toBeUndefined()
    expect(mark(133, 80, 7, 7)).toBeUndefined()
    expect(mark(133, 180, 7, 7)).toBeUndefined()
  })
})
