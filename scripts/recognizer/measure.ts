// How good a recognizer is on characters with known labels: per class, confusions, and the temperature that fits.

import type { Dataset } from '../../src/data/dataset.ts'
import { characters, letterCount } from '../../src/reader/classifier.ts'
import type { Recognizer } from '../../src/reader/recognizer.ts'
import { glyphsOf } from './recipe.ts'

export interface Measurement {
  readonly samples: number
  /** Share of samples whose most probable character is right. */
  readonly accuracy: number
  /** The same where it is known whether the sample is a letter or a digit. */
  readonly accuracyOfKind: number
  /** Mean of -log of the probability of the right character. */
  readonly loss: number
  /** [36, 36]: how often the row's character was read as the column's. */
  readonly confusion: Int32Array
}

const count = characters.length

export function measure(recognizer: Recognizer, set: Dataset): Measurement {
  const probabilities = recognizer.classify(glyphsOf(set), set.length)
  const confusion = new Int32Array(count * count)
  let right = 0
  let rightOfKind = 0
  let loss = 0
  for (const [i, label] of set.labels.entries()) {
    const row = probabilities.subarray(i * count, (i + 1) * count)
    const kind = label < letterCount ? row.subarray(0, letterCount) : row.subarray(letterCount)
    const read = row.indexOf(Math.max(...row))
    confusion[label * count + read]!++
    if (read === label) right++
    if (kind.indexOf(Math.max(...kind)) === label % letterCount) rightOfKind++
    loss -= Math.log(Math.max(1e-6, row[label]!))
  }
  return {
    samples: set.length,
    accuracy: right / set.length,
    accuracyOfKind: rightOfKind / set.length,
    loss: loss / set.length,
    confusion,
  }
}

/** Share right of each character that occurs, in the order of `characters`; undefined for the others. */
export function accuracyByCharacter({ confusion }: Measurement): (number | undefined)[] {
  return Array.from(characters, (_, label) => {
    const row = confusion.subarray(label * count, (label + 1) * count)
    const total = row.reduce((sum, value) => sum + value, 0)
    return total === 0 ? undefined : row[label]! / total
  })
}

/** The most frequent mistakes, as 'O read as 0' with how often, both directions apart. */
export function worstConfusions({ confusion }: Measurement, most: number): readonly (readonly [string, number])[] {
  return Array.from(confusion, (times, i) => ({ times, label: Math.floor(i / count), read: i % count }))
    .filter(({ times, label, read }) => times > 0 && label !== read)
    .sort((a, b) => b.times - a.times || a.label - b.label)
    .slice(0, most)
    .map(({ times, label, read }) => [`${characters[label]} read as ${characters[read]}`, times] as const)
}
