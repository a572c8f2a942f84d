// What is no character: a piece of one, two side by side, or one with a piece of its neighbour. A segmenter offers all of
// these, and the network must doubt them.

import type { Random } from '../../src/core/random.ts'
import { glyphSize, normalizeGlyph } from '../../src/reader/glyph.ts'

const wide = 2 * glyphSize

/** The left or the right part of a glyph ([32 * 32], ink 1), cut along a line near its middle, normalised anew. */
export function cutGlyph(glyph: Float32Array, random: Random): Float32Array {
  const [first, last] = extent(glyph, glyphSize)
  const at = first + (last - first) * random.uniform(0.3, 0.7)
  const piece = partOf(glyph, glyphSize, { at, slope: random.uniform(-0.25, 0.25), left: random.uniform() < 0.5 })
  return normalizeGlyph({ width: glyphSize, height: glyphSize, data: piece })
}

/** Two glyphs that touch or nearly touch, normalised as one. */
export function joinGlyphs(first: Float32Array, second: Float32Array, random: Random): Float32Array {
  return normalizeGlyph({ width: wide, height: glyphSize, data: sideBySide(first, second, random).picture })
}

/** A glyph with a piece of its neighbour to the right or to the left. */
export function joinPiece(first: Float32Array, second: Float32Array, random: Random): Float32Array {
  const { picture, border } = sideBySide(first, second, random)
  const [start, end] = extent(picture, wide)
  const left = random.uniform() < 0.5
  const share = random.uniform(0.35, 0.65)
  const at = left ? border + (end - border) * share : border - (border - start) * share
  const piece = partOf(picture, wide, { at, slope: random.uniform(-0.2, 0.2), left })
  return normalizeGlyph({ width: wide, height: glyphSize, data: piece })
}

/** Two glyphs in one picture, [32, 64], and the column where the second begins. */
function sideBySide(
  first: Float32Array,
  second: Float32Array,
  random: Random,
): { readonly picture: Float32Array; readonly border: number } {
  const picture = new Float32Array(wide * glyphSize)
  const [, end] = extent(first, glyphSize)
  const [start] = extent(second, glyphSize)
  const shiftX = Math.round(end - start + random.uniform(-1.5, 3))
  const shiftY = Math.round(random.uniform(-3, 3))
  for (let y = 0; y < glyphSize; y++) {
    for (let x = 0; x < glyphSize; x++) {
      const i = y * glyphSize + x
      if (first[i]! > picture[y * wide + x]!) picture[y * wide + x] = first[i]!
      const at = (y + shiftY) * wide + x + shiftX
      const inside = y + shiftY >= 0 && y + shiftY < glyphSize && x + shiftX >= 0 && x + shiftX < wide
      if (inside && second[i]! > picture[at]!) picture[at] = second[i]!
    }
  }
  return { picture, border: start + shiftX }
}

interface CutLine {
  /** Column in the middle row. */
  readonly at: number
  /** Columns to the left per row downwards. */
  readonly slope: number
  /** Whether the left part stays, or the right one. */
  readonly left: boolean
}

function partOf(picture: Float32Array, width: number, { at, slope, left }: CutLine): Float32Array {
  return picture.map((value, i) => {
    const isLeft = (i % width) + slope * (Math.floor(i / width) - glyphSize / 2) < at
    return isLeft === left ? value : 0
  })
}

/** First and last column with ink. */
function extent(picture: Float32Array, width: number): [first: number, last: number] {
  let first = width
  let last = 0
  for (let i = 0; i < picture.length; i++) {
    if (picture[i]! < 0.5) continue
    const column = i % width
    if (column < first) first = column
    if (column > last) last = column
  }
  return first > last ? [0, width - 1] : [first, last]
}
