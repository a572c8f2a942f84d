// From gray to ink: one level for the page (Otsu) or one per pixel (Sauvola).

import { UsageError } from '../core/errors.ts'
import { histogram } from './histogram.ts'
import { type BinaryImage, binaryImage, type GrayImage, type Samples, whiteOf } from './image.ts'
import { mirror } from './mirror.ts'

/** Which side of the level is foreground: 'dark' is value <= level, 'light' is value > level. */
export type Ink = 'dark' | 'light'

/**
 * Otsu's level: it divides the histogram in two so that the variance between the two classes,
 * n1 n2 (mean1 - mean2)^2, is largest. In units of the picture (0..255 or 0..1); values <= level are the dark class.
 * A picture of one value gives that value. N. Otsu, IEEE Trans. SMC 9(1), 1979; `skimage.filters.threshold_otsu`.
 */
export function otsuLevel(image: GrayImage, options: { readonly bins?: number } = {}): number {
  const { counts, centers } = histogram(image, options)
  // For floats a picture of one value has a histogram around it, whose best border would be a neighbour.
  const first = image.data[0]!
  if (isConstant(image.data, first)) return first
  let total = 0
  let sum = 0
  for (let i = 0; i < counts.length; i++) {
    total += counts[i]!
    sum += counts[i]! * centers[i]!
  }
  let best = -1
  let level = first
  let below = 0
  let sumBelow = 0
  for (let i = 0; i < counts.length - 1; i++) {
    below += counts[i]!
    sumBelow += counts[i]! * centers[i]!
    const above = total - below
    const between = below * above * (sumBelow / below - (sum - sumBelow) / above) ** 2
    if (between > best) {
      best = between
      level = centers[i]!
    }
  }
  return level
}

/** Foreground where value <= level (ink 'dark', the default) or value > level (ink 'light'). */
export function binarize(image: GrayImage, options: { readonly level: number; readonly ink?: Ink }): BinaryImage {
  const { width, height, data } = image
  const { level, ink = 'dark' } = options
  if (Number.isNaN(level)) throw new UsageError('binarize: level is not a number')
  const out = new Uint8Array(data.length)
  if (data instanceof Uint8Array) binarizeBytes(data, out, level, ink)
  else for (let i = 0; i < out.length; i++) out[i] = data[i]! <= level === (ink === 'dark') ? 1 : 0
  return binaryImage(width, height, out)
}

/** Otsu's level applied: `binarize(image, { level: otsuLevel(image), ink })`. */
export function otsu(image: GrayImage, options: { readonly ink?: Ink } = {}): BinaryImage {
  return binarize(image, { level: otsuLevel(image), ink: options.ink ?? 'dark' })
}

export interface SauvolaOptions {
  /** Side of the square window in pixels, odd. Default 15. */
  readonly window?: number
  /** Weight of the deviation. Default 0.2. */
  readonly k?: number
  /** Dynamic range R of the standard deviation, in units of the picture. Default half of white (127.5 or 0.5). */
  readonly dynamicRange?: number
}

/**
 * Sauvola's level at each pixel: T = m (1 + k (s / R - 1)), m and s being mean and standard deviation of the window
 * around it, mirrored at the border. J. Sauvola and M. Pietikainen, Pattern Recognition 33(2), 2000;
 * `skimage.filters.threshold_sauvola` (whose default R for floats is 1).
 * Returns [height, width] levels in units of the picture.
 */
export function sauvolaLevels(image: GrayImage, options: SauvolaOptions = {}): Float32Array {
  const levels = new Float32Array(image.width * image.height)
  forEachSauvolaRow(image, options, (row, y) => levels.set(row, y * image.width))
  return levels
}

/** Foreground by Sauvola's levels; holds only the rows of one window, so a large page costs one byte per pixel. */
export function sauvola(image: GrayImage, options: SauvolaOptions & { readonly ink?: Ink } = {}): BinaryImage {
  const { width, height } = image
  const out = new Uint8Array(width * height)
  const dark = (options.ink ?? 'dark') === 'dark'
  const values = new Float32Array(width)
  const data: Samples = image.data
  forEachSauvolaRow(image, options, (row, y) => {
    values.set(data.subarray(y * width, (y + 1) * width))
    for (let x = 0; x < width; x++) out[y * width + x] = values[x]! <= row[x]! === dark ? 1 : 0
  })
  return binaryImage(width, height, out)
}

function isConstant(data: Samples, value: number): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] !== value) return false
  return true
}

function binarizeBytes(data: Uint8Array, out: Uint8Array, level: number, ink: Ink): void {
  // Whole numbers only: the sign bit of value - (level + 1) is 1 where value <= level.
  const next = Math.min(256, Math.max(0, Math.floor(level) + 1))
  const flip = ink === 'dark' ? 0 : 1
  for (let i = 0; i < out.length; i++) out[i] = ((data[i]! - next) >>> 31) ^ flip
}

/** Calls `visit` with the levels of each row, from running sums of the window's columns: the sums of an integral image. */
function forEachSauvolaRow(
  image: GrayImage,
  options: SauvolaOptions,
  visit: (levels: Float32Array, y: number) => void,
): void {
  const { width, height } = image
  const { window = 15, k = 0.2, dynamicRange = whiteOf(image) / 2 } = options
  if (!Number.isInteger(window) || window < 1 || window % 2 === 0) {
    throw new UsageError(`sauvola: window must be an odd whole number of pixels, got ${window}`)
  }
  if (!(dynamicRange > 0)) throw new UsageError(`sauvola: dynamicRange must be above 0, got ${dynamicRange}`)
  const radius = (window - 1) / 2
  const data: Samples = image.data
  const columnSums = new Float64Array(width + 2 * radius)
  const columnSquares = new Float64Array(width + 2 * radius)
  const entering = new Float32Array(width)
  const leaving = new Float32Array(width)
  const load = (y: number, row: Float32Array): void => {
    const from = mirror(y, height) * width
    row.set(data.subarray(from, from + width))
  }
  for (let y = -radius; y < radius; y++) {
    load(y, entering)
    exchange(columnSums, columnSquares, radius, entering, leaving)
  }
  const levels = new Float32Array(width)
  for (let y = 0; y < height; y++) {
    load(y + radius, entering)
    if (y > 0) load(y - radius - 1, leaving)
    exchange(columnSums, columnSquares, radius, entering, leaving)
    mirrorEnds(columnSums, radius, width)
    mirrorEnds(columnSquares, radius, width)
    slide(columnSums, columnSquares, levels, window, k, dynamicRange)
    visit(levels, y)
  }
}

function exchange(
  sums: Float64Array,
  squares: Float64Array,
  offset: number,
  entering: Float32Array,
  leaving: Float32Array,
): void {
  for (let x = 0; x < entering.length; x++) {
    const a = entering[x]!
    const b = leaving[x]!
    sums[offset + x] = sums[offset + x]! + (a - b)
    squares[offset + x] = squares[offset + x]! + (a * a - b * b)
  }
}

function slide(
  sums: Float64Array,
  squares: Float64Array,
  levels: Float32Array,
  window: number,
  k: number,
  dynamicRange: number,
): void {
  const scale = 1 / (window * window)
  const slope = k / dynamicRange
  let sum = 0
  let square = 0
  for (let x = 0; x < window - 1; x++) {
    sum += sums[x]!
    square += squares[x]!
  }
  for (let x = 0; x < levels.length; x++) {
    sum += sums[x + window - 1]!
    square += squares[x + window - 1]!
    const mean = sum * scale
    const variance = square * scale - mean * mean
    const deviation = variance > 0 ? Math.sqrt(variance) : 0
    levels[x] = mean * (1 - k + slope * deviation)
    sum -= sums[x]!
    square -= squares[x]!
  }
}

function mirrorEnds(line: Float64Array, radius: number, length: number): void {
  for (let i = 1; i <= radius; i++) {
    line[radius - i] = line[radius + mirror(-i, length)]!
    line[radius + length - 1 + i] = line[radius + mirror(length - 1 + i, length)]!
  }
}
