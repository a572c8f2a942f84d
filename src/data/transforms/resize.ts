// Resizing: to a size, or by the shorter side. The filters are those of the image package.

import { UsageError } from '../../core/errors.ts'
import { grayImage, rgbImage } from '../../image/image.ts'
import { resize as resizeImage } from '../../image/resize.ts'
import { type Pixels, valuesLike } from '../pixels.ts'
import { type Size, sizeFrom, type Transform } from './transform.ts'

export interface ResizeTransformOptions {
  /** Both extents. Give this or `shorter`. */
  readonly size?: Size
  /** Extent of the shorter side; the proportions stay. */
  readonly shorter?: number
  /** Default 'bilinear'. */
  readonly filter?: 'bilinear' | 'bicubic' | 'area' | 'nearest'
  /** Average over what a pixel of the smaller picture covers (default true); 'area' always does, 'nearest' never. */
  readonly antialias?: boolean
}

/**
 * The picture at another size. Pixel centres lie at half-integers: output x looks at (x + 1/2) s - 1/2 with s = input width / output
 * width, as `torch.nn.functional.interpolate` with `align_corners=False`. By `shorter`, the longer side is
 * floor(shorter longer / shorter side), as torchvision's `Resize(int)`.
 */
export function resize(options: ResizeTransformOptions): Transform {
  const { size, shorter, filter = 'bilinear', antialias = true } = options
  if ((size === undefined) === (shorter === undefined)) throw new UsageError('resize: give either size or shorter')
  const extents = size === undefined ? undefined : sizeFrom('resize', size)
  if (shorter !== undefined) sizeFrom('resize', shorter)
  return {
    name: 'resize',
    options: { ...options },
    apply: (image) => {
      const { height, width } = extents ?? sizeByShorter(image, shorter as number)
      return resized(image, { height, width, filter, antialias })
    },
  }
}

function sizeByShorter({ height, width }: Pixels, shorter: number): { height: number; width: number } {
  return height <= width
    ? { height: shorter, width: Math.floor((shorter * width) / height) }
    : { height: Math.floor((shorter * height) / width), width: shorter }
}

export interface ResizedOptions {
  readonly height: number
  readonly width: number
  readonly filter: 'bilinear' | 'bicubic' | 'area' | 'nearest'
  readonly antialias: boolean
}

/** The picture at another size; bytes stay bytes. */
export function resized(image: Pixels, { height, width, filter, antialias }: ResizedOptions): Pixels {
  const { channels, data } = image
  if (height === image.height && width === image.width) return image
  if (filter === 'nearest') return nearest(image, height, width)
  const options = { height, width, filter, antialias }
  if (channels === 3 && data instanceof Uint8Array) {
    return { height, width, channels, data: resizeImage(rgbImage(image.width, image.height, data), options).data }
  }
  const out = valuesLike(image, height * width * channels)
  for (let channel = 0; channel < channels; channel++) {
    const plane = resizeImage(grayImage(image.width, image.height, planeOf(image, channel)), options).data
    for (let i = 0; i < plane.length; i++) out[i * channels + channel] = plane[i] as number
  }
  return { height, width, channels, data: out }
}

function planeOf(image: Pixels, channel: number): Uint8Array | Float32Array {
  const { channels, data } = image
  if (channels === 1) return data
  const plane = valuesLike(image, image.height * image.width)
  for (let i = 0; i < plane.length; i++) plane[i] = data[i * channels + channel] as number
  return plane
}

/** Each pixel from the one that holds its centre (`interpolate` with mode 'nearest-exact'). */
function nearest(image: Pixels, height: number, width: number): Pixels {
  const { channels, data } = image
  const out = valuesLike(image, height * width * channels)
  let at = 0
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * image.height) / height) * image.width
    for (let x = 0; x < width; x++) {
      const start = (row + Math.floor(((x + 0.5) * image.width) / width)) * channels
      for (let c = 0; c < channels; c++) out[at++] = data[start + c] as number
    }
  }
  return { height, width, channels, data: out }
}
