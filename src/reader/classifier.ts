// What the reader asks of a network: probabilities of the 36 characters for normalised letters.

import { OcellusError } from '../core/errors.ts'
import { glyphSize, normalizeGlyph } from './glyph.ts'
import type { Shape } from './shape.ts'

/** The classes in the order of their probabilities: A to Z, then 0 to 9. */
export const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** Number of letters at the head of `characters`; digits follow. */
export const letterCount = 26

/** Recognises single letters and digits. */
export interface Classifier {
  /** `batch`: [count, 32 * 32], letters from `normalizeGlyph`. Returns probabilities, [count, 36]. */
  classify(batch: Float32Array, count: number): Float32Array
}

// Letters per call: keeps the batch small on a page full of text.
const batchSize = 256

/** Natural logarithms of the class probabilities of each shape, [36] each, floored at 1e-6. */
export function recognize(shapes: readonly Shape[], classifier: Classifier): Float32Array[] {
  const results: Float32Array[] = []
  for (let start = 0; start < shapes.length; start += batchSize) {
    const chunk = shapes.slice(start, start + batchSize)
    const batch = new Float32Array(chunk.length * glyphSize * glyphSize)
    for (const [i, { mask }] of chunk.entries()) batch.set(normalizeGlyph(mask), i * glyphSize * glyphSize)
    const probabilities = classifier.classify(batch, chunk.length)
    if (probabilities.length !== chunk.length * characters.length) {
      throw new OcellusError(
        `The classifier returned ${probabilities.length} probabilities for ${chunk.length} letters; it must return ${characters.length} for each`,
      )
    }
    for (let i = 0; i < chunk.length; i++) {
      const row = probabilities.slice(i * characters.length, (i + 1) * characters.length)
      results.push(row.map((p) => Math.log(Math.max(1e-6, p))))
    }
  }
  return results
}
