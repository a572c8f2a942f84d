// What a transform is: a pure function of a picture and a key, with a recipe from which a worker thread makes the same one.

import { UsageError } from '../../core/errors.ts'
import { Random } from '../../core/random.ts'
import type { Pixels } from '../pixels.ts'

/** Which sample of which epoch is being transformed, under which seed. All randomness is a function of this. */
export interface SampleKey {
  readonly seed: number
  readonly epoch: number
  /** Number of the sample in its data set. */
  readonly index: number
}

/** What a transform is made from: enough to make it again elsewhere, and to tell whether two are the same. */
export interface TransformRecipe {
  /** Name of the function that makes it. */
  readonly name: string
  /** What that function is given: plain data. */
  readonly options: Readonly<Record<string, unknown>>
  /** Where the function is exported: the URL of a module. Absent for the transforms of this package. */
  readonly module?: string
}

/**
 * A change of one picture. The result depends on nothing but the picture and what is drawn from `random`.
 *
 * One of your own works on the calling thread as it is. For worker threads, export the function that makes it from a module, and give
 * the module's address:
 *
 * ```ts
 * export function invert(): Transform {
 *   return {
 *     name: 'invert',
 *     options: {},
 *     module: import.meta.url,
 *     apply: (image) => ({ ...image, data: image.data.map((value) => 255 - value) }),
 *   }
 * }
 * ```
 */
export interface Transform extends TransformRecipe {
  apply(image: Pixels, random: Random): Pixels
}

/** Stream of random numbers that transforms draw from. */
const transformStream = 0x7a5f

/** The random numbers of one sample in one epoch. */
function sampleRandom({ seed, epoch, index }: SampleKey): Random {
  return new Random(seed, transformStream).fork(epoch).fork(index)
}

/**
 * Applies transforms one after another. Each draws from a stream of its own, so that what one of them draws never shifts the others.
 *
 * ```ts
 * const image = applyTransforms([randomCrop({ size: 32, padding: 4 }), horizontalFlip()], picture, { seed: 0, epoch: 3, index: 17 })
 * ```
 */
export function applyTransforms(transforms: readonly Transform[], image: Pixels, key: SampleKey): Pixels {
  const random = sampleRandom(key)
  let result = image
  for (let place = 0; place < transforms.length; place++) {
    result = (transforms[place] as Transform).apply(result, random.fork(place))
  }
  return result
}

/** The transform without its function: plain data that can be sent to another thread. */
export function recipeOf(transform: Transform): TransformRecipe {
  const { name, options } = transform
  return transform.module === undefined ? { name, options } : { name, options, module: transform.module }
}

/** A number, or the two ends of a range to draw from. */
export type Range = number | readonly [low: number, high: number]

/** The ends of a range; one number stands for `around` plus and minus that number. Throws UsageError where they make no sense. */
export function rangeOf(
  name: string,
  range: Range,
  around: number,
  least: number = Number.NEGATIVE_INFINITY,
): [low: number, high: number] {
  const [low, high] = typeof range === 'number' ? [around - range, around + range] : range
  const clipped = typeof range === 'number' ? Math.max(least, low) : low
  if (!(Number.isFinite(clipped) && Number.isFinite(high) && clipped <= high && clipped >= least)) {
    const bound = least === Number.NEGATIVE_INFINITY ? '' : `, none of them below ${least}`
    throw new UsageError(
      `${name} must be a number or a range [low, high] with low <= high${bound}, not ${String(range)}`,
    )
  }
  return [clipped, high]
}

/** Throws UsageError unless `probability` is a number from 0 to 1. */
export function checkProbability(name: string, probability: number): void {
  if (!(probability >= 0 && probability <= 1)) {
    throw new UsageError(`${name}: probability must be from 0 to 1, not ${probability}`)
  }
}

/** Height and width in pixels: a number stands for both. */
export type Size = number | { readonly height: number; readonly width: number }

/** Throws UsageError unless both extents are whole numbers of 1 or more. */
export function sizeFrom(name: string, size: Size): { readonly height: number; readonly width: number } {
  const { height, width } = typeof size === 'number' ? { height: size, width: size } : size
  if (!(Number.isInteger(height) && Number.isInteger(width) && height >= 1 && width >= 1)) {
    throw new UsageError(`${name}: size must be whole numbers of 1 or more, not ${height}x${width}`)
  }
  return { height, width }
}
