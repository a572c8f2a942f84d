// Pictures and numbers of scripts/fixtures/image.py, unpacked.

import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { expect } from 'vitest'
import {
  type BinaryImage,
  binaryImage,
  type GrayImage,
  grayImage,
  type RgbImage,
  rgbImage,
} from '../../../src/image/index.ts'

/** An array as the script stores it. */
export interface Packed {
  readonly dtype: 'f32' | 'u8' | 'i32'
  readonly shape: readonly number[]
  readonly deflated: string
}

interface Sized {
  readonly image: string
  readonly result: Packed
}

interface Resized {
  readonly width: number
  readonly height: number
  readonly result: Packed
}

export interface ReferenceRegion {
  readonly label: number
  readonly area: number
  readonly box: readonly number[]
  readonly centroid: readonly number[]
  readonly orientation: number
  readonly eccentricity: number
  readonly majorAxis: number
  readonly minorAxis: number
  readonly perimeter: number
}

type Pairs = { readonly blobs: readonly [number, number]; readonly sparse: readonly [number, number] }

interface Reference {
  readonly images: { readonly [name in 'bytes' | 'floats' | 'blobs' | 'sparse' | 'rgb']: Packed }
  readonly gray: Packed
  readonly gaussian: readonly (Sized & { readonly sigma: number })[]
  readonly otsu: { readonly bytes: number; readonly floats: number; readonly floats32: number }
  readonly sauvola: readonly (Sized & { readonly window: number; readonly k: number })[]
  readonly equalize: { readonly bytes: Packed; readonly floats: Packed }
  readonly adaptive: readonly (Sized & {
    readonly tile: readonly [number, number] | null
    readonly clipLimit: number
    readonly bins: number
  })[]
  readonly morphology: readonly {
    readonly image: 'blobs' | 'sparse'
    readonly shape: string
    readonly element: readonly (readonly number[])[]
    readonly dilate: Packed
    readonly erode: Packed
    readonly opening: Packed
    readonly closing: Packed
  }[]
  readonly removeSmallObjects: readonly {
    readonly area: number
    readonly connectivity: 4 | 8
    readonly result: Packed
  }[]
  readonly removeSmallHoles: readonly { readonly area: number; readonly connectivity: 4 | 8; readonly result: Packed }[]
  readonly distance: readonly { readonly image: Packed; readonly result: Packed }[]
  readonly skeleton: readonly { readonly image: Packed; readonly result: Packed }[]
  readonly clearBorder: readonly (Sized & { readonly margin: number })[]
  readonly components: readonly {
    readonly image: 'blobs' | 'sparse'
    readonly connectivity: 4 | 8
    readonly count: number
    readonly labels: Packed
    readonly regions: readonly ReferenceRegion[]
  }[]
  readonly perimeter: Pairs
  readonly euler: Pairs
  readonly blockMean: Packed
  readonly resizePillow: readonly (Resized & { readonly filter: 'bilinear' | 'bicubic' })[]
  readonly resizeBilinear: readonly Resized[]
  readonly resizeArea: readonly Resized[]
  readonly warp: Resized & {
    readonly map: readonly [number, number, number, number, number, number]
    readonly fill: number
  }
  readonly rotate: readonly { readonly degrees: number; readonly result: Packed }[]
  readonly metrics: {
    readonly noisyBytes: Packed
    readonly noisyFloats: Packed
    readonly psnr: readonly [number, number]
    readonly ssim: readonly [number, number]
    readonly ssim11: number
  }
  readonly files: {
    readonly rgb: Packed
    readonly upright: readonly Packed[]
    readonly grayJpeg: Packed
    readonly palette: Packed
  }
}

export const fixtures: URL = new URL('../../fixtures/image/', import.meta.url)

export const reference: Reference = JSON.parse(readFileSync(new URL('reference.json', fixtures), 'utf8'))

/** The bytes of a packed array of bytes. */
export function bytesOf(packed: Packed): Uint8Array {
  expect(packed.dtype).toBe('u8')
  return new Uint8Array(inflateSync(Buffer.from(packed.deflated, 'base64')))
}

/** The values of a packed array as numbers, of whatever dtype. */
export function valuesOf(packed: Packed): Float32Array | Int32Array | Uint8Array {
  const bytes = new Uint8Array(inflateSync(Buffer.from(packed.deflated, 'base64')))
  if (packed.dtype === 'u8') return bytes
  return packed.dtype === 'f32' ? new Float32Array(bytes.buffer) : new Int32Array(bytes.buffer)
}

/** A picture of the script, as gray bytes or floats. */
export function grayOf(packed: Packed): GrayImage {
  const [height = 0, width = 0] = packed.shape
  const values = valuesOf(packed)
  if (values instanceof Int32Array) throw new TypeError('a gray picture holds bytes or floats')
  return grayImage(width, height, values)
}

export function binaryOf(packed: Packed): BinaryImage {
  const [height = 0, width = 0] = packed.shape
  return binaryImage(width, height, bytesOf(packed))
}

export function rgbOf(packed: Packed): RgbImage {
  const [height = 0, width = 0] = packed.shape
  return rgbImage(width, height, bytesOf(packed))
}

/** The gray picture of the script by name. */
export function grayNamed(name: string): GrayImage {
  return grayOf(name === 'bytes' ? reference.images.bytes : reference.images.floats)
}

/** Largest |a - b|; fails if the lengths differ or a value is not a number. */
export function largestError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const error = a[i] === b[i] ? 0 : Math.abs(a[i]! - b[i]!)
    if (Number.isNaN(error)) return Number.NaN
    largest = Math.max(largest, error)
  }
  return largest
}

/** Number of places at which two arrays differ; fails if the lengths do. */
export function differences(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let count = 0
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++
  return count
}
