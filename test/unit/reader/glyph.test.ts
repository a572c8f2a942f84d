// Normalised letters and the distances they are made from: against brute force, and what must not matter.

import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import { signedDistance } from '../../../src/reader/distance.ts'
import { type GlyphCrop, glyphSize, normalizeGlyph } from '../../../src/reader/glyph.ts'

describe('signedDistance', () => {
  it('is the distance to the nearest centre of the other kind, less half a pixel', () => {
    const random = new Random(1)
    for (const [width, height] of [
      [1, 1],
      [7, 5],
      [13, 20],
    ] as const) {
      const ink = Uint8Array.from({ length: width * height }, () => (random.uniform() < 0.3 ? 1 : 0))
      ink[0] = 1
      const distance = signedDistance(ink, width, height)
      for (let i = 0; i < ink.length; i++) expect(distance[i]).toBeCloseTo(bruteForce(ink, width, height, i), 4)
    }
  })
})

/** Pixels outside the picture are paper. */
function bruteForce(ink: Uint8Array, width: number, height: number, at: number): number {
  const own = ink[at]!
  let nearest = Infinity
  for (let y = -1; y <= height; y++) {
    for (let x = -1; x <= width; x++) {
      const inside = x >= 0 && y >= 0 && x < width && y < height
      if (!inside && own === 0) continue
      if ((inside ? ink[y * width + x]! : 0) === own) continue
      nearest = Math.min(nearest, Math.hypot(x - (at % width), y - Math.floor(at / width)))
    }
  }
  return own === 1 ? 0.5 - nearest : nearest - 0.5
}

/** An L whose strokes have their middle lines 60 high and 40 wide, `pen` wide. */
function letterL(pen: number, options: { scale?: number; ink?: number } = {}): GlyphCrop {
  const { scale = 1, ink = 255 } = options
  const [width, height] = [90 * scale, 110 * scale]
  const data = new Uint8Array(width * height)
  const fill = (y1: number, x1: number, y2: number, x2: number): void => {
    for (let y = y1 * scale; y < y2 * scale; y++) data.fill(ink, y * width + x1 * scale, y * width + x2 * scale)
  }
  const half = pen / 2
  fill(20 - half, 20 - half, 80 + half, 20 + half)
  fill(80 - half, 20 - half, 80 + half, 60 + half)
  return { width, height, data }
}

const difference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.reduce((sum, value) => sum + value, 0)

describe('normalizeGlyph', () => {
  it('gives the same picture for thin and thick pens', () => {
    const usual = normalizeGlyph(letterL(8))
    expect(difference(usual, normalizeGlyph(letterL(4)))).toBeLessThan(0.12)
    expect(difference(usual, normalizeGlyph(letterL(14)))).toBeLessThan(0.12)
  })

  it('gives the same picture at any size and darkness of the ink', () => {
    const usual = normalizeGlyph(letterL(8))
    expect(difference(usual, normalizeGlyph(letterL(8, { scale: 3 })))).toBeLessThan(0.08)
    expect(normalizeGlyph(letterL(8, { ink: 40 }))).toEqual(usual)
  })

  it('centres the letter, 25 of 32 pixels along its longer side, its strokes 3 pixels wide', () => {
    const glyph = normalizeGlyph(letterL(8))
    const rows = Array.from({ length: glyphSize }, (_, y) => Math.max(...glyph.subarray(y * 32, y * 32 + 32)))
    const inked = rows.flatMap((value, y) => (value >= 0.5 ? [y] : []))
    expect(inked[0]! + inked.at(-1)!).toBe(31)
    expect(Math.abs(inked.length - 25)).toBeLessThanOrEqual(1)
    const post = glyph.subarray(10 * 32, 11 * 32).reduce((sum, value) => sum + value, 0)
    expect(Math.abs(post - 3)).toBeLessThan(0.3)
  })

  it('takes floats and bytes alike, and an empty crop as an empty glyph', () => {
    const { width, height, data } = letterL(8)
    const floats = Float32Array.from(data, (value) => value / 255)
    expect(normalizeGlyph({ width, height, data: floats })).toEqual(normalizeGlyph({ width, height, data }))
    expect(normalizeGlyph({ width: 5, height: 4, data: new Uint8Array(20) })).toEqual(new Float32Array(1024))
  })
})
