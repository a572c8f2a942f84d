// AveragePool2d: the mean of each window.

import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import { checkCounts, checkImages, type HeightWidth } from './sizes.ts'

export interface AveragePool2dOptions {
  /** Height and width of the window. */
  readonly size: HeightWidth
  /** Distance between windows (default: `size`). */
  readonly stride?: HeightWidth
  /** Rows and columns of zeros around the image (default 0). */
  readonly padding?: HeightWidth
  /** Whether windows may reach beyond the bottom and the right, so that every pixel is seen (default false). */
  readonly ceilMode?: boolean
  /** Whether padding counts in the mean (default true). */
  readonly countIncludePad?: boolean
}

/**
 * `y[n, p, q, c] = mean over i, j of x[n, stride p + i - padding, stride q + j - padding, c]`, x: [N, H, W, C], y: [N, P, Q, C] of
 * `P = floor((H + 2 padding - size) / stride) + 1`, or the ceiling. As PyTorch's AvgPool2d.
 *
 * ```ts
 * new AveragePool2d({ size: 2 }).forward(x)   // [32, 28, 28, 6] becomes [32, 14, 14, 6]
 * ```
 */
export class AveragePool2d extends Module {
  readonly size: HeightWidth
  readonly stride: HeightWidth
  readonly padding: HeightWidth
  readonly ceilMode: boolean
  readonly countIncludePad: boolean

  /** Throws UsageError for sizes that are no whole numbers of 1 or more. */
  constructor(options: AveragePool2dOptions) {
    super()
    const { size, stride = size, padding = 0, ceilMode = false, countIncludePad = true } = options
    checkCounts('AveragePool2d', { size, stride })
    this.size = size
    this.stride = stride
    this.padding = padding
    this.ceilMode = ceilMode
    this.countIncludePad = countIncludePad
  }

  /** x: [N, H, W, C] to [N, P, Q, C]. Throws ShapeError where no window fits. */
  override forward(x: Tensor): Tensor {
    checkImages('AveragePool2d', x)
    const { size, stride, padding, ceilMode, countIncludePad } = this
    return x.averagePool2d({ size, stride, padding, ceilMode, countIncludePad })
  }
}
