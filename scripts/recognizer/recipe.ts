// The recipe: the network, and what a training step sees. Chosen on held-out characters and synthetic pages.

import type { Random } from '../../src/core/random.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { Linear, relu, Sequential, seedWeights } from '../../src/nn/index.ts'
import { characters } from '../../src/reader/classifier.ts'
import { glyphSize } from '../../src/reader/glyph.ts'
import { featureCount, glyphFeatures } from '../../src/reader/glyph-features.ts'
import type { Augmentation } from '../../src/train/index.node.ts'
import { type Distortion, distortGlyph } from './distort.ts'
import { cutGlyph, joinGlyphs, joinPiece } from './fragments.ts'

export const hidden = [512, 256] as const
export const batchSize = 256
export const learningRate = 2e-3
export const weightDecay = 0.02
export const warmUpSteps = 200

export const distortion: Distortion = {
  rotation: (6.5 * Math.PI) / 180,
  shear: 0.13,
  aspect: 0.09,
  bend: 1.3,
  thickness: 0.13,
  ragged: 0.12,
  size: 0.03,
  shift: 0.6,
  broken: 0.1,
}

/** Share of the samples that are replaced by what is no character. */
const fragmentShare = 0.09

const pixels = glyphSize * glyphSize

/** features - 512 - 256 - 37, ReLU between. */
export function buildNetwork(seed: number): Sequential {
  seedWeights(seed)
  const sizes = [featureCount, ...hidden, characters.length + 1]
  const layers = sizes.slice(1).map((outputs, i) => new Linear({ inputs: sizes[i]!, outputs }))
  return new Sequential(...layers.flatMap((layer, i) => (i === 0 ? [layer] : [relu, layer])))
}

/** Distorts the glyphs of a step, makes some into what is no character, and gives the network's features. */
export const augment: Augmentation = ({ inputs, labels }, random) => {
  const count = labels.length
  const glyphs = new Float32Array(count * pixels)
  const targets = labels.slice()
  const source = new Uint8Array(pixels)
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < pixels; k++) source[k] = Math.round(inputs.data[i * pixels + k]! * 255)
    distortGlyph(source, glyphs.subarray(i * pixels, (i + 1) * pixels), distortion, random)
  }
  for (let i = 0; i < count; i++) {
    if (random.uniform() >= fragmentShare) continue
    const glyph = glyphs.subarray(i * pixels, (i + 1) * pixels)
    glyph.set(makeFragment(glyph, glyphs, count, random))
    targets[i] = characters.length
  }
  return { inputs: { data: glyphFeatures(glyphs, count), shape: [count, featureCount] }, labels: targets }
}

function makeFragment(glyph: Float32Array, glyphs: Float32Array, count: number, random: Random): Float32Array {
  const kind = random.integer(3)
  if (kind === 0) return cutGlyph(glyph, random)
  const other = random.integer(count)
  const neighbour = glyphs.subarray(other * pixels, (other + 1) * pixels)
  return kind === 1 ? joinGlyphs(glyph, neighbour, random) : joinPiece(glyph, neighbour, random)
}

/** The glyphs of a data set, [N * 32 * 32], ink 1. */
export function glyphsOf({ inputs: { data } }: Dataset): Float32Array {
  return Float32Array.from(data, (value) => value / 255)
}
