// Counts of brightness: one bin per value for bytes, equal bins between the extremes for floats (as numpy does).

import { UsageError } from '../core/errors.ts'
import { extremes } from './gray.ts'
import type { GrayImage, Samples } from './image.ts'

/** Counts and the brightness at the middle of each bin, in units of the picture (0..255 or 0..1). */
export interface Histogram {
  readonly counts: Float64Array
  readonly centers: Float64Array
}

/**
 * Histogram from the smallest to the largest value of the picture. Bytes get one bin per value and ignore `bins`;
 * floats get `bins` bins (default 256) of equal width, the last one closed on the right.
 */
export function histogram(image: GrayImage, options: { readonly bins?: number } = {}): Histogram {
  const data: Samples = image.data
  return data instanceof Uint8Array ? histogramOfBytes(data) : histogramOfFloats(image, data, options.bins ?? 256)
}

/** How often each of the 256 values occurs. */
export function countBytes(data: Uint8Array): Int32Array {
  // Neighbours are often equal; four tables keep one count from waiting for the one before.
  const a = new Int32Array(256)
  const b = new Int32Array(256)
  const c = new Int32Array(256)
  const d = new Int32Array(256)
  const even = data.length & ~3
  for (let i = 0; i < even; i += 4) {
    a[data[i]!]!++
    b[data[i + 1]!]!++
    c[data[i + 2]!]!++
    d[data[i + 3]!]!++
  }
  for (let i = even; i < data.length; i++) a[data[i]!]!++
  for (let i = 0; i < 256; i++) a[i] = a[i]! + b[i]! + c[i]! + d[i]!
  return a
}

function histogramOfBytes(data: Uint8Array): Histogram {
  const all = countBytes(data)
  let first = 0
  let last = 255
  while (all[first] === 0) first++
  while (all[last] === 0) last--
  const counts = Float64Array.from(all.subarray(first, last + 1))
  return { counts, centers: counts.map((_, i) => first + i) }
}

function histogramOfFloats(image: GrayImage, data: Float32Array, bins: number): Histogram {
  if (!Number.isInteger(bins) || bins < 1) {
    throw new UsageError(`histogram: bins must be a whole number of at least 1, got ${bins}`)
  }
  let { minimum, maximum } = extremes(image)
  if (minimum === maximum) {
    minimum -= 0.5
    maximum += 0.5
  }
  const width = (maximum - minimum) / bins
  // Edges are rounded to f32 as numpy's are for f32 data, and decide where a value on a border belongs.
  const edges = Float32Array.from({ length: bins + 1 }, (_, i) => minimum + i * width)
  edges[bins] = maximum
  const counts = new Float64Array(bins)
  const scale = bins / (maximum - minimum)
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!
    let bin = Math.min(bins - 1, Math.floor((value - minimum) * scale))
    if (value < edges[bin]!) bin--
    else if (bin !== bins - 1 && value >= edges[bin + 1]!) bin++
    counts[bin]!++
  }
  return { counts, centers: counts.map((_, i) => Math.fround((edges[i]! + edges[i + 1]!) / 2)) }
}
