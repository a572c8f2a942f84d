// Where the spaces are: the gaps between letters fall into two heaps, within words and between words.

import { median } from './lines.ts'

/** What a gap is measured on: left to right, boxes of a line's glyphs, and the line's letter height. */
export interface SpacedLine {
  /** First and last column + 1 of each glyph, left to right. */
  readonly extents: readonly (readonly [left: number, right: number])[]
  readonly height: number
}

// What a writer does when nothing else is known: gaps in letter heights, within words and between words, and how many such
// gaps count as seen before the page is looked at.
const usualGap = 0.2
const usualSpace = 0.9
const priorGaps = 3
const priorSpaces = 2
const leastDeviation = 0.06
// Spaces begin between these, in letter heights; a wider gap says no more than that it is a space.
const narrowestSpace = 0.35
const widestGap = 1.5

/** For each line and each of its gaps (one less than glyphs): is it a space? */
export function findSpaces(lines: readonly SpacedLine[]): boolean[][] {
  const gaps = lines.map(({ extents, height }) =>
    extents.slice(1).map(([left], i) => Math.max(0, left - extents[i]![1]) / height),
  )
  const level = spaceLevel(gaps.flat())
  return gaps.map((line) => line.map((gap) => gap > level))
}

/**
 * The gap, in letter heights, above which it is a space: minimum error thresholding (J. Kittler and J. Illingworth,
 * Pattern Recognition 19(1), 1986) of two normal heaps of one deviation, n log(deviation) - sum of n_i log(n_i).
 */
export function spaceLevel(gaps: readonly number[]): number {
  const sorted = gaps.map((gap) => Math.min(gap, widestGap)).sort((a, b) => a - b)
  // Letters set apart one by one, as in a table of the alphabet.
  if (sorted.length > 1 && sorted[0]! > 0.5 && median(sorted) > usualSpace) return 0
  let least = Infinity
  let level = (usualGap + usualSpace) / 2
  for (let i = 0; i <= sorted.length; i++) {
    const middle = ((sorted[i - 1] ?? usualGap) + (sorted[i] ?? usualSpace)) / 2
    if (middle < narrowestSpace || middle > widestGap) continue
    const gapHeap = heapOf(sorted.slice(0, i), usualGap, priorGaps)
    const spaceHeap = heapOf(sorted.slice(i), usualSpace, priorSpaces)
    const all = gapHeap.count + spaceHeap.count
    const cost =
      (all / 2) * Math.log((gapHeap.squares + spaceHeap.squares) / all) -
      gapHeap.count * Math.log(gapHeap.count) -
      spaceHeap.count * Math.log(spaceHeap.count)
    if (cost < least) {
      least = cost
      level = middle
    }
  }
  return level
}

/** Number and sum of squared deviations of a heap together with `count` gaps of the usual size. */
function heapOf(gaps: readonly number[], usual: number, count: number): { count: number; squares: number } {
  const n = gaps.length + count
  const mean = (gaps.reduce((sum, gap) => sum + gap, 0) + count * usual) / n
  const squares = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) + count * (usual - mean) ** 2
  return { count: n, squares: squares + n * leastDeviation ** 2 }
}
