// How much speaks for a shape being one letter: what the classifier holds it for, and its width.

import { characters } from './classifier.ts'
import { type Shape, widthOf } from './shape.ts'

/** What a classifier said about shapes. */
export interface Recognition {
  /** Log probabilities of the classes of a shape, [36]. */
  readonly logitsOf: (shape: Shape) => Float32Array
  /** Whether the classifier knows "no character", so that probabilities add up to less than 1. */
  readonly doubts: boolean
}

// The classifier is not believed beyond 999 : 1, neither for a letter nor against one.
const doubt = 1e-3
// Widths of letters in usual widths of their page, and their spread (standard deviation of the logarithm): measured on the
// boxes of drawn pages by scripts/reader/repairs.ts.
const usualClass = { width: 1, spread: 0.2 }
const widths = new Map([...'MW'].map((character) => [character, { width: 1.35, spread: 0.2 }]))
for (const character of 'I1') widths.set(character, { width: 0.45, spread: 0.65 })
// Deviations beyond which a width says no more.
const mostDeviations = 3

/** Evidence that no shape exceeds, in nats. */
export const mostEvidence: number = Math.log(1 / doubt)

/**
 * Evidence in nats that a shape is one letter: log(p / (1 - p)) - d^2 / 2. p is the probability that it is a character at all,
 * the sum over the classes; of a classifier that cannot say so, the probability of the best class. d is the deviation of the
 * shape's width from that of its best class, widths being lognormal. `usual`: width of a usual letter, in pixels.
 */
export function evidenceOf(shape: Shape, usual: number, { logitsOf, doubts }: Recognition): number {
  const logits = logitsOf(shape)
  const best = Math.max(...logits)
  const p = doubts ? totalOf(logits) : Math.exp(best)
  const { width, spread } = widths.get(characters[logits.indexOf(best)]!) ?? usualClass
  const deviation = Math.min(mostDeviations, Math.abs(Math.log(widthOf(shape) / (width * usual))) / spread)
  return Math.log(Math.max(doubt, p) / Math.max(doubt, 1 - p)) - 0.5 * deviation * deviation
}

/** Whether any of these probabilities leave room for "no character". */
export function leavesDoubt(logits: Iterable<Float32Array>): boolean {
  for (const row of logits) if (totalOf(row) < 1 - doubt) return true
  return false
}

function totalOf(logits: Float32Array): number {
  return logits.reduce((sum, value) => sum + Math.exp(value), 0)
}
