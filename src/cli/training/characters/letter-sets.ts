// The letters that a character network is trained on: one polarity, and either as they are or as the page reader sees them.

import { UsageError } from '../../../core/errors.ts'
import { Dataset } from '../../../data/dataset.ts'
import { loadDataset, type TrainValidTest } from '../../../data/load.node.ts'
import { glyphSize, normalizeGlyph } from '../../../reader/glyph.ts'
import { Breather } from '../../../train/breather.ts'

/**
 * 'glyphs': every letter redrawn by the page reader's rules, 32x32, one size and one stroke width; a network trained on these can
 * read pages. 'pixels': the letters of the data set as they are.
 */
export type InputKind = 'glyphs' | 'pixels'

/** The data sets that a character network takes, and the value of their paper; their ink is 1 on 0, or 0 on 1. */
export const paperValues = {
  characters: 0,
  nist36: 1,
  'nist36-standin': 1,
  mnist: 0,
  'emnist-letters': 0,
} as const

export type LetterSetName = keyof typeof paperValues

export const letterSetNames: readonly LetterSetName[] = Object.keys(paperValues) as LetterSetName[]

export function isLetterSet(name: string): name is LetterSetName {
  return Object.hasOwn(paperValues, name)
}

export interface LettersOptions {
  readonly input: InputKind
  /** Take so many letters of each part, evenly from all classes (default: all). */
  readonly limit?: number | undefined
  /** Of the validation part, where one is split off, and of the letters that `limit` takes. */
  readonly seed?: number
  readonly signal?: AbortSignal
}

/** The parts of a data set as rows of pixels, [N, pixels], ink 1 on paper 0. */
export async function loadLetters(name: LetterSetName, options: LettersOptions): Promise<TrainValidTest> {
  const { seed = 0, input, signal } = options
  const { train, valid, test } = await loadDataset(name, { seed })
  const prepare = async (part: Dataset): Promise<Dataset> =>
    prepared(name, limited(part, options.limit, seed), input, signal)
  return { train: await prepare(train), valid: await prepare(valid), test: await prepare(test) }
}

/** The first letters of one part, as `loadLetters` gives them; the others are not touched. */
export async function loadLettersOf(
  name: LetterSetName,
  part: 'train' | 'valid' | 'test',
  { input, first, signal }: { readonly input: InputKind; readonly first: number; readonly signal?: AbortSignal },
): Promise<Dataset> {
  const whole = (await loadDataset(name))[part]
  const some = whole.subset(Int32Array.from({ length: Math.min(first, whole.length) }, (_, i) => i))
  return prepared(name, some, input, signal)
}

function prepared(
  name: LetterSetName,
  letters: Dataset,
  input: InputKind,
  signal: AbortSignal | undefined,
): Dataset | Promise<Dataset> {
  const inked = paperValues[name] === 1 ? letters.inverted() : letters
  return input === 'pixels' ? inked.flatten() : redrawn(inked, signal)
}

function limited(part: Dataset, limit: number | undefined, seed: number): Dataset {
  if (limit === undefined || limit >= part.length) return part
  if (limit < part.classes.length) {
    throw new UsageError(
      `a limit of ${limit} letters leaves some of the ${part.classes.length} classes without any; raise it`,
    )
  }
  const share = limit / part.length
  return part.split([share, 1 - share], { seed })[0]
}

/** Every letter redrawn by the page reader's rules, [N, 1024] in bytes. */
async function redrawn(part: Dataset, signal: AbortSignal | undefined): Promise<Dataset> {
  const [, height = 0, width = 0] = part.inputs.shape
  const pixels = glyphSize * glyphSize
  const data = new Uint8Array(part.length * pixels)
  const breather = new Breather()
  for (let i = 0; i < part.length; i++) {
    const letter = part.inputs.data.subarray(i * height * width, (i + 1) * height * width)
    const glyph = normalizeGlyph({ width, height, data: letter })
    for (let pixel = 0; pixel < pixels; pixel++) data[i * pixels + pixel] = Math.round(255 * (glyph[pixel] as number))
    await breather.breathe()
    signal?.throwIfAborted()
  }
  return new Dataset({ inputs: { data, shape: [part.length, pixels] }, labels: part.labels, classes: part.classes })
}
