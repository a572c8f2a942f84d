// Shapes of a line into letters: repairs are proposed, both ways are recognised, and what is more plausible stays.

import { type Classifier, recognize } from './classifier.ts'
import type { ShapeLine } from './lines.ts'
import { isMark, lineHeight, plausibility, proposeRepairs, type Repair, usualWidth } from './repairs.ts'
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

// Rounds of repairs: a shape of four letters is halved twice, and one more round mends what that broke.
const rounds = 3

/** Letters of all lines. The classifier is asked about the whole page at once, a few times. */
export function formLetters(lines: readonly ShapeLine[], classifier: Classifier): LetterLine[] {
  const known = new Map<Shape, Float32Array>()
  const learn = (shapes: readonly Shape[]): void => {
    const unknown = [...new Set(shapes)].filter((shape) => !known.has(shape))
    for (const [i, logits] of recognize(unknown, classifier).entries()) known.set(unknown[i]!, logits)
  }
  const recognition = (shape: Shape): Float32Array => known.get(shape)!
  let current: readonly ShapeLine[] = lines
  for (let round = 0; round < rounds; round++) {
    learn(current.flat())
    const width = usualWidth(current)
    const repairs = current.map((line) => proposeRepairs(line, width, recognition))
    learn(repairs.flat().flatMap(({ before, after }) => [...before, ...after]))
    const accepted = repairs.map((some, i) => {
      const usual = width * lineHeight(current[i]!)
      return accept(some, (shape) => plausibility(shape, usual, recognition))
    })
    if (accepted.every((some) => some.length === 0)) break
    current = current.map((line, i) => applyRepairs(line, accepted[i]!))
  }
  learn(current.flat())
  return current.map((line) => {
    const height = lineHeight(line)
    const letters = line.filter((shape) => !isMark(shape, height))
    return {
      height,
      marks: line.filter((shape) => isMark(shape, height)),
      letters: letters.map((shape) => ({ shape, logits: recognition(shape) })),
    }
  })
}

/** The repairs that help, best first, each shape changed at most once. */
function accept(repairs: readonly Repair[], plausible: (shape: Shape) => number): Repair[] {
  const sum = (shapes: readonly Shape[]): number => shapes.reduce((total, shape) => total + plausible(shape), 0)
  const gains = repairs
    .map((repair) => ({ repair, gain: sum(repair.after) - sum(repair.before) - repair.margin }))
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
