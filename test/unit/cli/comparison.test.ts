// How texts are compared: by the fewest edits, without regard to case and spaces.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareTexts } from '../../../src/cli/reading/comparison.ts'

describe('compareTexts', () => {
  it('counts letters that stand in their place', () => {
    expect(compareTexts('The lake', 'THE LAKE')).toEqual({ right: 7, total: 7, isRight: Array(7).fill(true) })
    expect(compareTexts('T4E LAKE', 'THE\nLAKE').isRight).toEqual([true, false, true, true, true, true, true])
  })

  it('a missing or surplus letter shifts nothing', () => {
    expect(compareTexts('HE LAKE', 'THE LAKE')).toMatchObject({ right: 6, total: 7 })
    expect(compareTexts('TTHE LAKE', 'THE LAKE')).toMatchObject({ right: 7, total: 7 })
    expect(compareTexts('', 'THE')).toEqual({ right: 0, total: 3, isRight: [] })
    expect(compareTexts('ABC', '')).toEqual({ right: 0, total: 0, isRight: [false, false, false] })
  })

  it('never counts more than both texts have, and a text equals itself', () => {
    const letters = fc.string({ unit: fc.constantFrom('A', 'B', 'C', ' '), maxLength: 12 })
    fc.assert(
      fc.property(letters, letters, (a, b) => {
        const { right, total, isRight } = compareTexts(a, b)
        const count = (text: string): number => text.replaceAll(' ', '').length
        expect(right).toBeLessThanOrEqual(Math.min(count(a), count(b)))
        expect([total, isRight.length]).toEqual([count(b), count(a)])
        expect(compareTexts(a, a).right).toBe(count(a))
        // Dropping letters from the truth loses exactly those.
        expect(compareTexts(b.slice(2), b).right).toBe(count(b.slice(2)))
      }),
    )
  })
})
