// Resizing by separable filters, row by row: area (exact box average), bilinear and bicubic.

import { UsageError } from '../core/errors.ts'
import { type GrayImage, grayImage, type RgbImage, rgbImage, type Samples, samplesLike, storeRow } from './image.ts'

/** 'area' averages the covered pixels, 'bilinear' is the triangle, 'bicubic' Keys' cubic with a = -1/2. */
export type ResizeFilter = 'area' | 'bilinear' | 'bicubic'

export interface ResizeOptions {
  /** Size of the result; give one of the two to keep the proportions. */
  readonly width?: number
  readonly height?: number
  /** Default 'area' when the picture becomes smaller in both directions, else 'bilinear'. */
  readonly filter?: ResizeFilter
  /** Widen the kernel with the reduction so that fine detail does not alias. Default true; 'area' always does. */
  readonly antialias?: boolean
}

/**
 * The picture at another size. Pixel centres lie at half-integers, so output x looks at input (x + 1/2) s - 1/2 with
 * s = input width / output width; at the border the kernel is cut and renormalised (as Pillow's `resize`).
 * Bicubic overshoots at edges: bytes are clamped, floats are not. R. Keys, IEEE Trans. ASSP 29(6), 1981.
 */
export function resize<S extends Samples>(image: GrayImage<S>, options: ResizeOptions): GrayImage<S>
export function resize(image: RgbImage, options: ResizeOptions): RgbImage
export function resize(image: GrayImage | RgbImage, options: ResizeOptions): GrayImage | RgbImage {
  const { width, height } = sizeOf(image, options)
  const smaller = width <= image.width && height <= image.height
  const filter = options.filter ?? (smaller ? 'area' : 'bilinear')
  const antialias = options.antialias ?? true
  const channels = image.kind === 'rgb' ? 3 : 1
  const across = weightTable(image.width, width, filter, antialias)
  const down = weightTable(image.height, height, filter, antialias)
  const source: Samples = image.data
  const out = samplesLike(source, width * height * channels)
  const input = new Float32Array(image.width * channels)
  const row = new Float32Array(width * channels)
  const ring = Array.from({ length: down.taps }, () => new Float32Array(width * channels))
  let loaded = -1
  for (let y = 0; y < height; y++) {
    const first = down.first[y]!
    const last = first + down.count[y]! - 1
    for (let from = Math.max(loaded + 1, first); from <= last; from++) {
      input.set(source.subarray(from * input.length, (from + 1) * input.length))
      if (channels === 1) filterGrayRow(input, ring[from % down.taps]!, across)
      else filterRgbRow(input, ring[from % down.taps]!, across)
    }
    loaded = Math.max(loaded, last)
    row.fill(0)
    for (let k = 0; k <= last - first; k++) {
      addScaled(row, ring[(first + k) % down.taps]!, down.weights[y * down.taps + k]!)
    }
    storeRow(out, y * row.length, row)
  }
  return image.kind === 'rgb' ? rgbImage(width, height, new Uint8Array(out)) : grayImage(width, height, out)
}

function sizeOf(image: GrayImage | RgbImage, options: ResizeOptions): { width: number; height: number } {
  const { width, height } = options
  if (width === undefined && height === undefined) throw new UsageError('resize: give width, height, or both')
  const size = {
    width: width ?? Math.max(1, Math.round((image.width * height!) / image.height)),
    height: height ?? Math.max(1, Math.round((image.height * width!) / image.width)),
  }
  if (!Number.isInteger(size.width) || !Number.isInteger(size.height) || size.width < 1 || size.height < 1) {
    throw new UsageError(
      `resize: width and height must be whole numbers of at least 1, got ${size.width}x${size.height}`,
    )
  }
  return size
}

/** For each output position the first input position, how many, and their weights ([outputs, taps], rows sum to 1). */
interface WeightTable {
  readonly taps: number
  readonly first: Int32Array
  readonly count: Int32Array
  readonly weights: Float64Array
}

function weightTable(inputs: number, outputs: number, filter: ResizeFilter, antialias: boolean): WeightTable {
  const scale = inputs / outputs
  const stretch = filter === 'area' ? scale : antialias ? Math.max(1, scale) : 1
  const radius = stretch * (filter === 'area' ? 0.5 : filter === 'bilinear' ? 1 : 2)
  const taps = Math.min(inputs, Math.ceil(2 * radius) + 2)
  const first = new Int32Array(outputs)
  const count = new Int32Array(outputs)
  const weights = new Float64Array(outputs * taps)
  for (let i = 0; i < outputs; i++) {
    const centre = (i + 0.5) * scale
    const begin = Math.min(inputs - 1, Math.max(0, Math.floor(centre - radius)))
    const end = Math.min(inputs, Math.max(begin + 1, Math.ceil(centre + radius)))
    let total = 0
    for (let j = begin; j < end; j++) {
      const weight = filter === 'area' ? overlap(j, centre, radius) : kernel(filter, (j + 0.5 - centre) / stretch)
      weights[i * taps + j - begin] = weight
      total += weight
    }
    first[i] = begin
    count[i] = end - begin
    for (let k = 0; k < end - begin; k++) weights[i * taps + k] = weights[i * taps + k]! / total
  }
  return { taps, first, count, weights }
}

/** Length shared by pixel j and the interval of `radius` around `centre`. */
function overlap(j: number, centre: number, radius: number): number {
  return Math.max(0, Math.min(j + 1, centre + radius) - Math.max(j, centre - radius))
}

function kernel(filter: 'bilinear' | 'bicubic', x: number): number {
  const t = Math.abs(x)
  if (filter === 'bilinear') return Math.max(0, 1 - t)
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1
  return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0
}

function filterGrayRow(input: Float32Array, out: Float32Array, table: WeightTable): void {
  const { taps, first, count, weights } = table
  for (let x = 0; x < out.length; x++) {
    const from = first[x]!
    const n = count[x]!
    let sum = 0
    for (let k = 0; k < n; k++) sum += weights[x * taps + k]! * input[from + k]!
    out[x] = sum
  }
}

function filterRgbRow(input: Float32Array, out: Float32Array, table: WeightTable): void {
  const { taps, first, count, weights } = table
  for (let x = 0; x < first.length; x++) {
    const from = 3 * first[x]!
    let red = 0
    let green = 0
    let blue = 0
    for (let k = 0; k < count[x]!; k++) {
      const weight = weights[x * taps + k]!
      red += weight * input[from + 3 * k]!
      green += weight * input[from + 3 * k + 1]!
      blue += weight * input[from + 3 * k + 2]!
    }
    out[3 * x] = red
    out[3 * x + 1] = green
    out[3 * x + 2] = blue
  }
}

function addScaled(row: Float32Array, other: Float32Array, weight: number): void {
  for (let x = 0; x < row.length; x++) row[x] = row[x]! + weight * other[x]!
}
