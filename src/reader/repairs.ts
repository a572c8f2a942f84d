// Where geometry leaves open what a letter is, both ways are proposed: two shapes with hardly a gap may be one broken
// letter, one wide shape may be two letters that touch. The classifier decides, against a margin set by the geometry.

import { characters } from './classifier.ts'
import { findCuts } from './cuts.ts'
import { median, type ShapeLine } from './lines.ts'
import { boxAround, heightOf, isDot, joinShapes, overlapX, overlapY, type Shape, widthOf } from './shape.ts'

/** A change that may be right: `before` are shapes of a line, `after` would take their place. */
export interface Repair {
  readonly before: readonly Shape[]
  readonly after: readonly Shape[]
  /** By how much (in nats) `after` must be more plausible than `before`. */
  readonly margin: number
}

/** Log probabilities of the classes of a shape, [36]. */
export type Recognition = (shape: Shape) => Float32Array

// In letter heights of the line.
const markHeight = 0.45
const touchingGap = 0.14
const widestLetter = 1.3
const tallestLetter = 1.5
// Widths of the classes in those of a usual letter, and their spread (standard deviation of the logarithm).
const usualClass = { width: 1, spread: 0.3 }
const widths = new Map([...'MW'].map((c) => [c, { width: 1.4, spread: 0.25 }]))
for (const c of 'I1') widths.set(c, { width: 0.45, spread: 0.6 })
// A shape no wider than this, in usual widths, is cut only if it is recognised with less than this probability.
const wideLetter = 1.6
const sure = 0.7
// What a cut must earn.
const cutMargin = 0.8
const joinMargin = 1.5
// What a cut must earn more for each stroke after the first that it goes through.
const strokeMargin = 1.2

/** Median height of what is no mark: of the shapes at least half as high as the highest quarter. */
export function lineHeight(line: ShapeLine): number {
  const heights = line.map(heightOf).sort((a, b) => b - a)
  const high = heights[heights.length >> 2]!
  return median(heights.filter((height) => height >= 0.5 * high))
}

/** Median width of the page's letters, in letter heights of their lines. */
export function usualWidth(lines: readonly ShapeLine[]): number {
  const widths = lines.flatMap((line) => {
    const height = lineHeight(line)
    return line.filter((shape) => !isMark(shape, height)).map((shape) => widthOf(shape) / height)
  })
  // Sticks (I, 1) are no measure.
  return widths.length === 0 ? 1 : Math.max(0.45, median(widths))
}

/** Too low for a letter, unless it is as wide as one (a small m). `height`: letter height of the line. */
export function isMark(shape: Shape, height: number): boolean {
  const high = heightOf(shape) / height
  return high < markHeight && !(high > 0.28 && widthOf(shape) > 0.5 * height)
}

/** What may be wrong with a line. `letterWidth`: usual width in letter heights. */
export function proposeRepairs(line: ShapeLine, letterWidth: number, recognition: Recognition): Repair[] {
  const height = lineHeight(line)
  const width = letterWidth * height
  const large = line.filter((shape) => !isMark(shape, height))
  const gaps = large.slice(1).map((shape, i) => -overlapX(large[i]!, shape))
  const gap = gaps.length === 0 ? 0 : Math.max(0, median(gaps))
  const repairs: Repair[] = []
  for (let i = 0; i + 1 < line.length; i++) {
    const join = proposeJoin(line[i]!, line[i + 1]!, height, gap)
    if (join !== undefined) repairs.push(join)
  }
  for (const shape of large) {
    const wide = widthOf(shape) > wideLetter * width
    if (wide || Math.max(...recognition(shape)) < Math.log(sure)) repairs.push(...proposeCuts(shape, height, width))
  }
  return repairs
}

/**
 * How plausible a shape is as one letter, in nats: log probability of its best class, and of its width if the class's
 * widths are lognormal. `usual`: width of a usual letter, in pixels.
 */
export function plausibility(shape: Shape, usual: number, recognition: Recognition): number {
  const logits = recognition(shape)
  const certainty = Math.max(...logits)
  const { width, spread } = widths.get(characters[logits.indexOf(certainty)]!) ?? usualClass
  const deviation = Math.log(widthOf(shape) / (width * usual)) / spread
  return certainty - 0.5 * Math.min(9, deviation * deviation)
}

function proposeJoin(left: Shape, right: Shape, height: number, usualGap: number): Repair | undefined {
  const gap = -overlapX(left, right)
  const [y1, x1, y2, x2] = boxAround([left.box, right.box])
  if (gap > touchingGap * height || x2 - x1 > widestLetter * height || y2 - y1 > tallestLetter * height)
    return undefined
  const pair = [left, right]
  if (pair.some((shape) => isDot(shape, height) && shape.box[2] > y2 - 0.25 * height)) return undefined
  const small = pair.some((shape) => isMark(shape, height))
  if (small && -overlapY(left, right) > 0.15 * height) return undefined
  // A gap far below what is usual in the line speaks for one letter, and so does a piece that is too short for a letter.
  const share = gap / Math.max(usualGap, 0.05 * height)
  const short = pair.some((shape) => heightOf(shape) < 0.8 * height && widthOf(shape) < 0.35 * height)
  const margin = joinMargin + (share < 0.25 ? 0 : share < 0.5 ? 0.3 : 0.9) - (small ? 0.7 : short ? 0.4 : 0)
  return { before: pair, after: [joinShapes(pair)], margin }
}

function proposeCuts(shape: Shape, height: number, usual: number): Repair[] {
  const width = widthOf(shape)
  if (width < 0.75 * height || width < 1.1 * usual || heightOf(shape) < 0.6 * height) return []
  return findCuts(shape, height).map(({ parts, strokes }) => {
    const margin = cutMargin + strokeMargin * Math.max(0, strokes - 1)
    return { before: [shape], after: parts, margin }
  })
}
