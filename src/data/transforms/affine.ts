// Rotation, shift, scale and shear about the middle of the picture.

import { UsageError } from '../../core/errors.ts'
import type { Pixels } from '../pixels.ts'
import { checkProbability, type Range, rangeOf, type Transform } from './transform.ts'
import { warp } from './warp.ts'

/** One affine map of the plane about the middle of the picture. */
export interface AffineMap {
  /** Turn in degrees; positive is clockwise, as the y axis points down. */
  readonly degrees: number
  /** Shift in pixels, to the right and down. */
  readonly translate: readonly [x: number, y: number]
  /** Enlargement. */
  readonly scale: number
  /** Shear in degrees along x and y. */
  readonly shear: readonly [x: number, y: number]
}

/**
 * The inverse map as [a, b, c, d, e, f]: with coordinates from the middle of the picture, output (x, y) comes from
 * (a x + b y + c, d x + e y + f). The map is T R(degrees) S(shear) scale, in the convention of torchvision's `affine`.
 */
export function inverseAffine({
  degrees,
  translate,
  scale,
  shear,
}: AffineMap): [number, number, number, number, number, number] {
  const turn = (degrees * Math.PI) / 180
  const shearX = (shear[0] * Math.PI) / 180
  const shearY = (shear[1] * Math.PI) / 180
  const a = Math.cos(turn - shearY) / Math.cos(shearY)
  const b = (-Math.cos(turn - shearY) * Math.tan(shearX)) / Math.cos(shearY) - Math.sin(turn)
  const c = Math.sin(turn - shearY) / Math.cos(shearY)
  const d = (-Math.sin(turn - shearY) * Math.tan(shearX)) / Math.cos(shearY) + Math.cos(turn)
  const [x, y] = translate
  return [d / scale, -b / scale, (-d * x + b * y) / scale, -c / scale, a / scale, (c * x - a * y) / scale]
}

export interface MapOptions {
  /** Default 'bilinear'. */
  readonly filter?: 'bilinear' | 'nearest'
  /** Value of pixels that come from beyond the edge, where 1 is white (default 0). */
  readonly fill?: number
}

/** The picture under an affine map, at the same size. */
export function applyAffine(image: Pixels, map: AffineMap, { filter = 'bilinear', fill = 0 }: MapOptions = {}): Pixels {
  const { height, width } = image
  const [a, b, c, d, e, f] = inverseAffine(map)
  const places = new Float64Array(2 * height * width)
  const middleX = (width - 1) / 2
  const middleY = (height - 1) / 2
  let at = 0
  for (let row = 0; row < height; row++) {
    const y = row - middleY
    for (let column = 0; column < width; column++) {
      const x = column - middleX
      places[at++] = a * x + b * y + c + middleX
      places[at++] = d * x + e * y + f + middleY
    }
  }
  return warp(image, { places, filter, fill })
}

export interface RotationOptions extends MapOptions {
  /** Range of the turn; 10 stands for -10 to 10. */
  readonly degrees: Range
}

/** Turns the picture about its middle, at the same size. */
export function randomRotation(options: RotationOptions): Transform {
  const degrees = rangeOf('randomRotation: degrees', options.degrees, 0)
  return {
    name: 'randomRotation',
    options: { ...options },
    apply: (image, random) => {
      const map: AffineMap = { degrees: random.uniform(...degrees), translate: [0, 0], scale: 1, shear: [0, 0] }
      return applyAffine(image, map, options)
    },
  }
}

export interface RandomAffineOptions extends MapOptions {
  /** Range of the turn (default 0); 10 stands for -10 to 10. */
  readonly degrees?: Range
  /** Largest shift as shares of width and height (default none). */
  readonly translate?: readonly [x: number, y: number]
  /** Range of the enlargement (default 1); 0.1 stands for 0.9 to 1.1. */
  readonly scale?: Range
  /** Range of the shear in degrees, drawn for x and y each (default 0). */
  readonly shear?: Range
  /** Share of the pictures that are changed (default 1). */
  readonly probability?: number
}

/** Turns, shifts, enlarges and shears the picture about its middle, each by a number drawn from its range. */
export function randomAffine(options: RandomAffineOptions): Transform {
  const { translate = [0, 0], probability = 1 } = options
  const degrees = rangeOf('randomAffine: degrees', options.degrees ?? 0, 0)
  const scale = rangeOf('randomAffine: scale', options.scale ?? 0, 1)
  const shear = rangeOf('randomAffine: shear', options.shear ?? 0, 0)
  checkProbability('randomAffine', probability)
  if (!(scale[0] > 0)) throw new UsageError(`randomAffine: scale must be above 0, not ${scale[0]}`)
  if (!(Math.abs(shear[0]) < 90 && Math.abs(shear[1]) < 90)) {
    throw new UsageError('randomAffine: shear must be between -90 and 90 degrees')
  }
  if (!translate.every((share) => share >= 0 && share <= 1)) {
    throw new UsageError(`randomAffine: translate must be shares from 0 to 1, not ${translate.join(' and ')}`)
  }
  return {
    name: 'randomAffine',
    options: { ...options },
    apply: (image, random) => {
      if (random.uniform() >= probability) return image
      const shareX = random.uniform(-translate[0], translate[0])
      const shareY = random.uniform(-translate[1], translate[1])
      const map: AffineMap = {
        degrees: random.uniform(...degrees),
        translate: [shareX * image.width, shareY * image.height],
        scale: random.uniform(...scale),
        shear: [random.uniform(...shear), random.uniform(...shear)],
      }
      return applyAffine(image, map, options)
    },
  }
}
