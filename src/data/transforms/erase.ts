// Parts of pictures are hidden: cutout and random erasing.

import { UsageError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import { inUnitsOf, type Pixels } from '../pixels.ts'
import { checkProbability, type Range, rangeOf, type Transform } from './transform.ts'

export interface CutoutOptions {
  /** Side of the squares in pixels. */
  readonly size: number
  /** How many (default 1). */
  readonly count?: number
  /** What is put there, where 1 is white (default 0). */
  readonly fill?: number
}

/**
 * Hides squares whose middles lie anywhere in the picture, each place equally likely; parts beyond the edge are cut off.
 * T. DeVries and G. Taylor 2017.
 */
export function cutout(options: CutoutOptions): Transform {
  const { size, count = 1, fill = 0 } = options
  if (!(Number.isInteger(size) && size >= 1 && Number.isInteger(count) && count >= 1)) {
    throw new UsageError(`cutout: size and count must be whole numbers of 1 or more, not ${size} and ${count}`)
  }
  return {
    name: 'cutout',
    options: { ...options },
    apply: (image, random) => {
      const out = image.data.slice()
      const value = inUnitsOf(image, fill)
      for (let square = 0; square < count; square++) {
        const top = random.integer(image.height) - Math.floor(size / 2)
        const left = random.integer(image.width) - Math.floor(size / 2)
        hide(image, out, { top, left, height: size, width: size }, () => value)
      }
      return { ...image, data: out }
    },
  }
}

export interface RandomErasingOptions {
  /** Share of the pictures (default 0.5). */
  readonly probability?: number
  /** Share of the picture's area (default 0.02 to 0.33). */
  readonly scale?: Range
  /** Height over width, drawn so that its logarithm is uniform (default 0.3 to 3.3). */
  readonly ratio?: Range
  /** What is put there: a number where 1 is white (default 0), or 'random' for normal noise in each value (pictures of floats). */
  readonly value?: number | 'random'
}

/**
 * Hides a rectangle of random area, proportions and place; after ten that do not fit, the picture stays as it is.
 * Z. Zhong et al. 2017; as torchvision's `RandomErasing`.
 */
export function randomErasing(options: RandomErasingOptions = {}): Transform {
  const { probability = 0.5, value = 0 } = options
  checkProbability('randomErasing', probability)
  const scale = rangeOf('randomErasing: scale', options.scale ?? [0.02, 0.33], 0, 0)
  const ratio = rangeOf('randomErasing: ratio', options.ratio ?? [0.3, 3.3], 1, 0)
  if (scale[1] > 1 || ratio[0] === 0) {
    throw new UsageError('randomErasing: scale must be at most 1 and ratio above 0')
  }
  return {
    name: 'randomErasing',
    options: { ...options },
    apply: (image, random) => {
      if (random.uniform() >= probability) return image
      const box = randomBox(image, scale, ratio, random)
      if (box === undefined) return image
      const out = image.data.slice()
      const fill = typeof value === 'number' ? inUnitsOf(image, value) : 0
      hide(image, out, box, value === 'random' ? () => noise(image, random) : () => fill)
      return { ...image, data: out }
    },
  }
}

interface Box {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

function randomBox(
  image: Pixels,
  scale: readonly [number, number],
  ratio: readonly [number, number],
  random: Random,
): Box | undefined {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = image.height * image.width * random.uniform(...scale)
    const proportion = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
    const height = Math.round(Math.sqrt(area * proportion))
    const width = Math.round(Math.sqrt(area / proportion))
    if (height >= image.height || width >= image.width) continue
    const top = random.integer(image.height - height + 1)
    const left = random.integer(image.width - width + 1)
    return { top, left, height, width }
  }
  return undefined
}

/** Bytes have no negative values: there the noise lies about the middle. */
function noise(image: Pixels, random: Random): number {
  return image.data instanceof Uint8Array ? Math.min(255, Math.max(0, random.normal(127.5, 64))) : random.normal()
}

function hide(image: Pixels, out: Pixels['data'], { top, left, height, width }: Box, value: () => number): void {
  const first = Math.max(0, left) * image.channels
  const last = Math.min(image.width, left + width) * image.channels
  for (let y = Math.max(0, top); y < Math.min(image.height, top + height); y++) {
    const row = y * image.width * image.channels
    for (let i = first; i < last; i++) out[row + i] = value()
  }
}
