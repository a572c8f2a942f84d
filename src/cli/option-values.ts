// Values of flags, read from text. What makes no sense is refused before anything runs, with exit code 2.

import { existsSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { findModelName, modelNames } from '../models/names.ts'
import { trainingSetNames } from './data-names.ts'

/** A whole number of `least` (default 1) to `most`. */
export function wholeNumber(range: { readonly least?: number; readonly most?: number } = {}): (text: string) => number {
  const { least = 1, most = Number.MAX_SAFE_INTEGER } = range
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text.trim()) && value >= least && value <= most) return value
    const allowed = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`
    throw new InvalidArgumentError(`It must be a whole number ${allowed}.`)
  }
}

/** A number above 0, or of 0 and more where `zero` is allowed, below `below`. */
export function positiveNumber(
  range: { readonly zero?: boolean; readonly below?: number } = {},
): (text: string) => number {
  const { zero = false, below = Number.POSITIVE_INFINITY } = range
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if ((zero ? value >= 0 : value > 0) && value < below) return value
    const least = zero ? 'of 0 or more' : 'above 0'
    throw new InvalidArgumentError(`It must be a number ${least}${below < Infinity ? ` and below ${below}` : ''}.`)
  }
}

/** Sizes of hidden layers: `64` or `256,128`; `none` for a network without hidden layers. */
export function layerSizes(text: string): number[] {
  if (text.trim() === 'none') return []
  const sizes = text.split(',').map(Number)
  if (sizes.every((size) => Number.isInteger(size) && size >= 1 && size <= 100_000)) return sizes
  throw new InvalidArgumentError(
    "It must be whole numbers from 1 to 100000 with commas between them, such as 64,32, or 'none'.",
  )
}

/** A number above 0, also as a fraction: `0.0039`, `1/255`. */
export function ratio(text: string): number {
  const [above = '', below = '1', ...more] = text.split('/').map((part) => part.trim())
  const value = above === '' || below === '' || more.length > 0 ? Number.NaN : Number(above) / Number(below)
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value
  throw new InvalidArgumentError('It must be a number above 0, or a fraction such as 1/255.')
}

/** Numbers with commas between them: `0.5`, `0.485,0.456,0.406`. */
export function numberList({ positive = false }: { readonly positive?: boolean } = {}): (text: string) => number[] {
  return (text) => {
    const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
    if (values.every((value) => Number.isFinite(value) && (!positive || value > 0))) return values
    const which = positive ? 'numbers above 0' : 'numbers'
    throw new InvalidArgumentError(`It must be ${which} with commas between them, such as 0.485,0.456,0.406.`)
  }
}

/** Whole numbers above 0 with commas between them, ascending: `30,60`. */
export function milestoneList(text: string): number[] {
  const values = text.split(',').map(Number)
  if (values.every((value, i) => Number.isInteger(value) && value > (values[i - 1] ?? 0))) return values
  throw new InvalidArgumentError('It must be whole numbers above 0 with commas between them, ascending, such as 30,60.')
}

/** The name of a known network, as it is known: `ResNet20` is resnet20. */
export function modelName(text: string): string {
  const name = findModelName(text)
  if (name !== undefined) return name
  throw new InvalidArgumentError(`Allowed choices are ${modelNames.join(', ')}.`)
}

/** The name of a known data set, or a folder that is there. */
export function trainingData(text: string): string {
  if (trainingSetNames.some((name) => name === text) || existsSync(text)) return text
  throw new InvalidArgumentError(
    `Allowed choices are ${trainingSetNames.join(', ')}, or a folder with one folder of images per class.`,
  )
}
