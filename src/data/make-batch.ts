// Makes one batch: reads its samples, transforms them, and puts them side by side. The same code on every thread.

import { FormatError, UsageError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { LoadProblem } from './batch-source.ts'
import { checkPixels, type Pixels } from './pixels.ts'
import type { PixelSource } from './sample-source.ts'
import { applyTransforms, type Transform } from './transforms/transform.ts'

/** Which samples, in which epoch. */
export interface BatchJob {
  readonly indices: Int32Array
  readonly epoch: number
}

export interface MadeBatch {
  /** [B, H, W, C] */
  readonly data: Float32Array
  readonly shape: Shape
  /** The samples that are in it, in the order of the job. */
  readonly indices: Int32Array
  /** Those that could not be read. */
  readonly problems: readonly LoadProblem[]
}

export interface BatchRecipe {
  readonly source: PixelSource
  readonly transforms: readonly Transform[]
  readonly seed: number
}

/**
 * The batch of a job, the same whoever makes it. Samples that are damaged are left out and named; errors of transforms are thrown, and
 * so is a UsageError where the pictures come out in different sizes.
 */
export async function makeBatch({ source, transforms, seed }: BatchRecipe, job: BatchJob): Promise<MadeBatch> {
  const { indices, epoch } = job
  const problems: LoadProblem[] = []
  const kept = new Int32Array(indices.length)
  let first: Pixels | undefined
  let size = 0
  let data = new Float32Array(0)
  let count = 0
  for (const index of indices) {
    let image: Pixels
    try {
      const read = source.read(index)
      // Samples in memory come at once; waiting for each would take longer than the work.
      image = read instanceof Promise ? await read : read
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      problems.push({ index, message: error.message })
      continue
    }
    const sample = applyTransforms(transforms, image, { seed, epoch, index })
    if (first === undefined) {
      checkPixels(sample)
      first = sample
      size = sample.data.length
      data = new Float32Array(indices.length * size)
    }
    checkSameExtent(first, sample, index)
    place(sample.data, data, count * size)
    kept[count++] = index
  }
  const { height = 0, width = 0, channels = 0 } = first ?? {}
  return {
    data: count === indices.length ? data : data.slice(0, count * size),
    shape: [count, height, width, channels],
    indices: kept.subarray(0, count),
    problems,
  }
}

function place(from: Pixels['data'], to: Float32Array, at: number): void {
  if (from instanceof Float32Array) to.set(from, at)
  else for (let i = 0; i < from.length; i++) to[at + i] = (from[i] as number) / 255
}

function checkSameExtent(first: Pixels, sample: Pixels, index: number): void {
  const { height, width, channels } = sample
  if (height === first.height && width === first.width && channels === first.channels) return
  throw new UsageError(
    `sample ${index} has ${height}x${width} pixels of ${channels} channels, others of its batch ${first.height}x${first.width} of ` +
      `${first.channels}; add a transform that gives all one size, such as resize({ size: 224 })`,
  )
}
