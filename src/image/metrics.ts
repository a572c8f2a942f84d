// How alike two gray pictures are: mean squared error, PSNR and SSIM. Bytes are compared in 0..255, floats in 0..1.

import { UsageError } from '../core/errors.ts'
import { type GrayImage, requireSameExtent, type Samples, whiteOf } from './image.ts'

/** Mean of (a - b)^2, in units of the pictures. */
export function meanSquaredError<S extends Samples>(a: GrayImage<S>, b: GrayImage<S>): number {
  requireComparable('meanSquaredError', a, b)
  let sum = 0
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i]! - b.data[i]!) ** 2
  return sum / a.data.length
}

/** Peak signal-to-noise ratio in dB: 20 log10(white) - 10 log10(mean squared error); Infinity for equal pictures. */
export function psnr<S extends Samples>(a: GrayImage<S>, b: GrayImage<S>): number {
  return 20 * Math.log10(whiteOf(a)) - 10 * Math.log10(meanSquaredError(a, b))
}

export interface SsimOptions {
  /** Side of the square window, odd. Default 7. */
  readonly window?: number
  /** Constants K1, K2. Default 0.01, 0.03. */
  readonly k1?: number
  readonly k2?: number
}

/**
 * Mean structural similarity over all windows that lie inside the picture, uniform weights, sample covariance
 * (`skimage.metrics.structural_similarity` with data_range = white). Z. Wang et al., IEEE Trans. Image Processing 13(4), 2004.
 */
export function ssim<S extends Samples>(a: GrayImage<S>, b: GrayImage<S>, options: SsimOptions = {}): number {
  requireComparable('ssim', a, b)
  const { window = 7, k1 = 0.01, k2 = 0.03 } = options
  const { width, height } = a
  if (!Number.isInteger(window) || window % 2 === 0 || window < 3 || window > Math.min(width, height)) {
    throw new UsageError(
      `ssim: window must be odd, at least 3 and at most the shorter side (${Math.min(width, height)}), got ${window}`,
    )
  }
  const columns = new ColumnSums(a.data, b.data, width)
  const c1 = (k1 * whiteOf(a)) ** 2
  const c2 = (k2 * whiteOf(a)) ** 2
  let total = 0
  for (let y = 0; y < height; y++) {
    columns.add(y, 1)
    if (y >= window) columns.add(y - window, -1)
    if (y >= window - 1) total += columns.similarity(window, c1, c2)
  }
  return total / ((width - window + 1) * (height - window + 1))
}

/** Sums of a, b, a^2, b^2 and ab over the rows of the window, per column. */
class ColumnSums {
  readonly #a: Samples
  readonly #b: Samples
  readonly #width: number
  /** [5, width] */
  readonly #sums: Float64Array

  constructor(a: Samples, b: Samples, width: number) {
    this.#a = a
    this.#b = b
    this.#width = width
    this.#sums = new Float64Array(5 * width)
  }

  /** Adds (sign 1) or takes away (sign -1) a row. */
  add(row: number, sign: 1 | -1): void {
    const width = this.#width
    const sums = this.#sums
    for (let x = 0; x < width; x++) {
      const a = this.#a[row * width + x]!
      const b = this.#b[row * width + x]!
      sums[x] = sums[x]! + sign * a
      sums[width + x] = sums[width + x]! + sign * b
      sums[2 * width + x] = sums[2 * width + x]! + sign * a * a
      sums[3 * width + x] = sums[3 * width + x]! + sign * b * b
      sums[4 * width + x] = sums[4 * width + x]! + sign * a * b
    }
  }

  /** Sum of the structural similarity over all windows that end in the row added last. */
  similarity(window: number, c1: number, c2: number): number {
    const width = this.#width
    const sums = this.#sums
    const pixels = window * window
    const running = new Float64Array(5)
    let total = 0
    for (let x = 0; x < width; x++) {
      for (let k = 0; k < 5; k++) {
        running[k] = running[k]! + sums[k * width + x]! - (x >= window ? sums[k * width + x - window]! : 0)
      }
      if (x < window - 1) continue
      const meanA = running[0]! / pixels
      const meanB = running[1]! / pixels
      const varianceA = (running[2]! - pixels * meanA * meanA) / (pixels - 1)
      const varianceB = (running[3]! - pixels * meanB * meanB) / (pixels - 1)
      const covariance = (running[4]! - pixels * meanA * meanB) / (pixels - 1)
      total +=
        ((2 * meanA * meanB + c1) * (2 * covariance + c2)) /
        ((meanA * meanA + meanB * meanB + c1) * (varianceA + varianceB + c2))
    }
    return total
  }
}

function requireComparable(operation: string, a: GrayImage, b: GrayImage): void {
  requireSameExtent(operation, a, b)
  if (whiteOf(a) !== whiteOf(b)) {
    throw new UsageError(
      `${operation}: one picture holds bytes and the other floats; convert one with toBytes or toFloats`,
    )
  }
}
