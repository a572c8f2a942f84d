// How many letters of a text were read right, by the best alignment with the true text.

export interface Comparison {
  /** Letters of the true text that were read right. */
  readonly right: number
  /** Letters of the true text. */
  readonly total: number
  /** Of each letter that was read, whether it is right. */
  readonly isRight: readonly boolean[]
}

/**
 * Compares letters without regard to case and spaces. The alignment is one with the fewest edits (wrong, missing and surplus letters;
 * Levenshtein 1966), and among those one with the most right letters.
 */
export function compareTexts(read: string, truth: string): Comparison {
  const found = lettersOf(read)
  const wanted = lettersOf(truth)
  const cost = alignmentCosts(found, wanted)
  const isRight = found.map(() => false)
  const at = (i: number, j: number): number => (cost[i] as Float64Array)[j] as number
  let [i, j] = [found.length, wanted.length]
  while (i > 0 && j > 0) {
    const same = found[i - 1] === wanted[j - 1]
    if (at(i, j) === at(i - 1, j - 1) + (same ? matchCost : editCost)) {
      isRight[i - 1] = same
      i--
      j--
    } else if (at(i, j) === at(i - 1, j) + editCost) i--
    else j--
  }
  return { right: isRight.filter(Boolean).length, total: wanted.length, isRight }
}

/** The characters that are compared: everything but spaces and line ends. */
function lettersOf(text: string): string[] {
  return [...text.toUpperCase().replace(/\s/g, '')]
}

// A match earns so little that no number of them outweighs an edit, and both are exact in binary.
const editCost = 1
const matchCost = -(2 ** -20)

/** Lowest cost of aligning the first i letters found with the first j wanted: [i][j]. */
function alignmentCosts(found: readonly string[], wanted: readonly string[]): Float64Array[] {
  const rows = Array.from({ length: found.length + 1 }, () => new Float64Array(wanted.length + 1))
  for (const [i, row] of rows.entries()) {
    const above = rows[i - 1]
    for (let j = 0; j < row.length; j++) {
      if (i === 0 || j === 0 || above === undefined) {
        row[j] = (i + j) * editCost
        continue
      }
      const step = found[i - 1] === wanted[j - 1] ? matchCost : editCost
      row[j] = Math.min(
        (above[j - 1] as number) + step,
        (above[j] as number) + editCost,
        (row[j - 1] as number) + editCost,
      )
    }
  }
  return rows
}
