// The characters that the recognizer is trained and validated on, normalised as the reader normalises what it finds on a page.

import { Dataset } from '../../src/data/dataset.ts'
import { loadDataset } from '../../src/data/load.node.ts'
import { characters } from '../../src/reader/classifier.ts'
import { glyphSize, normalizeGlyph } from '../../src/reader/glyph.ts'

const pixels = glyphSize * glyphSize
/** The classes of the network: the characters, and what is none. */
export const classes: readonly string[] = [...characters, 'no character']

/** Of the 50 letters per class of nist26, the first ones train and the others validate. */
const nistTraining = 35
/** How often a sample of each source comes in an epoch: few capitals of people are known, so these come often. */
const repeats = { nist26: 30, characters: 6, 'emnist-letters': 1, mnist: 1 } as const
/** Every n-th sample validates: enough to choose by, few enough to be quick. */
const validEvery = { nist26: 1, characters: 1, 'emnist-letters': 3, mnist: 3 } as const

export type Source = keyof typeof repeats

export interface Samples {
  /** [N, 32, 32, 1], ink 255, every sample as often as it comes in an epoch. */
  readonly train: Dataset
  /** By source: nist26 and characters hold capitals, emnist-letters both cases under one label. */
  readonly valid: Readonly<Record<Source, Dataset>>
  /** Different samples of each source in `train`. */
  readonly counts: Readonly<Record<Source, number>>
}

/** Loads and normalises all sources, from `folder` or the usual data folder. It takes about a minute. */
export async function gatherSamples(folder?: string): Promise<Samples> {
  const options = folder === undefined ? {} : { folder }
  const nist = normalized((await loadDataset('nist26', options)).valid, { darkInk: true, firstClass: 0 })
  const drawn = await loadDataset('characters', options)
  const letters = await loadDataset('emnist-letters', options)
  const digits = await loadDataset('mnist', options)
  const isTraining = placeInClass(nist).map((place) => Number(place < nistTraining))
  const training: Record<Source, Dataset> = {
    nist26: nist.subset(indicesWhere(isTraining, 1)),
    characters: normalized(drawn.train, { darkInk: false, firstClass: 0 }),
    'emnist-letters': normalized(letters.train, { darkInk: false, firstClass: 0 }),
    mnist: normalized(digits.train, { darkInk: false, firstClass: 26 }),
  }
  const valid: Record<Source, Dataset> = {
    nist26: nist.subset(indicesWhere(isTraining, 0)),
    characters: normalized(drawn.valid, { darkInk: false, firstClass: 0 }),
    'emnist-letters': normalized(thinned(letters.valid, validEvery['emnist-letters']), {
      darkInk: false,
      firstClass: 0,
    }),
    mnist: normalized(thinned(digits.valid, validEvery.mnist), { darkInk: false, firstClass: 26 }),
  }
  const sources = Object.keys(repeats) as Source[]
  return {
    train: joined(sources.flatMap((source) => Array.from({ length: repeats[source] }, () => training[source]))),
    valid,
    counts: {
      nist26: training.nist26.length,
      characters: training.characters.length,
      'emnist-letters': training['emnist-letters'].length,
      mnist: training.mnist.length,
    },
  }
}

interface Polarity {
  /** Ink is 0 on paper of 1. */
  readonly darkInk: boolean
  /** Class of the set's first label. */
  readonly firstClass: number
}

function normalized(set: Dataset, { darkInk, firstClass }: Polarity): Dataset {
  const [, height = 0, width = 0] = set.inputs.shape
  const data = new Uint8Array(set.length * pixels)
  const crop = new Float32Array(height * width)
  for (let i = 0; i < set.length; i++) {
    for (let k = 0; k < crop.length; k++) {
      const value = set.inputs.data[i * crop.length + k]!
      crop[k] = darkInk ? Math.max(0, 1 - value) : value
    }
    const glyph = normalizeGlyph({ width, height, data: crop })
    for (let k = 0; k < pixels; k++) data[i * pixels + k] = Math.round(255 * glyph[k]!)
  }
  return new Dataset({
    inputs: { data, shape: [set.length, glyphSize, glyphSize, 1] },
    labels: set.labels.map((label) => label + firstClass),
    classes,
  })
}

/** For each sample, how many of its class stand before it. */
function placeInClass({ labels }: Dataset): Int32Array {
  const seen = new Map<number, number>()
  return labels.map((label) => {
    const place = seen.get(label) ?? 0
    seen.set(label, place + 1)
    return place
  })
}

function indicesWhere(values: Int32Array, wanted: number): number[] {
  return Array.from(values.keys()).filter((i) => values[i] === wanted)
}

function thinned(set: Dataset, every: number): Dataset {
  return set.subset(Array.from({ length: Math.ceil(set.length / every) }, (_, i) => i * every))
}

function joined(sets: readonly Dataset[]): Dataset {
  const length = sets.reduce((sum, set) => sum + set.length, 0)
  const data = new Uint8Array(length * pixels)
  const labels = new Int32Array(length)
  let at = 0
  for (const set of sets) {
    data.set(set.inputs.data, at * pixels)
    labels.set(set.labels, at)
    at += set.length
  }
  return new Dataset({ inputs: { data, shape: [length, glyphSize, glyphSize, 1] }, labels, classes })
}
