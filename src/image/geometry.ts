// Affine maps of pictures, sampled bilinearly: rotation, shear, scaling about any point.

import { UsageError } from '../core/errors.ts'
import { defaultFill, type FillOptions, imageLike } from './crop.ts'
import type { BinaryImage, GrayImage, Image, RgbImage, Samples } from './image.ts'
import { samplesLike, storeRow } from './image.ts'

/** x' = a x + b y + c, y' = d x + e y + f, in pixels; (0, 0) is the centre of the first pixel. */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** The map that applies `first`, then `second`. */
export function composeMaps(first: AffineMap, second: AffineMap): AffineMap {
  const [a, b, c, d, e, f] = first
  const [g, h, i, j, k, l] = second
  return [g * a + h * d, g * b + h * e, g * c + h * f + i, j * a + k * d, j * b + k * e, j * c + k * f + l]
}

/** The map back. Throws UsageError if the map collapses the plane. */
export function invertMap(map: AffineMap): AffineMap {
  const [a, b, c, d, e, f] = map
  const determinant = a * e - b * d
  if (determinant === 0 || !Number.isFinite(determinant)) {
    throw new UsageError(`invertMap: the map [${map.join(', ')}] has no inverse, its determinant is ${determinant}`)
  }
  const ia = e / determinant
  const ib = -b / determinant
  const id = -d / determinant
  const ie = a / determinant
  return [ia, ib, -(ia * c + ib * f), id, ie, -(id * c + ie * f)]
}

export interface WarpOptions extends FillOptions {
  /** Size of the result. Default: that of the picture. */
  readonly width?: number
  readonly height?: number
}

/**
 * result(x, y) = image(map(x, y)), bilinear between the four pixels around; pixels outside are `fill`
 * (`skimage.transform.warp`, order 1, mode 'constant'). A binary picture takes the nearest pixel and stays binary.
 */
export function warpAffine<S extends Samples>(image: GrayImage<S>, map: AffineMap, options?: WarpOptions): GrayImage<S>
export function warpAffine(image: BinaryImage, map: AffineMap, options?: WarpOptions): BinaryImage
export function warpAffine(image: RgbImage, map: AffineMap, options?: WarpOptions): RgbImage
export function warpAffine(image: Image, map: AffineMap, options?: WarpOptions): Image
export function warpAffine(image: Image, map: AffineMap, options: WarpOptions = {}): Image {
  const { width = image.width, height = image.height, fill = defaultFill(image) } = options
  if (!map.every(Number.isFinite))
    throw new UsageError(`warpAffine: the map holds a value that is no number: [${map.join(', ')}]`)
  const channels = image.kind === 'rgb' ? 3 : 1
  const out = samplesLike<Samples>(image.data, width * height * channels)
  const row = new Float32Array(width * channels)
  for (let y = 0; y < height; y++) {
    row.fill(fill)
    if (image.kind === 'binary') sampleNearest(image, row, map, y)
    else
      for (let channel = 0; channel < channels; channel++) sampleBilinear(image, row, map, y, channel, channels, fill)
    storeRow(out, y * row.length, row)
  }
  return imageLike(image, width, height, out)
}

export interface RotateOptions extends FillOptions {
  /** Counter-clockwise angle, as the picture is seen. */
  readonly degrees: number
  /** Grow the result so that nothing is cut off. Default false: the size stays. */
  readonly expand?: boolean
}

/** Turns the picture about its centre (`skimage.transform.rotate`). */
export function rotate<S extends Samples>(image: GrayImage<S>, options: RotateOptions): GrayImage<S>
export function rotate(image: BinaryImage, options: RotateOptions): BinaryImage
export function rotate(image: RgbImage, options: RotateOptions): RgbImage
export function rotate(image: Image, options: RotateOptions): Image
export function rotate(image: Image, options: RotateOptions): Image {
  const { degrees, expand = false } = options
  const { map, width, height } = rotation(image, degrees, expand)
  return warpAffine(image, map, { ...options, width, height })
}

/** The map from pixels of the turned picture to pixels of the picture, and the turned picture's size: for boxes found on it. */
export function rotation(
  image: Image,
  degrees: number,
  expand = false,
): { readonly map: AffineMap; readonly width: number; readonly height: number } {
  const angle = (degrees * Math.PI) / 180
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  // Without the small allowance a turn by 90 degrees would gain a pixel from rounding errors.
  const grow = (side: number): number => Math.max(1, Math.ceil(side - 1e-9))
  const width = expand ? grow(Math.abs(image.width * cos) + Math.abs(image.height * sin)) : image.width
  const height = expand ? grow(Math.abs(image.width * sin) + Math.abs(image.height * cos)) : image.height
  const toCentre: AffineMap = [1, 0, -(width - 1) / 2, 0, 1, -(height - 1) / 2]
  const turn: AffineMap = [cos, -sin, (image.width - 1) / 2, sin, cos, (image.height - 1) / 2]
  return { map: composeMaps(toCentre, turn), width, height }
}

function sampleNearest(image: BinaryImage, row: Float32Array, map: AffineMap, y: number): void {
  const { width, height, data } = image
  const [a, b, c, d, e, f] = map
  for (let x = 0; x < row.length; x++) {
    const fromX = Math.round(a * x + b * y + c)
    const fromY = Math.round(d * x + e * y + f)
    if (fromX >= 0 && fromX < width && fromY >= 0 && fromY < height) row[x] = data[fromY * width + fromX]!
  }
}

function sampleBilinear(
  image: GrayImage | RgbImage,
  row: Float32Array,
  map: AffineMap,
  y: number,
  channel: number,
  channels: number,
  fill: number,
): void {
  const { width, height } = image
  const data: Samples = image.data
  const [a, b, c, d, e, f] = map
  const columns = row.length / channels
  for (let x = 0; x < columns; x++) {
    const fromX = a * x + b * y + c
    const fromY = d * x + e * y + f
    if (!(fromX > -1 && fromX < width && fromY > -1 && fromY < height)) continue
    const left = Math.floor(fromX)
    const top = Math.floor(fromY)
    const rightShare = fromX - left
    const bottomShare = fromY - top
    const at = (top * width + left) * channels + channel
    const hasLeft = left >= 0
    const hasRight = left + 1 < width
    const hasTop = top >= 0
    const hasBottom = top + 1 < height
    const topLeft = hasTop && hasLeft ? data[at]! : fill
    const topRight = hasTop && hasRight ? data[at + channels]! : fill
    const bottomLeft = hasBottom && hasLeft ? data[at + width * channels]! : fill
    const bottomRight = hasBottom && hasRight ? data[at + (width + 1) * channels]! : fill
    const upper = topLeft + (topRight - topLeft) * rightShare
    const lower = bottomLeft + (bottomRight - bottomLeft) * rightShare
    row[x * channels + channel] = upper + (lower - upper) * bottomShare
  }
}
