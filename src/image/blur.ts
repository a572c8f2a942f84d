// Gaussian blur, as two passes of one-dimensional weighted sums, row by row: no float copy of the whole picture.

import { UsageError } from '../core/errors.ts'
import { type GrayImage, grayImage, type Samples, samplesLike, storeRow } from './image.ts'

export interface GaussianOptions {
  /** Standard deviation in pixels; 0 copies the picture. */
  readonly sigma: number
  /** The kernel ends at this many standard deviations. Default 4. */
  readonly truncate?: number
}

/**
 * Convolution with exp(-(x^2 + y^2) / (2 sigma^2)), normalised; the border pixel is repeated outwards
 * (`skimage.filters.gaussian` with mode 'nearest'). Bytes give bytes, rounded to the nearest.
 */
export function gaussianBlur<S extends Samples>(image: GrayImage<S>, options: GaussianOptions): GrayImage<S> {
  const { width, height } = image
  const weights = gaussianWeights(options)
  const radius = weights.length - 1
  const span = 2 * radius + 1
  const source: Samples = image.data
  const out = samplesLike(image.data, width * height)
  // The vertical pass needs the rows y - radius to y + radius: they wait in a ring, each loaded once.
  const ring = new Float32Array(span * width)
  const slotOf = (y: number): number => ((y + span) % span) * width
  const load = (y: number): void => {
    const row = Math.min(height - 1, Math.max(0, y))
    ring.set(source.subarray(row * width, (row + 1) * width), slotOf(y))
  }
  for (let y = -radius; y < radius; y++) load(y)
  const padded = new Float32Array(width + 2 * radius)
  const vertical = padded.subarray(radius, radius + width)
  const blurred = new Float32Array(width)
  for (let y = 0; y < height; y++) {
    load(y + radius)
    weighLines(ring, (k) => slotOf(y + k), weights, vertical)
    padded.fill(vertical[0]!, 0, radius)
    padded.fill(vertical[width - 1]!, radius + width)
    weighLines(padded, (k) => radius + k, weights, blurred)
    storeRow(out, y * width, blurred)
  }
  return grayImage(width, height, out)
}

/** Weights of the centre and of the pixels at distance 1, 2, ...; all taps together sum to 1. */
export function gaussianWeights(options: GaussianOptions): Float64Array {
  const { sigma, truncate = 4 } = options
  if (!(sigma >= 0 && sigma < 1e4)) {
    throw new UsageError(`gaussianBlur: sigma must be at least 0 and below 10000 pixels, got ${sigma}`)
  }
  if (!(truncate > 0)) throw new UsageError(`gaussianBlur: truncate must be above 0, got ${truncate}`)
  const radius = Math.floor(truncate * sigma + 0.5)
  const weights = new Float64Array(radius + 1)
  let total = 0
  for (let k = 0; k <= radius; k++) {
    weights[k] = k === 0 ? 1 : Math.exp((-0.5 * k * k) / (sigma * sigma))
    total += k === 0 ? weights[k]! : 2 * weights[k]!
  }
  return weights.map((weight) => weight / total)
}

/** out[x] = sum over k of weights[|k|] * lines[start(k) + x], four pairs of lines at a time. */
function weighLines(lines: Float32Array, start: (k: number) => number, weights: Float64Array, out: Float32Array): void {
  for (let k = 1; k === 1 || k < weights.length; k += 4) weighFourPairs(lines, start, weights, k, out)
}

/** Pairs k to k + 3; the first four begin the sum with the line in the middle, later ones go on from it. */
function weighFourPairs(
  lines: Float32Array,
  start: (k: number) => number,
  weights: Float64Array,
  k: number,
  out: Float32Array,
): void {
  // A pair beyond the kernel weighs 0 and looks at the middle.
  const at = (distance: number): number => start(Math.abs(distance) < weights.length ? distance : 0)
  const [a1, a2, a3, a4] = [at(-k), at(-k - 1), at(-k - 2), at(-k - 3)]
  const [b1, b2, b3, b4] = [at(k), at(k + 1), at(k + 2), at(k + 3)]
  const [w1, w2, w3, w4] = [weights[k] ?? 0, weights[k + 1] ?? 0, weights[k + 2] ?? 0, weights[k + 3] ?? 0]
  const begin = k === 1 ? lines.subarray(start(0)) : out
  const share = k === 1 ? weights[0]! : 1
  for (let x = 0; x < out.length; x++) {
    out[x] =
      share * begin[x]! +
      w1 * (lines[a1 + x]! + lines[b1 + x]!) +
      w2 * (lines[a2 + x]! + lines[b2 + x]!) +
      w3 * (lines[a3 + x]! + lines[b3 + x]!) +
      w4 * (lines[a4 + x]! + lines[b4 + x]!)
  }
}
