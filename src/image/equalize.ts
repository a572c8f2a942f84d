// Contrast from histograms: of the whole picture, or of the surroundings of each pixel with a limit (CLAHE).

import { UsageError } from '../core/errors.ts'
import { histogram } from './histogram.ts'
import { type GrayImage, grayImage, type Samples, samplesLike, storeRow } from './image.ts'
import { mirror } from './mirror.ts'

/**
 * Each value becomes the share of pixels not brighter than it, so that all brightnesses occur equally often
 * (`skimage.exposure.equalize_hist`). Floats use `bins` bins (default 256), interpolated between their centres.
 */
export function equalizeHistogram<S extends Samples>(
  image: GrayImage<S>,
  options: { readonly bins?: number } = {},
): GrayImage<S> {
  const { width, height } = image
  const { counts, centers } = histogram(image, options)
  const share = new Float64Array(counts.length)
  let total = 0
  for (let i = 0; i < counts.length; i++) share[i] = total += counts[i]!
  for (let i = 0; i < share.length; i++) share[i] = share[i]! / total
  const out = samplesLike(image.data, width * height)
  const data: Samples = image.data
  if (data instanceof Uint8Array) {
    const table = new Uint8Array(256)
    for (let i = 0; i < share.length; i++) table[centers[i]!] = Math.round(255 * share[i]!)
    for (let i = 0; i < out.length; i++) out[i] = table[data[i]!]!
  } else {
    const step = (centers[centers.length - 1]! - centers[0]!) / Math.max(1, centers.length - 1)
    for (let i = 0; i < out.length; i++) out[i] = interpolate(share, step === 0 ? 0 : (data[i]! - centers[0]!) / step)
  }
  return grayImage(width, height, out)
}

export interface AdaptiveOptions {
  /** Size of the tiles in pixels. Default: an eighth of the picture in each direction. */
  readonly tileWidth?: number
  readonly tileHeight?: number
  /** A bin may hold at most this share of a tile's pixels; more is spread over all bins. 0 means no limit. Default 0.01. */
  readonly clipLimit?: number
  /** Default 256. */
  readonly bins?: number
}

/** Grey levels in which the mappings are computed, as in scikit-image. */
const LEVELS = 16384

/**
 * Contrast-limited adaptive histogram equalisation: a mapping per tile, interpolated bilinearly between tile centres, the
 * result stretched to the full range. K. Zuiderveld, Graphics Gems IV, 1994; `skimage.exposure.equalize_adapthist`.
 */
export function equalizeAdaptive<S extends Samples>(image: GrayImage<S>, options: AdaptiveOptions = {}): GrayImage<S> {
  const { width, height } = image
  const { clipLimit = 0.01, bins = 256 } = options
  const tileWidth = options.tileWidth ?? Math.max(1, width >> 3)
  const tileHeight = options.tileHeight ?? Math.max(1, height >> 3)
  if (![tileWidth, tileHeight, bins].every((value) => Number.isInteger(value) && value >= 1) || bins > LEVELS) {
    throw new UsageError(
      `equalizeAdaptive: tile size and bins must be whole numbers of at least 1 (bins at most ${LEVELS}), got ${tileWidth}x${tileHeight} and ${bins}`,
    )
  }
  if (!(clipLimit >= 0 && clipLimit <= 1)) {
    throw new UsageError(`equalizeAdaptive: clipLimit must lie between 0 and 1, got ${clipLimit}`)
  }
  const grid: Grid = {
    width,
    height,
    tileWidth,
    tileHeight,
    columns: Math.ceil(width / tileWidth),
    rows: Math.ceil(height / tileHeight),
    bins,
  }
  const levels = binLevels(image, 1 + Math.floor(LEVELS / bins))
  const limit = clipLimit > 0 ? Math.max(1, Math.floor(clipLimit * tileWidth * tileHeight)) : tileWidth * tileHeight
  mapLevels(levels, grid, tileMappings(levels, grid, limit))
  return stretch(image, levels)
}

interface Grid {
  readonly width: number
  readonly height: number
  readonly tileWidth: number
  readonly tileHeight: number
  readonly columns: number
  readonly rows: number
  readonly bins: number
}

/** The picture stretched over all levels and divided by the size of a bin. */
function binLevels(image: GrayImage, binSize: number): Uint16Array {
  const data: Samples = image.data
  const bytes = data instanceof Uint8Array
  // 16-bit values first, as scikit-image: bytes times 257, floats rounded to 1/65535.
  const fine = new Uint16Array(data.length)
  for (let i = 0; i < fine.length; i++) {
    fine[i] = bytes ? data[i]! * 257 : roundHalfEven(Math.min(65535, Math.max(0, Math.fround(data[i]! * 65535))))
  }
  let minimum = 65535
  let maximum = 0
  for (let i = 0; i < fine.length; i++) {
    if (fine[i]! < minimum) minimum = fine[i]!
    if (fine[i]! > maximum) maximum = fine[i]!
  }
  const table = new Uint16Array(65536)
  for (let value = minimum; value <= maximum; value++) {
    const level =
      minimum === maximum
        ? Math.min(value, LEVELS - 1)
        : roundHalfEven(((value - minimum) / (maximum - minimum)) * (LEVELS - 1))
    table[value] = Math.floor(level / binSize)
  }
  for (let i = 0; i < fine.length; i++) fine[i] = table[fine[i]!]!
  return fine
}

/** For each tile the level that each bin becomes; [rows, columns, bins]. Tiles over the edge see the mirrored picture. */
function tileMappings(levels: Uint16Array, grid: Grid, limit: number): Float64Array {
  const { width, height, tileWidth, tileHeight, columns, rows, bins } = grid
  const mappings = new Float64Array(rows * columns * bins)
  const counts = new Int32Array(bins)
  const pixels = tileWidth * tileHeight
  for (let tile = 0; tile < rows * columns; tile++) {
    const y1 = Math.floor(tile / columns) * tileHeight
    const x1 = (tile % columns) * tileWidth
    counts.fill(0)
    for (let y = y1; y < y1 + tileHeight; y++) {
      const row = mirror(y, height) * width
      for (let x = x1; x < x1 + tileWidth; x++) counts[levels[row + (x < width ? x : mirror(x, width))]!]!++
    }
    clipCounts(counts, limit)
    let sum = 0
    for (let bin = 0; bin < bins; bin++) {
      sum += counts[bin]!
      mappings[tile * bins + bin] = Math.floor(Math.min(LEVELS - 1, sum * ((LEVELS - 1) / pixels)))
    }
  }
  return mappings
}

/** Cuts counts above `limit` and spreads the excess over the bins below it, in scikit-image's order. */
function clipCounts(counts: Int32Array, limit: number): void {
  let excess = 0
  for (let i = 0; i < counts.length; i++) {
    if (counts[i]! > limit) {
      excess += counts[i]! - limit
      counts[i] = limit
    }
  }
  const increment = Math.floor(excess / counts.length)
  const upper = limit - increment
  for (let i = 0; i < counts.length; i++) {
    if (counts[i]! < upper) {
      excess -= increment
      counts[i]! += increment
    }
  }
  for (let i = 0; i < counts.length; i++) {
    if (counts[i]! >= upper && counts[i]! < limit) {
      excess -= limit - counts[i]!
      counts[i] = limit
    }
  }
  while (excess > 0) {
    const before = excess
    for (let index = 0; index < counts.length && excess > 0; index++) {
      let under = 0
      for (let i = 0; i < counts.length; i++) if (counts[i]! < limit) under++
      const step = Math.max(1, Math.floor(under / excess))
      for (let i = index; i < counts.length; i += step) {
        if (counts[i]! < limit) {
          counts[i]!++
          excess--
        }
      }
    }
    if (excess === before) return
  }
}

/** Replaces each bin by its level, interpolated between the mappings of the four nearest tile centres. In place. */
function mapLevels(levels: Uint16Array, grid: Grid, mappings: Float64Array): void {
  const { width, height, tileWidth, tileHeight, columns, rows, bins } = grid
  const left = new Int32Array(width)
  const right = new Int32Array(width)
  const share = new Float64Array(width)
  for (let x = 0; x < width; x++) {
    const at = x + (tileWidth >> 1)
    const column = Math.floor(at / tileWidth)
    left[x] = Math.max(0, column - 1) * bins
    right[x] = Math.min(columns - 1, column) * bins
    share[x] = (at % tileWidth) / tileWidth
  }
  for (let y = 0; y < height; y++) {
    const at = y + (tileHeight >> 1)
    const row = Math.floor(at / tileHeight)
    const upper = Math.max(0, row - 1) * columns * bins
    const lower = Math.min(rows - 1, row) * columns * bins
    const down = (at % tileHeight) / tileHeight
    for (let x = 0; x < width; x++) {
      const bin = levels[y * width + x]!
      const across = share[x]!
      const upperLeft = upper + left[x]! + bin
      const upperRight = upper + right[x]! + bin
      const lowerLeft = lower + left[x]! + bin
      const lowerRight = lower + right[x]! + bin
      // Rounded to f32 at each step and cut to a whole level, as the reference does.
      const top = Math.fround(
        Math.fround(mappings[upperLeft]! * ((1 - across) * (1 - down))) +
          Math.fround(mappings[upperRight]! * (across * (1 - down))),
      )
      const most = Math.fround(top + Math.fround(mappings[lowerLeft]! * ((1 - across) * down)))
      levels[y * width + x] = Math.fround(most + Math.fround(mappings[lowerRight]! * (across * down)))
    }
  }
}

/** Levels over their own range, as the kind of `image`. */
function stretch<S extends Samples>(image: GrayImage<S>, levels: Uint16Array): GrayImage<S> {
  let minimum = LEVELS
  let maximum = 0
  for (let i = 0; i < levels.length; i++) {
    if (levels[i]! < minimum) minimum = levels[i]!
    if (levels[i]! > maximum) maximum = levels[i]!
  }
  const { width, height } = image
  const white = image.data instanceof Uint8Array ? 255 : 1
  const out = samplesLike(image.data, levels.length)
  const row = new Float32Array(width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const level = levels[y * width + x]!
      row[x] = minimum === maximum ? white * Math.min(1, level) : (white * (level - minimum)) / (maximum - minimum)
    }
    storeRow(out, y * width, row)
  }
  return grayImage(width, height, out)
}

function interpolate(values: Float64Array, position: number): number {
  const at = Math.min(values.length - 1, Math.max(0, position))
  const low = Math.floor(at)
  const high = Math.min(values.length - 1, low + 1)
  return values[low]! + (values[high]! - values[low]!) * (at - low)
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}
