// Which samples go where: parts with given shares, and small parts that have the same share of every class. Pure functions of the seed.

import { UsageError } from '../core/errors.ts'
import { Random } from '../core/random.ts'

export interface SplitOptions {
  readonly seed?: number
  /** Give each part the same share of every class (default true). */
  readonly stratified?: boolean
}

/** What is split: the class of each sample. */
export interface Labelled {
  readonly labels: Int32Array
  readonly classes: readonly string[]
}

/** Stream of random numbers that splitting draws from. */
const splitStream = 0x5b117

/**
 * The samples of each part, ascending. The fractions add up to 1; which sample goes where is drawn from `seed`, per class unless
 * `stratified` is false.
 */
export function splitIndices(data: Labelled, fractions: readonly number[], options: SplitOptions = {}): number[][] {
  const { seed = 0, stratified = true } = options
  if (!Array.isArray(fractions)) throw new UsageError('split: give the fractions of the parts, as [0.8, 0.2]')
  const total = fractions.reduce((sum, fraction) => sum + fraction, 0)
  if (fractions.length === 0 || !fractions.every((fraction) => fraction > 0) || Math.abs(total - 1) > 1e-9) {
    throw new UsageError(`split: the fractions [${fractions.join(', ')}] must be positive and add up to 1`)
  }
  const random = new Random(seed, splitStream)
  const parts: number[][] = fractions.map(() => [])
  let seen = 0
  for (const group of groupsOf(data, stratified)) {
    for (const place of random.permutation(group.length)) {
      seen++
      // To the part that lacks most of its share: so every stretch, and with it every class, is shared out evenly.
      const lacking = parts.map((part, i) => (fractions[i] as number) * seen - part.length)
      parts[lacking.indexOf(Math.max(...lacking))]?.push(group[place] as number)
    }
  }
  return parts.map((indices) => indices.sort((a, b) => a - b))
}

/**
 * `count` of the samples, ascending: of each class its share, to within one sample, unless `stratified` is false. A larger count with
 * the same seed does not hold the smaller one's samples.
 */
export function drawIndices(data: Labelled, count: number, options: SplitOptions = {}): number[] {
  const { length } = data.labels
  if (!(Number.isInteger(count) && count >= 1 && count <= length)) {
    throw new UsageError(
      `take: the count must be a whole number from 1 to the ${length} samples there are, not ${count}`,
    )
  }
  if (count === length) return Array.from({ length }, (_, sample) => sample)
  return splitIndices(data, [count / length, 1 - count / length], options)[0] as number[]
}

/** The samples of each class, in order; all of them in one group where classes do not count. */
function groupsOf({ labels, classes }: Labelled, stratified: boolean): number[][] {
  if (!stratified || classes.length === 0) return [Array.from(labels.keys())]
  const groups: number[][] = classes.map(() => [])
  for (const [sample, label] of labels.entries()) groups[label]?.push(sample)
  return groups
}
