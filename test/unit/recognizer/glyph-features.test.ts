// The features of glyphs: against their definition, and as they must change when a glyph is turned.

import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import { glyphSize } from '../../../src/reader/glyph.ts'
import { featureCount, glyphFeatures } from '../../../src/reader/glyph-features.ts'

const places = 8
const gradientFeatures = 8 * places * places

/** Smooth blobs of ink, so that gradients point everywhere. */
function randomGlyph(seed: number): Float32Array {
  const random = new Random(seed)
  const blobs = Array.from({ length: 6 }, () => ({ x: random.uniform(4, 28), y: random.uniform(4, 28) }))
  return Float32Array.from({ length: glyphSize * glyphSize }, (_, i) => {
    const [x, y] = [i % glyphSize, Math.floor(i / glyphSize)]
    return Math.min(
      1,
      blobs.reduce((sum, blob) => sum + Math.exp(-((x - blob.x) ** 2 + (y - blob.y) ** 2) / 6), 0),
    )
  })
}

/** The definition, pixel by pixel: unit vectors u, v of the two directions next to the gradient g, and g = a u + b v. */
function definition(glyph: Float32Array): number[] {
  const at = (y: number, x: number): number =>
    y < 0 || x < 0 || y >= glyphSize || x >= glyphSize ? 0 : glyph[y * glyphSize + x]!
  const sums = new Array<number>(gradientFeatures).fill(0)
  const weight = (pixel: number, place: number): number => {
    const distance = pixel - (4 * place + 1.5)
    return Math.abs(distance) > 5.5 ? 0 : Math.exp(-(distance ** 2) / 8) / (2 * Math.sqrt(2 * Math.PI))
  }
  for (let y = 0; y < glyphSize; y++) {
    for (let x = 0; x < glyphSize; x++) {
      let [gx, gy] = [0, 0]
      for (const [offset, share] of [
        [-1, 1],
        [0, 2],
        [1, 1],
      ] as const) {
        gx += (share * (at(y + offset, x + 1) - at(y + offset, x - 1))) / 4
        gy += (share * (at(y + 1, x + offset) - at(y - 1, x + offset))) / 4
      }
      const sector = Math.floor(((Math.atan2(gy, gx) + 2 * Math.PI) / (Math.PI / 4)) % 8)
      const [u, v] = [sector, sector + 1].map(
        (k) => [Math.cos((k * Math.PI) / 4), Math.sin((k * Math.PI) / 4)] as const,
      )
      const determinant = u![0] * v![1] - u![1] * v![0]
      const lengths = [(gx * v![1] - gy * v![0]) / determinant, (u![0] * gy - u![1] * gx) / determinant]
      for (let row = 0; row < places; row++) {
        for (let column = 0; column < places; column++) {
          const share = weight(y, row) * weight(x, column)
          lengths.forEach((length, k) => {
            sums[(((sector + k) % 8) * places + row) * places + column]! += share * length
          })
        }
      }
    }
  }
  return sums.map((sum) => Math.sqrt(Math.max(0, sum)))
}

/** Turned clockwise by 90 degrees. */
function turned(glyph: Float32Array): Float32Array {
  return glyph.map((_, i) => glyph[(glyphSize - 1 - (i % glyphSize)) * glyphSize + Math.floor(i / glyphSize)]!)
}

describe('glyphFeatures', () => {
  it('gives 8 directions at 8x8 places and 16x16 means', () => {
    expect(featureCount).toBe(8 * 64 + 256)
    expect(glyphFeatures(new Float32Array(2 * 1024), 2)).toEqual(new Float32Array(2 * featureCount))
  })

  it.each([1, 2, 3])('follows the definition (glyph %i)', (seed) => {
    const glyph = randomGlyph(seed)
    const features = glyphFeatures(glyph, 1)
    const expected = definition(glyph)
    // Roots of sums near 0 magnify rounding: compare squares.
    for (let i = 0; i < gradientFeatures; i++) expect(features[i]! ** 2).toBeCloseTo(expected[i]! ** 2, 4)
  })

  it('moves to the next but one direction and to the turned place when the glyph is turned', () => {
    const glyph = randomGlyph(4)
    const before = glyphFeatures(glyph, 1)
    const after = glyphFeatures(turned(glyph), 1)
    for (let direction = 0; direction < 8; direction++) {
      for (let row = 0; row < places; row++) {
        for (let column = 0; column < places; column++) {
          const there = (((direction + 2) % 8) * places + column) * places + (places - 1 - row)
          const here = (direction * places + row) * places + column
          expect(after[there]! ** 2).toBeCloseTo(before[here]! ** 2, 4)
        }
      }
    }
  })

  it('averages squares of 2x2 pixels', () => {
    const glyph = randomGlyph(5)
    const features = glyphFeatures(glyph, 1)
    for (const [row, column] of [
      [0, 0],
      [7, 9],
      [15, 15],
    ] as const) {
      const pixel = (dy: number, dx: number): number => glyph[(2 * row + dy) * glyphSize + 2 * column + dx]!
      const mean = (pixel(0, 0) + pixel(0, 1) + pixel(1, 0) + pixel(1, 1)) / 4
      expect(features[gradientFeatures + row * 16 + column]).toBeCloseTo(mean, 6)
    }
  })

  it('treats each glyph of a batch as it treats it alone', () => {
    const glyphs = [6, 7, 8].map(randomGlyph)
    const batch = Float32Array.from(glyphs.flatMap((glyph) => [...glyph]))
    const together = glyphFeatures(batch, 3)
    glyphs.forEach((glyph, i) => {
      expect(together.slice(i * featureCount, (i + 1) * featureCount)).toEqual(glyphFeatures(glyph, 1))
    })
  })
})
