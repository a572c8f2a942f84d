// What becomes of pictures before a network sees them: the size, then scale, mean and deviation; the network's own, or as flags say.

import { UsageError } from '../../core/errors.ts'
import { formatShape, type Shape } from '../../core/shape.ts'
import { centerCrop } from '../../data/transforms/crop.ts'
import { normalize } from '../../data/transforms/normalize.ts'
import { resize } from '../../data/transforms/resize.ts'
import type { Transform } from '../../data/transforms/transform.ts'
import type { Preprocessing } from '../../models/preprocessing.ts'
import type { PretrainedNetwork } from './open-network.ts'

/** What is asked of a network. */
export type Prepared = Pick<PretrainedNetwork, 'name' | 'input' | 'anySize' | 'preprocessing'>

/** What the flags say of pixels; the network's own holds for the rest. */
export interface PreparationFlags {
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
  readonly scale?: number
}

/** How pictures are prepared, in full. */
export interface Preparation {
  readonly preprocessing: Preprocessing
  /** Where it comes from: the network, or flags. */
  readonly source: 'network' | 'flags'
  readonly transforms: readonly Transform[]
  /** Of these transforms, those that bring pictures to the network's size; the last one normalises. */
  readonly sizing: readonly Transform[]
  /** One line for people. */
  readonly sentence: string
}

/**
 * How pictures of the shape `sample`, [H, W, C], become inputs of the network; without a shape they have any size.
 * Throws UsageError where flags or pictures have another number of channels than the network.
 */
export function prepare(network: Prepared, flags: PreparationFlags, sample?: Shape): Preparation {
  const own = network.preprocessing
  const preprocessing: Preprocessing = {
    ...own,
    scale: flags.scale ?? own.scale,
    mean: flags.mean ?? own.mean,
    deviation: flags.std ?? own.deviation,
  }
  checkChannels(network, preprocessing, sample)
  const { transforms, sentence } = sizing(network, preprocessing, sample)
  const byFlags = flags.mean !== undefined || flags.std !== undefined || flags.scale !== undefined
  return {
    preprocessing,
    source: byFlags ? 'flags' : 'network',
    transforms: [...transforms, normalization(preprocessing)],
    sizing: transforms,
    sentence: [sentence, pixelSentence(preprocessing), byFlags ? 'by the flags' : "the network's own"].join('; '),
  }
}

/** `(v scale - mean) / deviation` of bytes v; `normalize` takes them divided by 255. */
export function normalization({ scale, mean, deviation }: Preprocessing): Transform {
  const whole = 255 * scale
  return normalize({ mean: mean.map((value) => value / whole), deviation: deviation.map((value) => value / whole) })
}

function checkChannels({ name, input }: Prepared, { mean, deviation }: Preprocessing, sample: Shape | undefined): void {
  const channels = input.at(-1) as number
  for (const [flag, values] of [
    ['--mean', mean],
    ['--std', deviation],
  ] as const) {
    if (values.length === 1 || values.length === channels) continue
    throw new UsageError(
      `${flag} has ${values.length} numbers, but ${name} takes images of ${channels} channels; give one for all, or one for each`,
    )
  }
  if (sample !== undefined && sample.at(-1) !== channels) {
    throw new UsageError(
      `${name} takes images of ${formatShape(input)}, height, width and channels, and these have ${formatShape(sample)}; choose data with ${channels} channels`,
    )
  }
}

/** By the shorter side and a crop where the network was trained so, else to the input's size; pictures that fit stay. */
function sizing(
  { input, anySize }: Prepared,
  { shorterSide }: Preprocessing,
  sample: Shape | undefined,
): { readonly transforms: readonly Transform[]; readonly sentence: string } {
  const [height = 0, width = 0] = input
  const size = `${height}x${width}`
  const fits = sample !== undefined && (anySize || (sample[0] === height && sample[1] === width))
  if (fits && shorterSide === undefined)
    return { transforms: [], sentence: `images of ${sample[0]}x${sample[1]} as they are` }
  if (shorterSide === undefined)
    return { transforms: [resize({ size: { height, width } })], sentence: `images resized to ${size}` }
  return {
    transforms: [resize({ shorter: shorterSide }), centerCrop({ size: { height, width } })],
    sentence: `images resized to a shorter side of ${shorterSide}, ${size} cut out of the middle`,
  }
}

function pixelSentence({ scale, mean, deviation }: Preprocessing): string {
  const factor = Math.abs(1 / scale - Math.round(1 / scale)) < 1e-9 ? ` / ${Math.round(1 / scale)}` : ` x ${scale}`
  const scaled = scale === 1 ? 'v' : `v${factor}`
  const plain = mean.every((value) => value === 0) && deviation.every((value) => value === 1)
  if (plain) return scale === 1 ? 'pixels of 0 to 255 as they are' : `pixels ${scaled}`
  return `pixels (${scaled} - mean) / deviation with mean ${mean.join(' ')} and deviation ${deviation.join(' ')}`
}
