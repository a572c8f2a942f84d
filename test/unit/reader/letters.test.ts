// Broken letters joined and touching ones cut, with a classifier whose opinion is known.

import { describe, expect, it } from 'vitest'
import { type Classifier, characters } from '../../../src/reader/classifier.ts'
import { findCuts } from '../../../src/reader/cuts.ts'
import { normalizeGlyph } from '../../../src/reader/glyph.ts'
import { formLetters } from '../../../src/reader/letters.ts'
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

describe('findCuts', () => {
  it('cuts at the joint first, and says how many strokes a cut goes through', () => {
    const touching = shapeOf(
      O.map((row, y) => `${row}${y === 3 ? '#' : '.'}${H[y]!}`),
      { size: 6 },
    )
    const cuts = findCuts(touching, 42)
    const joint = cuts.find(({ parts }) => parts[0].box[3] >= 30 && parts[0].box[3] <= 36)!
    expect(joint.strokes).toBe(1)
    expect(joint.parts[0].area + joint.parts[1].area).toBe(touching.area)
    for (const { parts, strokes } of cuts) if (parts[0].box[3] < 24) expect(strokes).toBe(2)
  })
})
