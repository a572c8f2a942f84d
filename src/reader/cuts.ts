// Where two letters that touch may be cut apart: along straight, possibly slanted lines that cross less ink than those beside
// them. No cut is judged here; the limits only keep the number of proposals small.

import { partOf, type Shape } from './shape.ts'

// Slants tried, in columns per row: upright, and italic to both sides.
const slants = [0, 0.2, -0.2]
const mostCuts = 16
// In letter heights: least width left on each side, and least distance between two cuts.
const leastWidth = 0.2
const leastDistance = 0.05

/** A shape cut in two. */
export type Cut = readonly [left: Shape, right: Shape]

/**
 * Ways to cut a shape in two, at most sixteen, those across the least ink first. A cut leaves at least 0.2 letter heights of
 * width on each side. `letterHeight` in pixels.
 */
export function findCuts(shape: Shape, letterHeight: number): Cut[] {
  const { width, height } = shape.mask
  const least = leastWidth * letterHeight
  const candidates: { slant: number; column: number; ink: number }[] = []
  for (const slant of slants) {
    const profile = inkAlong(shape, slant)
    for (let column = Math.ceil(least); column < width - least; column++) {
      const ink = profile[column]!
      // Of a plateau of equal columns its middle is the cut.
      let end = column
      while (end + 1 < width - least && profile[end + 1] === ink) end++
      if ((profile[column - 1] ?? Infinity) > ink && (profile[end + 1] ?? Infinity) > ink) {
        candidates.push({ slant, column: (column + end) / 2, ink })
      }
      column = end
    }
  }
  candidates.sort((a, b) => a.ink - b.ink)
  const cuts: Cut[] = []
  const taken: number[] = []
  for (const { slant, column } of candidates) {
    if (cuts.length === mostCuts) break
    if (taken.some((other) => Math.abs(other - column) < leastDistance * letterHeight)) continue
    taken.push(column)
    const isLeft = (x: number, y: number): boolean => x + slant * (y - height / 2) < column
    const left = partOf(shape, isLeft)
    const right = partOf(shape, (x, y) => !isLeft(x, y))
    if (left !== undefined && right !== undefined) cuts.push([left, right])
  }
  return cuts
}

/** Pixels of ink on each line of a slant, by the column where the line crosses the middle row. */
function inkAlong(shape: Shape, slant: number): Int32Array {
  const { width, height, data } = shape.mask
  const profile = new Int32Array(width)
  for (let y = 0; y < height; y++) {
    const shift = slant * (y - height / 2)
    for (let x = 0; x < width; x++) {
      const column = Math.round(x + shift)
      if (data[y * width + x] === 1 && column >= 0 && column < width) profile[column]!++
    }
  }
  return profile
}
