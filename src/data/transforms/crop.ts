// Crops: from the middle, at random with padding, and at random with another size and shape.

import { UsageError } from '../../core/errors.ts'
import { mirror } from '../../image/mirror.ts'
import { inUnitsOf, type Pixels, valuesLike } from '../pixels.ts'
import { resized } from './resize.ts'
import { type Range, rangeOf, type Size, sizeFrom, type Transform } from './transform.ts'

/** What lies beyond the edge: one value, the border pixel, or the picture mirrored without repeating the border. */
export type Padding = 'constant' | 'edge' | 'reflect'

export interface CropOptions {
  readonly size: Size
  /** Value of pixels that the picture does not have, where 1 is white (default 0). */
  readonly fill?: number
}

/** The middle of the picture; where it is smaller, it is padded evenly. As torchvision's `CenterCrop`. */
export function centerCrop(options: CropOptions): Transform {
  const { height, width } = sizeFrom('centerCrop', options.size)
  const { fill = 0 } = options
  return {
    name: 'centerCrop',
    options: { ...options },
    apply: (image) => {
      const top = middle(image.height, height)
      const left = middle(image.width, width)
      return cropped(image, { top, left, height, width, fill, padding: 'constant' })
    },
  }
}

/** Where a crop in the middle begins. Halves are rounded to even numbers, as Python does. */
function middle(length: number, size: number): number {
  if (size > length) return -Math.floor((size - length) / 2)
  const half = (length - size) / 2
  return Number.isInteger(half) ? half : 2 * Math.round(half / 2)
}

export interface RandomCropOptions extends CropOptions {
  /** Pixels added at each side before cropping (default 0). */
  readonly padding?: number
  /** Default 'constant'. */
  readonly mode?: Padding
}

/**
 * A part of the padded picture; every place is equally likely. `randomCrop({ size: 32, padding: 4 })` is the augmentation of
 * K. He et al. 2016 for CIFAR. Throws UsageError, when it is applied, where the padded picture is smaller than the crop.
 */
export function randomCrop(options: RandomCropOptions): Transform {
  const { height, width } = sizeFrom('randomCrop', options.size)
  const { padding = 0, fill = 0, mode = 'constant' } = options
  if (!(Number.isInteger(padding) && padding >= 0)) {
    throw new UsageError(`randomCrop: padding must be a whole number of 0 or more, not ${padding}`)
  }
  return {
    name: 'randomCrop',
    options: { ...options },
    apply: (image, random) => {
      const down = image.height + 2 * padding - height
      const across = image.width + 2 * padding - width
      if (down < 0 || across < 0) {
        throw new UsageError(
          `randomCrop: ${height}x${width} pixels do not fit in a picture of ${image.height}x${image.width} with ${padding} at each side; resize it first`,
        )
      }
      const top = random.integer(down + 1) - padding
      const left = random.integer(across + 1) - padding
      return cropped(image, { top, left, height, width, fill, padding: mode })
    },
  }
}

export interface RandomResizedCropOptions {
  readonly size: Size
  /** Share of the picture's area (default 0.08 to 1). */
  readonly scale?: Range
  /** Width over height, drawn so that its logarithm is uniform (default 3/4 to 4/3). */
  readonly ratio?: Range
  /** Default 'bilinear'. */
  readonly filter?: 'bilinear' | 'bicubic' | 'area'
}

/**
 * A part of random area and proportions, brought to `size`. After ten parts that do not fit, the largest of allowed proportions in the
 * middle. C. Szegedy et al. 2015; as torchvision's `RandomResizedCrop`.
 */
export function randomResizedCrop(options: RandomResizedCropOptions): Transform {
  const { height, width } = sizeFrom('randomResizedCrop', options.size)
  const { filter = 'bilinear' } = options
  const scale = rangeOf('randomResizedCrop: scale', options.scale ?? [0.08, 1], 1, 0)
  const ratio = rangeOf('randomResizedCrop: ratio', options.ratio ?? [3 / 4, 4 / 3], 1, 0)
  if (scale[1] > 1 || ratio[0] === 0 || scale[1] === 0) {
    throw new UsageError('randomResizedCrop: scale must be above 0 and at most 1, ratio above 0')
  }
  return {
    name: 'randomResizedCrop',
    options: { ...options },
    apply: (image, random) => {
      const part = cropped(image, { ...randomPart(image), fill: 0, padding: 'constant' })
      return resized(part, { height, width, filter, antialias: true })

      function randomPart({ height, width }: Pixels): Pick<CropBox, 'top' | 'left' | 'height' | 'width'> {
        for (let attempt = 0; attempt < 10; attempt++) {
          const area = height * width * random.uniform(...scale)
          const proportion = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])))
          const partWidth = Math.round(Math.sqrt(area * proportion))
          const partHeight = Math.round(Math.sqrt(area / proportion))
          if (partWidth < 1 || partHeight < 1 || partWidth > width || partHeight > height) continue
          const top = random.integer(height - partHeight + 1)
          const left = random.integer(width - partWidth + 1)
          return { top, left, height: partHeight, width: partWidth }
        }
        return middlePart(image, ratio)
      }
    },
  }
}

/** The largest part in the middle whose proportions are in the range. */
function middlePart({ height, width }: Pixels, ratio: readonly [number, number]): Omit<CropBox, 'fill' | 'padding'> {
  const proportion = Math.min(ratio[1], Math.max(ratio[0], width / height))
  const partWidth = Math.max(1, Math.min(width, Math.round(height * proportion)))
  const partHeight = Math.max(1, Math.min(height, Math.round(width / proportion)))
  const top = Math.floor((height - partHeight) / 2)
  const left = Math.floor((width - partWidth) / 2)
  return { top, left, height: partHeight, width: partWidth }
}

/** A part of a picture; it may reach beyond. */
export interface CropBox {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
  /** As in `CropOptions`. */
  readonly fill: number
  readonly padding: Padding
}

/** The part of the picture in the box. */
export function cropped(image: Pixels, box: CropBox): Pixels {
  const { top, left, height, width, padding } = box
  const { channels } = image
  const out = valuesLike(image, height * width * channels)
  const result = { height, width, channels, data: out }
  const inside = top >= 0 && left >= 0 && top + height <= image.height && left + width <= image.width
  if (!inside && padding !== 'constant') {
    gather(image, out, box)
    return result
  }
  const fill = inUnitsOf(image, box.fill)
  if (!inside && fill !== 0) out.fill(fill)
  const from = Math.max(0, left)
  const count = (Math.min(image.width, left + width) - from) * channels
  if (count <= 0) return result
  const last = Math.min(image.height, top + height)
  for (let y = Math.max(0, top); y < last; y++) {
    const start = (y * image.width + from) * channels
    const at = ((y - top) * width + from - left) * channels
    out.set(image.data.subarray(start, start + count), at)
  }
  return result
}

/** Pixel by pixel, from the nearest or the mirrored place. */
function gather(image: Pixels, out: Pixels['data'], { top, left, height, width, padding }: CropBox): void {
  const { channels, data } = image
  const place = (index: number, length: number): number =>
    padding === 'reflect' ? mirror(index, length) : Math.min(length - 1, Math.max(0, index))
  let at = 0
  for (let y = 0; y < height; y++) {
    const row = place(top + y, image.height) * image.width
    for (let x = 0; x < width; x++) {
      const start = (row + place(left + x, image.width)) * channels
      for (let c = 0; c < channels; c++) out[at++] = data[start + c] as number
    }
  }
}
