// AdaptiveAveragePool2d and GlobalAveragePool: means over parts of an image whose number is fixed, or over all of it.

import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import { checkCounts, checkImages, type HeightWidth, heightAndWidth } from './sizes.ts'

export interface AdaptiveAveragePool2dOptions {
  /** Height and width of the result. */
  readonly size: HeightWidth
}

/**
 * Images of any size become images of one size: `y[n, p, q, c]` is the mean of x over rows `floor(p H / P)` to `ceil((p + 1) H / P)`, end
 * excluded, and columns likewise; x: [N, H, W, C], y: [N, P, Q, C]. As PyTorch's AdaptiveAvgPool2d.
 *
 * ```ts
 * new AdaptiveAveragePool2d({ size: 7 }).forward(x)   // [8, 10, 13, 512] becomes [8, 7, 7, 512]
 * ```
 */
export class AdaptiveAveragePool2d extends Module {
  readonly size: readonly [height: number, width: number]

  /** Throws UsageError for sizes that are no whole numbers of 1 or more. */
  constructor({ size }: AdaptiveAveragePool2dOptions) {
    super()
    checkCounts('AdaptiveAveragePool2d', { size })
    this.size = heightAndWidth(size)
  }

  /** x: [N, H, W, C] to [N, P, Q, C]. */
  override forward(x: Tensor): Tensor {
    checkImages('AdaptiveAveragePool2d', x)
    return x.adaptiveAveragePool2d(this.size)
  }
}

/** The mean of each channel: `y[n, c] = mean over h, w of x[n, h, w, c]`, x: [N, H, W, C], y: [N, C]. Lin et al. 2013. */
export class GlobalAveragePool extends Module {
  /** x: [N, H, W, C] to [N, C]. */
  override forward(x: Tensor): Tensor {
    checkImages('GlobalAveragePool', x)
    return x.mean([1, 2])
  }
}
