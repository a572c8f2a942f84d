// Elastic distortion: every pixel is moved a little, neighbours by similar amounts, as handwriting varies.

import { UsageError } from '../../core/errors.ts'
import { gaussianBlur } from '../../image/blur.ts'
import { grayImage } from '../../image/image.ts'
import { checkProbability, type Transform } from './transform.ts'
import { warp } from './warp.ts'

export interface ElasticOptions {
  /** Strength: the noise of -1 to 1 is smoothed, then multiplied by this many pixels. */
  readonly alpha: number
  /** Standard deviation of the smoothing in pixels; larger is stiffer. */
  readonly sigma: number
  /** Default 'bilinear'. */
  readonly filter?: 'bilinear' | 'nearest'
  /** Value of pixels that come from beyond the edge, where 1 is white (default 0). */
  readonly fill?: number
  /** Share of the pictures that are changed (default 1). */
  readonly probability?: number
}

/**
 * Output (x, y) comes from (x + alpha u(x, y), y + alpha v(x, y)), u and v uniform noise from -1 to 1 convolved with a Gaussian.
 * P. Simard, D. Steinkraus and J. Platt 2003; 28x28 digits take alpha 34 and sigma 4.
 */
export function elastic(options: ElasticOptions): Transform {
  const { alpha, sigma, filter = 'bilinear', fill = 0, probability = 1 } = options
  if (!(alpha >= 0 && alpha < Infinity && sigma > 0 && sigma <= 1000)) {
    throw new UsageError(
      `elastic: alpha must be 0 or more and sigma above 0 and at most 1000, not ${alpha} and ${sigma}`,
    )
  }
  checkProbability('elastic', probability)
  return {
    name: 'elastic',
    options: { ...options },
    apply: (image, random) => {
      if (random.uniform() >= probability) return image
      const { height, width } = image
      const smoothNoise = (): Float32Array => {
        const noise = Float32Array.from({ length: height * width }, () => random.uniform(-1, 1))
        return gaussianBlur(grayImage(width, height, noise), { sigma }).data
      }
      const right = smoothNoise()
      const down = smoothNoise()
      const places = new Float64Array(2 * height * width)
      for (let y = 0, pixel = 0; y < height; y++) {
        for (let x = 0; x < width; x++, pixel++) {
          places[2 * pixel] = x + alpha * (right[pixel] as number)
          places[2 * pixel + 1] = y + alpha * (down[pixel] as number)
        }
      }
      return warp(image, { places, filter, fill })
    },
  }
}
