// Which classes a network takes for which.

export interface Confusion {
  readonly classes: readonly string[]
  /** Letters of each class that were taken for each class: [true class][found class]. */
  readonly counts: readonly (readonly number[])[]
}

/** Two classes that are taken for each other. */
export interface ConfusedPair {
  readonly a: number
  readonly b: number
  /** Letters of class a taken for b, and of b taken for a. */
  readonly aAsB: number
  readonly bAsA: number
}

/** Counts predictions by true class, [N] both. */
export function countConfusion(classes: readonly string[], labels: Int32Array, predictions: Int32Array): Confusion {
  const counts = classes.map(() => classes.map(() => 0))
  for (const [i, label] of labels.entries()) {
    const row = counts[label] as number[]
    const found = predictions[i] as number
    row[found] = (row[found] as number) + 1
  }
  return { classes, counts }
}

/** The pairs that are confused most often, both directions together, most often first; without pairs that never are. */
export function mostConfused({ classes, counts }: Confusion, limit: number): ConfusedPair[] {
  const pairs = classes.flatMap((_, a) =>
    classes.slice(a + 1).map((_, i): ConfusedPair => {
      const b = a + 1 + i
      return { a, b, aAsB: counts[a]?.[b] ?? 0, bAsA: counts[b]?.[a] ?? 0 }
    }),
  )
  const total = ({ aAsB, bAsA }: ConfusedPair): number => aAsB + bAsA
  return pairs
    .filter((pair) => total(pair) > 0)
    .sort((first, second) => total(second) - total(first))
    .slice(0, limit)
}

/** A pair in words, `4 as 9: 12, 9 as 4: 3`; without a direction that never happens. */
export function pairText({ a, b, aAsB, bAsA }: ConfusedPair, classes: readonly string[]): string {
  const directions = [
    { from: a, to: b, count: aAsB },
    { from: b, to: a, count: bAsA },
  ].filter(({ count }) => count > 0)
  return directions.map(({ from, to, count }) => `${classes[from]} as ${classes[to]}: ${count}`).join(', ')
}

/** Numbers of the letters that were mistaken within a pair, at most `limit`. */
export function mistaken({ a, b }: ConfusedPair, labels: Int32Array, predictions: Int32Array, limit: number): number[] {
  const found: number[] = []
  for (const [i, label] of labels.entries()) {
    const prediction = predictions[i]
    if ((label === a && prediction === b) || (label === b && prediction === a)) found.push(i)
    if (found.length === limit) break
  }
  return found
}
