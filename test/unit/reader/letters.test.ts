// Broken letters joined and touching ones cut, with a classifier whose opinion is known.

import { describe, expect, it } from 'vitest'
import { type Classifier, characters } from '../../../src/reader/classifier.ts'
import { findCuts } from '../../../src/reader/cuts.ts'
import { evidenceOf, leavesDoubt, mostEvidence } from '../../../src/reader/evidence.ts'
import { normalizeGlyph } from '../../../src/reader/glyph.ts'
import { formLetters } from '../../../src/reader/letters.ts'
import { Pieces } from '../../../src/reader/pieces.ts'
import { proposeCuts, proposeJoins, usualGap } from '../../../src/reader/repairs.ts'
import type { Shape } from '../../../src/reader/shape.ts'
import { shapeOf } from './drawing.ts'

const O = ['.###.', '#...#', '#...#', '#...#', '#...#', '#...#', '.###.']
const H = ['#...#', '#...#', '#...#', '#####', '#...#', '#...#', '#...#']
const leftHalf = ['#..', '#..', '#..', '###', '#..', '#..', '#..']
const rightHalf = ['#', '#', '#', '#', '#', '#', '#']

/** Knows O and H; anything else it calls Q, with little confidence. */
const classifier: Classifier = {
  classify(batch, count) {
    const known = [
      ['O', normalizeGlyph(shapeOf(O, { size: 6 }).mask)],
      ['H', normalizeGlyph(shapeOf(H, { size: 6 }).mask)],
    ] as const
    const result = new Float32Array(count * characters.length).fill(0.001)
    for (let i = 0; i < count; i++) {
      const glyph = batch.subarray(i * 1024, (i + 1) * 1024)
      const match = known.find(([, other]) => other.reduce((sum, v, k) => sum + Math.abs(v - glyph[k]!), 0) < 90)
      const character = match?.[0] ?? 'Q'
      result[i * characters.length + characters.indexOf(character)] = match === undefined ? 0.2 : 0.95
    }
    return result
  },
}

/** The letters of a line as read by the classifier alone. */
function read(line: readonly Shape[]): string {
  return formLetters([line], classifier)
    .flatMap(({ letters }) => letters)
    .map(({ logits }) => characters[logits.indexOf(Math.max(...logits))])
    .join('')
}

describe('formLetters', () => {
  const at = (rows: readonly string[], x: number): Shape => shapeOf(rows, { size: 6, x })

  it('keeps whole letters', () => {
    expect(read([at(O, 0), at(H, 45), at(O, 90)])).toBe('OHO')
  })

  it('joins the halves of a broken H', () => {
    expect(read([at(O, 0), at(leftHalf, 45), at(rightHalf, 68), at(O, 110), at(H, 155)])).toBe('OHOH')
  })

  it('cuts letters that touch', () => {
    const touching = O.map((row, y) => `${row}${y === 3 ? '#' : '.'}${H[y]!}`)
    expect(read([at(H, 0), at(touching, 45), at(O, 130), at(O, 175)])).toBe('HOHOO')
  })

  it('refuses a classifier that returns the wrong number of probabilities', () => {
    expect(() => formLetters([[at(O, 0)]], { classify: () => new Float32Array(35) })).toThrow(/36 for each/)
  })
})

describe('evidenceOf', () => {
  const shape = shapeOf(O, { size: 6 })
  /** Evidence of a shape `usual` pixels wide as usual, for probabilities of O, Q and M, all others being 0. */
  const evidence = (probabilities: Partial<Record<string, number>>, usual: number, doubts = true): number => {
    const logits = Float32Array.from(characters, (character) => Math.log(probabilities[character] ?? 1e-12))
    return evidenceOf(shape, usual, { logitsOf: () => logits, doubts })
  }

  it('is the log odds of a letter against none, whichever letter it is', () => {
    expect(evidence({ O: 0.9 }, 30)).toBeCloseTo(Math.log(9), 5)
    expect(evidence({ O: 0.5, Q: 0.4 }, 30)).toBeCloseTo(Math.log(9), 5)
    expect(evidence({ O: 0.1 }, 30)).toBeCloseTo(-Math.log(9), 5)
    expect(evidence({ O: 1 }, 30)).toBeCloseTo(mostEvidence, 5)
  })

  it('asks for the best class where the classifier knows only letters', () => {
    expect(evidence({ O: 0.6, Q: 0.4 }, 30, false)).toBeCloseTo(Math.log(1.5), 5)
    const row = (sum: number): Float32Array => new Float32Array(36).fill(Math.log(sum / 36))
    expect(leavesDoubt([row(1), row(1)])).toBe(false)
    expect(leavesDoubt([row(1), row(0.9)])).toBe(true)
  })

  it('takes off half the squared deviations of the width, up to three of them', () => {
    expect(evidence({ O: 0.5 }, 30 / Math.exp(0.2))).toBeCloseTo(-0.5, 5)
    expect(evidence({ O: 0.5 }, 30 * Math.exp(0.4))).toBeCloseTo(-2, 5)
    expect(evidence({ O: 0.5 }, 300)).toBeCloseTo(-4.5, 5)
    expect(evidence({ M: 0.5 }, 30 / 1.35)).toBeCloseTo(0, 5)
  })
})

describe('proposeJoins and proposeCuts', () => {
  const unity = 5
  const at = (rows: readonly string[], x: number): Shape => shapeOf(rows, { size: 6, x })
  const bar = Array<string>(7).fill('##')
  const joinsOf = (line: readonly Shape[], evidence: (shape: Shape) => number = () => 0): number[] =>
    proposeJoins(line, { evidence, unity, gap: usualGap([line]), pieces: new Pieces() }).map(({ gain }) => gain())

  it('let the gap speak: none for one letter, half the usual not at all, a usual one for two', () => {
    const [first, second, third] = [at(bar, 0), at(bar, 24), at(bar, 48)]
    const half = at(bar, 66)
    const touching = at(bar, 78)
    // Gaps of 12, 12, 6 and 0 pixels; the median of the four is 12.
    const gains = joinsOf([first, second, third, half, touching])
    for (const [i, gain] of [-unity, -unity, 0, unity].entries()) expect(gains[i]).toBeCloseTo(gain, 5)
  })

  it('weigh the joined letter against the sum of those parts that are letters', () => {
    const pair = [at(bar, 0), at(bar, 12)]
    expect(joinsOf(pair, (shape) => (pair.includes(shape) ? 1 : 3))).toEqual([3 - 2 + unity])
    expect(joinsOf(pair, (shape) => (pair.includes(shape) ? -2 : -4))).toEqual([-4 + unity])
  })

  it('never join a full stop at the foot of a letter, but a piece as small above it', () => {
    const dot = (y: number): Shape => shapeOf(['##', '##'], { size: 4, y, x: 34 })
    expect(joinsOf([at(O, 0), dot(34)])).toEqual([])
    expect(joinsOf([at(O, 0), dot(10)])).toHaveLength(1)
  })

  it('propose the same shapes again, so that none is recognised twice', () => {
    const judgement = { evidence: () => 0, unity, gap: 0.2, pieces: new Pieces() }
    const line = [at(O, 0), at(H, 33)]
    const propose = (): Shape[] =>
      [...proposeJoins(line, judgement), ...proposeCuts(line, judgement)].flatMap(({ after }) => after)
    const first = propose()
    expect(first.length).toBeGreaterThan(2)
    expect(propose().every((shape, i) => shape === first[i])).toBe(true)
  })

  it('never cut a shape that speaks too well for itself', () => {
    const touching = at(
      O.map((row, y) => `${row}${y === 3 ? '#' : '.'}${H[y]!}`),
      0,
    )
    const cutsOf = (whole: number, left: number, right: number): number[] => {
      const evidence = (shape: Shape): number => (shape === touching ? whole : shape.box[1] === 0 ? left : right)
      return proposeCuts([touching], { evidence, unity, gap: 0.2, pieces: new Pieces() }).map(({ gain }) => gain())
    }
    expect(cutsOf(mostEvidence - unity, 6, 6)).toEqual([])
    const gains = cutsOf(-1, 4, 6)
    expect(gains.length).toBeGreaterThan(0)
    for (const gain of gains) expect(gain).toBeCloseTo((4 + 6) / 2 + 1 - unity, 5)
  })
})

describe('findCuts', () => {
  it('cuts at the joint first and loses no ink', () => {
    const touching = shapeOf(
      O.map((row, y) => `${row}${y === 3 ? '#' : '.'}${H[y]!}`),
      { size: 6 },
    )
    const cuts = findCuts(touching, 42)
    expect(cuts[0]![0].box[3]).toBeGreaterThanOrEqual(30)
    expect(cuts[0]![0].box[3]).toBeLessThanOrEqual(36)
    for (const [left, right] of cuts) {
      expect(left.area + right.area).toBe(touching.area)
      expect(Math.min(left.box[3], 66 - right.box[1])).toBeGreaterThanOrEqual(0.2 * 42 - 6)
    }
  })
})
