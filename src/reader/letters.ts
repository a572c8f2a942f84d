// Shapes of a line into letters: repairs are proposed, both ways are recognised, and what is more plausible stays.

import { type Classifier, recognize } from './classifier.ts'
import { evidenceOf, leavesDoubt } from './evidence.ts'
import type { ShapeLine } from './lines.ts'
import { Pieces } from './pieces.ts'
import {
  defaultUnity,
  isMark,
  lineHeight,
  proposeCuts,
  proposeJoins,
  type Repair,
  usualGap,
  usualWidth,
} from './repairs.ts'
import { centreX, type Shape } from './shape.ts'

/** One letter: its ink, and the logarithms of the class probabilities, [36]. */
export interface Letter {
  readonly shape: Shape
  readonly logits: Float32Array
}

/** Letters and marks of one line, each left to right. */
export interface LetterLine {
  readonly letters: readonly Letter[]
  /** Shapes too small for a letter: stops, commas, specks. */
  readonly marks: readonly Shape[]
  /** Median height of the line's letters, in pixels. */
  readonly height: number
}

export interface FormOptions {
  /** Log odds, in nats, that ink without a gap is one letter and no two (default 6). */
  readonly unity?: number
  /** Rounds of either repair (default 3): each round joins pairs and halves shapes, 0 leaves everything as it is. */
  readonly rounds?: number
}

/**
 * Letters of all lines: broken ones are joined first, then touching ones are cut. The classifier is asked about the whole page
 * at once, a few times.
 */
export function formLetters(
  lines: readonly ShapeLine[],
  classifier: Classifier,
  { unity = defaultUnity, rounds = 3 }: FormOptions = {},
): LetterLine[] {
  const known = new Map<Shape, Float32Array>()
  const learn = (shapes: readonly Shape[]): void => {
    const unknown = [...new Set(shapes)].filter((shape) => !known.has(shape))
    for (const [i, logits] of recognize(unknown, classifier).entries()) known.set(unknown[i]!, logits)
  }
  learn(lines.flat())
  const logitsOf = (shape: Shape): Float32Array => known.get(shape)!
  const recognition = { logitsOf, doubts: leavesDoubt(known.values()) }
  const pieces = new Pieces()
  let current = lines
  for (const propose of [proposeJoins, proposeCuts]) {
    for (let round = 0; round < rounds; round++) {
      const width = usualWidth(current)
      const gap = usualGap(current)
      const repairs = current.map((line) => {
        const usual = width * lineHeight(line)
        return propose(line, { evidence: (shape) => evidenceOf(shape, usual, recognition), unity, gap, pieces })
      })
      learn(repairs.flat().flatMap(({ after }) => after))
      const accepted = repairs.map(accept)
      if (accepted.every((some) => some.length === 0)) break
      current = current.map((line, i) => applyRepairs(line, accepted[i]!))
    }
  }
  return current.map((line) => {
    const height = lineHeight(line)
    const letters = line.filter((shape) => !isMark(shape, height))
    return {
      height,
      marks: line.filter((shape) => isMark(shape, height)),
      letters: letters.map((shape) => ({ shape, logits: logitsOf(shape) })),
    }
  })
}

/** The repairs that help, best first, each shape changed at most once. */
function accept(repairs: readonly Repair[]): Repair[] {
  const gains = repairs
    .map((repair) => ({ repair, gain: repair.gain() }))
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain)
  const touched = new Set<Shape>()
  const accepted: Repair[] = []
  for (const { repair } of gains) {
    if (repair.before.some((shape) => touched.has(shape))) continue
    for (const shape of repair.before) touched.add(shape)
    accepted.push(repair)
  }
  return accepted
}

function applyRepairs(line: ShapeLine, accepted: readonly Repair[]): Shape[] {
  const gone = new Set(accepted.flatMap(({ before }) => before))
  const shapes = [...line.filter((shape) => !gone.has(shape)), ...accepted.flatMap(({ after }) => after)]
  return shapes.sort((a, b) => centreX(a) - centreX(b))
}
