// Where two letters that touch may be cut apart: along a straight, possibly slanted line that crosses little ink.

import { heightOf, partOf, type Shape, widthOf } from './shape.ts'

// Slants tried, in columns per row: upright, and italic to both sides.
const slants = [0, 0.2, -0.2]
const mostCuts = 6
// In letter heights: most ink on a cut, least width left on each side.
const mostInk = 0.55
const leastWidth = 0.2

/** A shape cut in two. */
export interface Cut {
  readonly parts: readonly [left: Shape, right: Shape]
  /** Separate strokes that the cut goes through: letters that touch mostly do so in one place, an O is cut in two. */
  readonly strokes: number
}

/**
 * Ways to cut a shape in two, those across the least ink first, at most six. A cut crosses at most 0.55 letter heights of ink
 * and leaves at least 0.2 letter heights of width on each side. `letterHeight` in pixels.
 */
export function findCuts(shape: Shape, letterHeight: number): Cut[] {
  const { width, height, data } = shape.mask
  const least = leastWidth * letterHeight
  const candidates: { slant: number; column: number; ink: number }[] = []
  for (const slant of slants) {
    const profile = new Int32Array(width)
    for (let y = 0; y < height; y++) {
      const shift = slant * (y - height / 2)
      for (let x = 0; x < width; x++) {
        const column = Math.round(x + shift)
        if (data[y * width + x] === 1 && column >= 0 && column < width) profile[column]!++
      }
    }
    for (let column = Math.ceil(least); column < width - least; column++) {
      const ink = profile[column]!
      if (ink > mostInk * letterHeight) continue
      // Of a plateau of equal columns its middle is the cut.
      let end = column
      while (end + 1 < width - least && profile[end + 1] === ink) end++
      if ((profile[column - 1] ?? Infinity) > ink && (profile[end + 1] ?? Infinity) > ink) {
        candidates.push({ slant, column: (column + end) / 2, ink: ink + 0.05 * letterHeight * Number(slant !== 0) })
      }
      column = end
    }
  }
  candidates.sort((a, b) => a.ink - b.ink)
  const cuts: Cut[] = []
  const taken: number[] = []
  for (const { slant, column } of candidates) {
    if (cuts.length === mostCuts) break
    if (taken.some((other) => Math.abs(other - column) < 0.12 * letterHeight)) continue
    taken.push(column)
    const isLeft = (x: number, y: number): boolean => x + slant * (y - height / 2) < column
    const left = partOf(shape, isLeft)
    const right = partOf(shape, (x, y) => !isLeft(x, y))
    if (left === undefined || right === undefined) continue
    if (Math.min(heightOf(left), heightOf(right)) < 0.5 * letterHeight) continue
    if (Math.min(widthOf(left), widthOf(right)) < 0.08 * letterHeight) continue
    cuts.push({ parts: [left, right], strokes: strokesAcross(shape, slant, column) })
  }
  return cuts
}

/** Runs of ink along the cut. */
function strokesAcross(shape: Shape, slant: number, column: number): number {
  const { width, height, data } = shape.mask
  let strokes = 0
  let before = 0
  for (let y = 0; y < height; y++) {
    const x = Math.round(column - slant * (y - height / 2))
    const ink = x >= 0 && x < width ? data[y * width + x]! : 0
    if (ink === 1 && before === 0) strokes++
    before = ink
  }
  return strokes
}
