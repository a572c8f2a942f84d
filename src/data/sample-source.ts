// What a loader reads from: samples by number, their classes, and for worker threads a recipe to read the same ones elsewhere.

import { UsageError } from '../core/errors.ts'
import { formatShape, type Shape, sizeOf } from '../core/shape.ts'
import type { Batch } from './dataset.ts'
import type { Pixels } from './pixels.ts'

/** Gives the pictures of samples, by their numbers. */
export interface PixelSource {
  /** Throws FormatError where the sample is damaged. What comes back is never written to. */
  read(index: number): Pixels | Promise<Pixels>
}

export interface SampleSource extends PixelSource {
  /** Number of samples. */
  readonly length: number
  readonly classes: readonly string[]
  /** [N] */
  readonly labels: Int32Array
  /** Targets of some samples, where they are no classes: [B, ..]. */
  targetsOf?(indices: ArrayLike<number>): Batch['inputs'] | undefined
  readonly fingerprint: Readonly<Record<string, number | string>>
  /** For worker threads; without it samples are read on the calling thread only. */
  share?(): SourceRecipe
}

/** Plain data that another thread reads the same samples by. */
export type SourceRecipe = MemoryRecipe | FilesRecipe

/** Values in shared memory. */
export interface MemoryRecipe {
  readonly kind: 'memory'
  readonly data: Uint8Array | Float32Array
  /** [N, H, W, C] */
  readonly shape: Shape
}

/** One image file per sample. */
export interface FilesRecipe {
  readonly kind: 'files'
  readonly paths: readonly string[]
  readonly channels: 1 | 3
}

/** Reads samples that lie one after another in memory, without copying them. Throws UsageError where they are no pictures [N, H, W, C]. */
export function memoryPixels(data: Uint8Array | Float32Array, shape: Shape): PixelSource {
  const [samples, height = 0, width = 0, channels = 0] = shape
  if (shape.length !== 4 || samples === undefined) {
    throw new UsageError(
      `a loader takes pictures [N, height, width, channels], not samples of shape ${formatShape(shape.slice(1))}`,
    )
  }
  const size = sizeOf(shape.slice(1))
  return {
    read: (index) => ({ height, width, channels, data: data.subarray(index * size, (index + 1) * size) }),
  }
}

/** The values in memory that threads share; they are copied unless they lie there already. */
export function sharedValues(data: Uint8Array | Float32Array): Uint8Array | Float32Array {
  if (data.buffer instanceof SharedArrayBuffer) return data
  const memory = new SharedArrayBuffer(data.byteLength)
  const shared = data instanceof Uint8Array ? new Uint8Array(memory) : new Float32Array(memory)
  shared.set(data)
  return shared
}
