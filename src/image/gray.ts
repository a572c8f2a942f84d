// Colour to gray, bytes to floats, and the small per-pixel conversions between the kinds of picture.

import {
  type BinaryImage,
  binaryImage,
  type GrayImage,
  grayImage,
  type Image,
  type RgbImage,
  rgbImage,
  type Samples,
  samplesLike,
} from './image.ts'

/**
 * Brightness of a colour picture: 0.2125 R + 0.7154 G + 0.0721 B (ITU-R BT.709 weights, as scikit-image's `rgb2gray`),
 * on the stored sRGB bytes, rounded to the nearest byte.
 */
export function toGray(image: RgbImage): GrayImage<Uint8Array> {
  const gray = new Uint8Array(image.width * image.height)
  toGrayInto(image.data, gray)
  return grayImage(image.width, image.height, gray)
}

/** `toGray` on bare arrays: `rgb` [n, 3] to `gray` [n]. `gray` may be the head of `rgb` itself. */
export function toGrayInto(rgb: Uint8Array, gray: Uint8Array): void {
  // The weights as 22-bit fixed point (sum exactly 2^22): within half a byte of the real weights after rounding.
  for (let from = 0, to = 0; to < gray.length; from += 3, to++) {
    gray[to] = (891290 * rgb[from]! + 3000605 * rgb[from + 1]! + 302409 * rgb[from + 2]! + 2097152) >>> 22
  }
}

/** The same gray picture as floats 0..1. */
export function toFloats(image: GrayImage): GrayImage<Float32Array> {
  const { width, height, data } = image
  const out = new Float32Array(data)
  if (data instanceof Uint8Array) for (let i = 0; i < out.length; i++) out[i] = out[i]! / 255
  return grayImage(width, height, out)
}

/** The same gray picture as bytes 0..255, rounded to the nearest and clamped. */
export function toBytes(image: GrayImage): GrayImage<Uint8Array> {
  const { width, height, data } = image
  const out = new Uint8Array(data.length)
  if (data instanceof Uint8Array) out.set(data)
  else for (let i = 0; i < out.length; i++) out[i] = Math.min(255, Math.max(0, Math.round(data[i]! * 255)))
  return grayImage(width, height, out)
}

/** Black for white: 255 - v, 1 - v, or background for foreground. */
export function invert<S extends Samples>(image: GrayImage<S>): GrayImage<S>
export function invert(image: BinaryImage): BinaryImage
export function invert(image: GrayImage | BinaryImage): GrayImage | BinaryImage {
  const { width, height, data } = image
  const out = samplesLike<Samples>(data, data.length)
  const top = image.kind === 'binary' || data instanceof Float32Array ? 1 : 255
  for (let i = 0; i < out.length; i++) out[i] = top - data[i]!
  return image.kind === 'gray' ? grayImage(width, height, out) : binaryImage(width, height, new Uint8Array(out))
}

/** A binary picture as gray bytes; ink is black on white unless `ink: 'light'`. */
export function binaryToGray(
  image: BinaryImage,
  options: { readonly ink?: 'dark' | 'light' } = {},
): GrayImage<Uint8Array> {
  const background = options.ink === 'light' ? 0 : 255
  const out = new Uint8Array(image.data.length)
  for (let i = 0; i < out.length; i++) out[i] = image.data[i] === 0 ? background : 255 - background
  return grayImage(image.width, image.height, out)
}

/** Any picture as RGB, for drawing on: gray is repeated, ink of a binary picture is black on white. The result is a copy. */
export function toRgb(image: Image): RgbImage {
  const { width, height } = image
  if (image.kind === 'rgb') return rgbImage(width, height, image.data.slice())
  const gray = image.kind === 'binary' ? binaryToGray(image).data : toBytes(image).data
  const out = new Uint8Array(width * height * 3)
  for (let from = 0, to = 0; from < gray.length; from++, to += 3) {
    const value = gray[from]!
    out[to] = value
    out[to + 1] = value
    out[to + 2] = value
  }
  return rgbImage(width, height, out)
}

/** Smallest and largest value of a gray picture. */
export function extremes(image: GrayImage): { readonly minimum: number; readonly maximum: number } {
  let minimum = Infinity
  let maximum = -Infinity
  const data = image.data
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!
    if (value < minimum) minimum = value
    if (value > maximum) maximum = value
  }
  return { minimum, maximum }
}
