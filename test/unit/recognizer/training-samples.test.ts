// What the recognizer is trained on: distorted glyphs, pieces, and the numbers that are reported.

import { describe, expect, it } from 'vitest'
import { type Distortion, distortGlyph } from '../../../scripts/recognizer/distort.ts'
import { cutGlyph, joinGlyphs, joinPiece } from '../../../scripts/recognizer/fragments.ts'
import { accuracyByCharacter, worstConfusions } from '../../../scripts/recognizer/measure.ts'
import { augment, distortion } from '../../../scripts/recognizer/recipe.ts'
import { SmoothField } from '../../../scripts/recognizer/smooth-field.ts'
import { Random } from '../../../src/core/random.ts'
import { glyphSize, normalizeGlyph } from '../../../src/reader/glyph.ts'
import { featureCount } from '../../../src/reader/glyph-features.ts'

const none: Distortion = {
  rotation: 0,
  shear: 0,
  aspect: 0,
  bend: 0,
  thickness: 0,
  ragged: 0,
  size: 0,
  shift: 0,
  broken: 0,
}

/** An L, its strokes `thick` pixels wide. */
function letterL(thick: number): Float32Array {
  const data = new Uint8Array(40 * 60)
  for (let y = 0; y < 60; y++) for (let x = 0; x < 40; x++) data[y * 40 + x] = Number(x < thick || y >= 60 - thick)
  return normalizeGlyph({ width: 40, height: 60, data })
}

const asBytes = (glyph: Float32Array): Uint8Array => Uint8Array.from(glyph, (value) => Math.round(255 * value))

function distorted(glyph: Float32Array, how: Distortion, seed: number): Float32Array {
  const target = new Float32Array(glyphSize * glyphSize)
  distortGlyph(asBytes(glyph), target, how, new Random(seed))
  return target
}

/** Longer side of the ink in pixels. */
function span(glyph: Float32Array): number {
  const ink = Array.from(glyph.keys()).filter((i) => glyph[i]! >= 0.5)
  const extent = (values: number[]): number => Math.max(...values) - Math.min(...values) + 1
  return Math.max(extent(ink.map((i) => i % glyphSize)), extent(ink.map((i) => Math.floor(i / glyphSize))))
}

describe('distortGlyph', () => {
  it('keeps the ink where nothing is to be distorted', () => {
    const glyph = letterL(6)
    const copy = distorted(glyph, none, 1)
    const differing = copy.filter((value, i) => value >= 0.5 !== glyph[i]! >= 0.5).length
    // A row or column may move by a fraction of a pixel, when the glyph is centred anew.
    expect(differing).toBeLessThan(0.2 * glyph.filter((value) => value >= 0.5).length)
  })

  it('keeps the size that normalizeGlyph gives, whatever is turned and stretched', () => {
    const how = { ...none, rotation: 0.2, shear: 0.3, aspect: 0.2 }
    for (let seed = 0; seed < 40; seed++)
      expect(Math.abs(span(distorted(letterL(6), how, seed)) - 25)).toBeLessThanOrEqual(2)
  })

  it('turns by the angle that is drawn: the foot of an L slopes by its tangent', () => {
    for (let seed = 0; seed < 20; seed++) {
      const angle = 0.15 * Math.max(-2.2, Math.min(2.2, new Random(seed).normal()))
      const glyph = distorted(letterL(6), { ...none, rotation: 0.15 }, seed)
      const foot = (column: number): number => {
        const rows = Array.from({ length: glyphSize }, (_, row) => row).filter(
          (row) => glyph[row * glyphSize + column]! >= 0.5,
        )
        return (rows.at(-1)! + rows.at(-2)!) / 2
      }
      const columns = [14, 20]
      expect(Math.abs((foot(columns[1]!) - foot(columns[0]!)) / 6 - Math.tan(angle))).toBeLessThan(0.2)
    }
  })

  it('is a function of the seed', () => {
    expect(distorted(letterL(6), distortion, 5)).toEqual(distorted(letterL(6), distortion, 5))
    expect(distorted(letterL(6), distortion, 5)).not.toEqual(distorted(letterL(6), distortion, 6))
  })

  it('takes a glyph without ink', () => {
    expect(distorted(new Float32Array(glyphSize * glyphSize), distortion, 1).every((value) => value === 0)).toBe(true)
  })
})

describe('SmoothField', () => {
  it('is smooth, of the deviation asked for at the grid points, and a function of the seed', () => {
    const field = new SmoothField(5)
    const [a, b] = [new Float32Array(1024), new Float32Array(1024)]
    field.draw(a, 1, new Random(3))
    field.draw(b, 2, new Random(3))
    expect(b.every((value, i) => Math.abs(value - 2 * a[i]!) < 1e-5)).toBe(true)
    let squares = 0
    const random = new Random(4)
    for (let i = 0; i < 300; i++) {
      field.draw(a, 1, random)
      squares += a[0]! ** 2
      for (let x = 1; x < glyphSize; x++) expect(Math.abs(a[x]! - a[x - 1]!)).toBeLessThan(1.2)
    }
    expect(Math.sqrt(squares / 300)).toBeGreaterThan(0.8)
    expect(Math.sqrt(squares / 300)).toBeLessThan(1.2)
  })
})

describe('fragments', () => {
  it('are normalised glyphs: a part of one, two side by side, or one and a part', () => {
    const glyph = letterL(6)
    for (let seed = 0; seed < 10; seed++) {
      const piece = cutGlyph(glyph, new Random(seed))
      const pair = joinGlyphs(glyph, glyph, new Random(seed))
      const part = joinPiece(glyph, glyph, new Random(seed))
      for (const found of [piece, pair, part]) {
        expect(found.length).toBe(glyphSize * glyphSize)
        expect(span(found)).toBeGreaterThanOrEqual(23)
      }
      expect(pair).not.toEqual(glyph)
    }
  })
})

describe('augment', () => {
  it('gives features, and now and then "no character" in the place of a character', () => {
    const count = 400
    const glyph = letterL(6)
    const data = new Float32Array(count * glyph.length)
    for (let i = 0; i < count; i++) data.set(glyph, i * glyph.length)
    const labels = new Int32Array(count).fill(11)
    const batch = augment({ inputs: { data, shape: [count, 32, 32, 1] }, labels }, new Random(7))
    expect(batch.inputs.shape).toEqual([count, featureCount])
    expect(batch.inputs.data.every(Number.isFinite)).toBe(true)
    const others = batch.labels.filter((label) => label === 36).length
    expect(others).toBeGreaterThan(count * 0.05)
    expect(others).toBeLessThan(count * 0.14)
    expect(batch.labels.filter((label) => label === 11).length).toBe(count - others)
    expect(labels.every((label) => label === 11)).toBe(true)
  })
})

describe('measurements', () => {
  it('name the share right by character and the worst confusions', () => {
    const confusion = new Int32Array(36 * 36)
    confusion[0] = 3
    confusion[1] = 1
    confusion[14 * 36 + 26] = 5
    const measurement = { samples: 9, accuracy: 3 / 9, accuracyOfKind: 3 / 9, loss: 1, confusion }
    expect(accuracyByCharacter(measurement).slice(0, 2)).toEqual([0.75, undefined])
    expect(accuracyByCharacter(measurement)[14]).toBe(0)
    expect(worstConfusions(measurement, 3)).toEqual([
      ['O read as 0', 5],
      ['A read as B', 1],
    ])
  })
})
