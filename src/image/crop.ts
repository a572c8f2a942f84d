// Cutting out and framing: every kind of picture, whole pixels only.

import { UsageError } from '../core/errors.ts'
import {
  type BinaryImage,
  type Box,
  binaryImage,
  type GrayImage,
  grayImage,
  type Image,
  type RgbImage,
  rgbImage,
  type Samples,
  samplesLike,
} from './image.ts'

export interface FillOptions {
  /** Value of pixels that the picture does not have, in its units. Default white (255, 1) for gray and RGB, 0 for binary. */
  readonly fill?: number
}

/** The pixels of `box`, which may reach beyond the picture; what lies there is `fill`. */
export function crop<S extends Samples>(image: GrayImage<S>, box: Box, options?: FillOptions): GrayImage<S>
export function crop(image: BinaryImage, box: Box, options?: FillOptions): BinaryImage
export function crop(image: RgbImage, box: Box, options?: FillOptions): RgbImage
export function crop(image: Image, box: Box, options?: FillOptions): Image
export function crop(image: Image, box: Box, options: FillOptions = {}): Image {
  const [y1, x1, y2, x2] = box
  if (!box.every(Number.isInteger) || y2 <= y1 || x2 <= x1) {
    throw new UsageError(
      `crop: box must be whole numbers [y1, x1, y2, x2] with y1 < y2 and x1 < x2, got [${box.join(', ')}]`,
    )
  }
  const width = x2 - x1
  const height = y2 - y1
  const channels = image.kind === 'rgb' ? 3 : 1
  const out = samplesLike<Samples>(image.data, width * height * channels)
  const inside = x1 >= 0 && y1 >= 0 && x2 <= image.width && y2 <= image.height
  if (!inside) out.fill(options.fill ?? defaultFill(image))
  const from = Math.max(0, x1)
  const to = Math.min(image.width, x2)
  if (from < to) {
    for (let y = Math.max(0, y1); y < Math.min(image.height, y2); y++) {
      const row = y * image.width
      out.set(
        image.data.subarray((row + from) * channels, (row + to) * channels),
        ((y - y1) * width + from - x1) * channels,
      )
    }
  }
  return imageLike(image, width, height, out)
}

export interface PadOptions extends FillOptions {
  readonly top?: number
  readonly left?: number
  readonly bottom?: number
  readonly right?: number
}

/** The picture with so many pixels of `fill` added at each side. */
export function pad<S extends Samples>(image: GrayImage<S>, options: PadOptions): GrayImage<S>
export function pad(image: BinaryImage, options: PadOptions): BinaryImage
export function pad(image: RgbImage, options: PadOptions): RgbImage
export function pad(image: Image, options: PadOptions): Image
export function pad(image: Image, options: PadOptions): Image {
  const { top = 0, left = 0, bottom = 0, right = 0 } = options
  return crop(image, [-top, -left, image.height + bottom, image.width + right], options)
}

/** The picture in the middle of a square whose side is its longer side plus `margin` (default 0) at either end. */
export function padToSquare<S extends Samples>(
  image: GrayImage<S>,
  options?: FillOptions & { readonly margin?: number },
): GrayImage<S>
export function padToSquare(image: BinaryImage, options?: FillOptions & { readonly margin?: number }): BinaryImage
export function padToSquare(image: RgbImage, options?: FillOptions & { readonly margin?: number }): RgbImage
export function padToSquare(image: Image, options: FillOptions & { readonly margin?: number } = {}): Image {
  const side = Math.max(image.width, image.height) + 2 * (options.margin ?? 0)
  const top = Math.floor((side - image.height) / 2)
  const left = Math.floor((side - image.width) / 2)
  return crop(image, [-top, -left, side - top, side - left], options)
}

/** White for gray and RGB, background for binary. */
export function defaultFill(image: Image): number {
  if (image.kind === 'binary') return 0
  return image.data instanceof Uint8Array ? 255 : 1
}

/** A picture of the same kind around `data`. */
export function imageLike(like: Image, width: number, height: number, data: Samples): Image {
  if (like.kind === 'gray') return grayImage(width, height, data)
  const bytes = data instanceof Uint8Array ? data : Uint8Array.from(data)
  return like.kind === 'rgb' ? rgbImage(width, height, bytes) : binaryImage(width, height, bytes)
}
