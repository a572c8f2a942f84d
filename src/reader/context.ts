// Which character each glyph is, given its neighbours: a word is mostly all letters or all digits, and what stands before
// a full stop at the start of a line is a number. No lexicon.

import { characters, letterCount } from './classifier.ts'

/** One glyph of a word: a punctuation mark that is sure, or log probabilities of the 36 classes. */
export type Evidence = string | Float32Array

// Log odds of the kinds of word: letters, digits, both mixed.
const prior = { letters: Math.log(0.8), digits: Math.log(0.17), mixed: Math.log(0.03) }
const numberPrior = { letters: Math.log(0.05), digits: Math.log(0.94), mixed: Math.log(0.01) }

/**
 * Probabilities of the classes for each glyph of a word, [36] each (empty for punctuation), summed over what the word can be:
 * all letters, all digits, or both. `isNumber`: the word stands where list numbers stand.
 */
export function weighWord(word: readonly Evidence[], options: { readonly isNumber?: boolean } = {}): Float32Array[] {
  const weights = options.isNumber === true ? numberPrior : prior
  const total = { letters: weights.letters, digits: weights.digits, mixed: weights.mixed }
  for (const evidence of word) {
    if (typeof evidence === 'string') continue
    const letters = logSum(evidence, 0, letterCount)
    const digits = logSum(evidence, letterCount, characters.length)
    total.letters += letters
    total.digits += digits
    total.mixed += Math.log(Math.exp(letters) + Math.exp(digits))
  }
  const best = Math.max(total.letters, total.digits, total.mixed)
  const share = {
    letters: Math.exp(total.letters - best),
    digits: Math.exp(total.digits - best),
    mixed: Math.exp(total.mixed - best),
  }
  const sum = share.letters + share.digits + share.mixed
  return word.map((evidence) => {
    if (typeof evidence === 'string') return new Float32Array(0)
    const letters = Math.exp(logSum(evidence, 0, letterCount))
    const digits = Math.exp(logSum(evidence, letterCount, characters.length))
    return evidence.map((value, i) => {
      const own = i < letterCount ? share.letters / letters : share.digits / digits
      return (Math.exp(value) * (own + share.mixed / (letters + digits))) / sum
    })
  })
}

function logSum(values: Float32Array, from: number, to: number): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += Math.exp(values[i]!)
  return Math.log(sum)
}
