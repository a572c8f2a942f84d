// Upsample: images enlarged, by repeating pixels or by blending them.

import { UsageError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import { checkAboveZero, checkCounts, checkImages, type HeightWidth, heightAndWidth } from './sizes.ts'

export interface UpsampleOptions {
  /** How many times larger; this or `size`. */
  readonly scale?: HeightWidth
  /** Height and width of the result; this or `scale`. */
  readonly size?: HeightWidth
  /** 'nearest' repeats pixels (default), 'bilinear' blends the four around. */
  readonly mode?: 'nearest' | 'bilinear'
  /** Of bilinear: corners of both images fall together, instead of their rims (default false). */
  readonly alignCorners?: boolean
}

/**
 * [N, H, W, C] becomes [N, scale H, scale W, C], rounded down. Pixel p of the result lies at `(p + 1/2) / scale - 1/2` of the image (with
 * aligned corners at `p (H - 1) / (P - 1)`), where bilinear blends the pixels around; nearest takes `floor(p / scale)`. As PyTorch's Upsample.
 *
 * ```ts
 * new Upsample({ scale: 2 }).forward(x)   // [8, 7, 7, 32] becomes [8, 14, 14, 32]
 * ```
 */
export class Upsample extends Module {
  readonly scale: readonly [height: number, width: number] | undefined
  readonly size: readonly [height: number, width: number] | undefined
  readonly mode: 'nearest' | 'bilinear'
  readonly alignCorners: boolean

  /** Throws UsageError unless either a scale above 0 or a size of whole numbers is given. */
  constructor({ scale, size, mode = 'nearest', alignCorners = false }: UpsampleOptions) {
    super()
    if ((scale === undefined) === (size === undefined))
      throw new UsageError(`Upsample: give either scale or size${atSite()}`)
    if (size !== undefined) checkCounts('Upsample', { size })
    this.scale = scale === undefined ? undefined : heightAndWidth(scale)
    for (const factor of this.scale ?? []) checkAboveZero('Upsample', 'scale', factor)
    this.size = size === undefined ? undefined : heightAndWidth(size)
    this.mode = mode
    this.alignCorners = alignCorners
  }

  /** x: [N, H, W, C] to [N, P, Q, C]. */
  override forward(x: Tensor): Tensor {
    checkImages('Upsample', x)
    const { scale, size, mode, alignCorners } = this
    return x.upsample2d(size === undefined ? { scale: scale ?? 1, mode, alignCorners } : { size, mode, alignCorners })
  }
}
