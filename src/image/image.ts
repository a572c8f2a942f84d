// The three kinds of picture: gray, binary and RGB. All are row-major, pixel (x, y) at index y * width + x.
// Gray holds bytes (0..255) or floats (0..1); every gray function keeps the kind it was given, so that a 12-megapixel
// page stays 12 MB of bytes from the decoder to the threshold and only the rows in work become floats.

import { ShapeError } from '../core/errors.ts'

/** What a gray picture holds: bytes, 0 black to 255 white, or floats, 0 black to 1 white. */
export type Samples = Uint8Array | Float32Array

/** One brightness per pixel. `S` says whether as bytes or as floats. */
export interface GrayImage<S extends Samples = Samples> {
  readonly kind: 'gray'
  readonly width: number
  readonly height: number
  /** [height, width], bytes 0..255 or floats 0..1 */
  readonly data: S
}

/** Foreground (ink) and background. */
export interface BinaryImage {
  readonly kind: 'binary'
  readonly width: number
  readonly height: number
  /** [height, width], 1 is foreground, 0 is background */
  readonly data: Uint8Array
}

/** Red, green and blue bytes, sRGB. */
export interface RgbImage {
  readonly kind: 'rgb'
  readonly width: number
  readonly height: number
  /** [height, width, 3], 0..255 */
  readonly data: Uint8Array
}

/** Any of the three. */
export type Image = GrayImage | BinaryImage | RgbImage

/** Half-open box of pixels: rows y1 to y2 - 1, columns x1 to x2 - 1. */
export type Box = readonly [y1: number, x1: number, y2: number, x2: number]

/** A gray picture of bytes or floats. Throws ShapeError if `data` does not hold width * height values. */
export function grayImage<S extends Samples>(width: number, height: number, data: S): GrayImage<S> {
  requireExtent('grayImage', width, height, 1, data.length)
  return { kind: 'gray', width, height, data }
}

/** A binary picture, all background unless `data` (0 or 1 per pixel) is given. */
export function binaryImage(
  width: number,
  height: number,
  data: Uint8Array = new Uint8Array(width * height),
): BinaryImage {
  requireExtent('binaryImage', width, height, 1, data.length)
  return { kind: 'binary', width, height, data }
}

/** An RGB picture, black unless `data` (3 bytes per pixel) is given. */
export function rgbImage(
  width: number,
  height: number,
  data: Uint8Array = new Uint8Array(width * height * 3),
): RgbImage {
  requireExtent('rgbImage', width, height, 3, data.length)
  return { kind: 'rgb', width, height, data }
}

/** The value of white: 255 for bytes, 1 for floats. */
export function whiteOf(image: GrayImage): number {
  return image.data instanceof Uint8Array ? 255 : 1
}

/** A zeroed array of the same kind as `like`. */
export function samplesLike<S extends Samples>(like: S, length: number): S
export function samplesLike(like: Samples, length: number): Samples {
  return like instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)
}

/** Stores floats in units of the picture from index `at` on: bytes are rounded to the nearest and clamped to 0..255. */
export function storeRow(data: Samples, at: number, row: Float32Array): void {
  if (data instanceof Float32Array) {
    data.set(row, at)
    return
  }
  for (let x = 0; x < row.length; x++) {
    const value = row[x]!
    data[at + x] = value > 0 ? (value < 255 ? value + 0.5 : 255) : 0
  }
}

/** Throws ShapeError unless both pictures have the same width and height. */
export function requireSameExtent(operation: string, a: Image, b: Image): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new ShapeError(
      `${operation}: the pictures differ in size, ${a.width}x${a.height} and ${b.width}x${b.height}; resize one of them first`,
    )
  }
}

function requireExtent(operation: string, width: number, height: number, channels: number, length: number): void {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new ShapeError(`${operation}: width and height must be whole numbers of at least 1, got ${width}x${height}`)
  }
  if (length !== width * height * channels) {
    throw new ShapeError(
      `${operation}: ${width}x${height} pixels need ${width * height * channels} values, but the data hold ${length}`,
    )
  }
}
