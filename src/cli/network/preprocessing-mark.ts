// How a file that this program writes says what its network expects of pixels, and what its classes are called.

import type { Preprocessing } from '../../models/preprocessing.ts'

/** The keys of the metadata. */
export const preprocessingKey = 'ocellus preprocessing'
export const classesKey = 'ocellus classes'

/** The names of so many classes; undefined where the file says none, or other than so many. */
export function markedClasses(
  metadata: Readonly<Record<string, string>>,
  count: number,
): readonly string[] | undefined {
  const found = parsedJson(metadata[classesKey] ?? '')
  const fits = Array.isArray(found) && found.length === count && found.every((name) => typeof name === 'string')
  return fits ? found : undefined
}

/** What a file says of pixels; undefined where it says nothing, or nothing that makes sense. */
export function markedPreprocessing(metadata: Readonly<Record<string, string>>): Preprocessing | undefined {
  return preprocessingIn(parsedJson(metadata[preprocessingKey] ?? ''))
}

/** What a value out of JSON says of pixels; undefined where it makes no sense. */
export function preprocessingIn(found: unknown): Preprocessing | undefined {
  if (typeof found !== 'object' || found === null) return undefined
  const { scale, mean, deviation, shorterSide } = found as Readonly<Record<string, unknown>>
  if (!isPositive(scale) || !areNumbers(mean) || !areNumbers(deviation) || !deviation.every(isPositive))
    return undefined
  if (shorterSide === undefined) return { scale, mean, deviation }
  return Number.isInteger(shorterSide) && isPositive(shorterSide) ? { scale, mean, deviation, shorterSide } : undefined
}

/** The value of a JSON text; undefined where it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY
}

function areNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => Number.isFinite(each))
}
