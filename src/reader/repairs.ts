// Where geometry leaves open what a letter is, both ways are proposed: neighbours with hardly a gap may be one broken letter,
// one shape may be two letters that touch. The evidence that each of them is one letter decides.

import { mostEvidence } from './evidence.ts'
import { median, type ShapeLine } from './lines.ts'
import type { Pieces } from './pieces.ts'
import { boxAround, heightOf, isDot, overlapX, type Shape, widthOf } from './shape.ts'

/** A change that may be right: `before` are shapes of a line, `after` would take their place. */
export interface Repair {
  readonly before: readonly Shape[]
  readonly after: readonly Shape[]
  /** Log odds for the change; to be asked once there is evidence for `after`. */
  readonly gain: () => number
}

/** What decides about the repairs of a line. */
export interface Judgement {
  /** Evidence in nats that a shape is one letter. */
  readonly evidence: (shape: Shape) => number
  /** Log odds, in nats, that ink without a gap is one letter and no two. */
  readonly unity: number
  /** Usual gap between letters, in letter heights. */
  readonly gap: number
  /** Makes the shapes that are proposed. */
  readonly pieces: Pieces
}

/**
 * Log odds, in nats and before anything is recognised, that ink without a gap is one letter and no two: the one constant of
 * the rules below. Chosen on drawn pages, where 5 to 8 read about as well (docs/reader.md).
 */
export const defaultUnity = 6

// In letter heights of the line: lower shapes are marks, and what is wider, higher or further apart is no broken letter.
const markHeight = 0.45
const widestLetter = 2
const tallestLetter = 1.7
// Gaps between letters are at least so wide, in letter heights, however closely a page is written.
const leastUsualGap = 0.05

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

/** Median gap between letters of the page, the spaces among them, in letter heights of their lines; 0.2 where there is none. */
export function usualGap(lines: readonly ShapeLine[]): number {
  const gaps = lines.flatMap((line) => {
    const height = lineHeight(line)
    const large = line.filter((shape) => !isMark(shape, height))
    return large.slice(1).map((shape, i) => -overlapX(large[i]!, shape) / height)
  })
  return gaps.length === 0 ? 0.2 : Math.max(leastUsualGap, median(gaps))
}

/** Too low for a letter, unless it is as wide as one (a small m). `height`: letter height of the line. */
export function isMark(shape: Shape, height: number): boolean {
  const high = heightOf(shape) / height
  return high < markHeight && !(high > 0.28 && widthOf(shape) > 0.5 * height)
}

/**
 * Neighbours of a line that may be one broken letter. With e the evidence, U the unity and g the gap in usual gaps,
 * gain = e(joined) - max(0, e(left)) - max(0, e(right)) + U (1 - 2 g): a gap half as wide as usual says nothing. What is taken
 * for no letter has nothing to lose, but does not ask to be joined either: it may be a letter of a strange hand. The same holds
 * for marks; a full stop at the foot of a letter stays one.
 */
export function proposeJoins(line: ShapeLine, { evidence, unity, gap: usual, pieces }: Judgement): Repair[] {
  const height = lineHeight(line)
  return line.slice(1).flatMap((right, i): Repair[] => {
    const left = line[i]!
    const pair = [left, right]
    const [y1, x1, y2, x2] = boxAround(pair.map((shape) => shape.box))
    if (x2 - x1 > widestLetter * height || y2 - y1 > tallestLetter * height) return []
    if (pair.some((shape) => isDot(shape, height) && shape.box[2] > y2 - 0.25 * height)) return []
    const gap = Math.max(0, -overlapX(left, right)) / (usual * height)
    const letters = pair.filter((shape) => !isMark(shape, height))
    const apart = letters.reduce((sum, shape) => sum + Math.max(0, evidence(shape)), 0) - unity * (1 - 2 * gap)
    if (apart >= mostEvidence) return []
    const joined = pieces.join(left, right)
    if (isMark(joined, height)) return []
    return [{ before: pair, after: [joined], gain: () => evidence(joined) - apart }]
  })
}

/**
 * Shapes of a line that may be two letters that touch: gain = (e(left) + e(right)) / 2 - e(whole) - U. The mean, not the sum:
 * the halves are the best of many cuts, and half of a good letter often looks like another one.
 */
export function proposeCuts(line: ShapeLine, { evidence, unity, pieces }: Judgement): Repair[] {
  const height = lineHeight(line)
  return line.flatMap((shape): Repair[] => {
    if (isMark(shape, height)) return []
    const whole = evidence(shape) + unity
    if (whole >= mostEvidence) return []
    return pieces
      .cut(shape, height)
      .filter((halves) => halves.every((half) => !isMark(half, height)))
      .map((halves) => ({
        before: [shape],
        after: halves,
        gain: () => (evidence(halves[0]) + evidence(halves[1])) / 2 - whole,
      }))
  })
}
