// MaxPool2d: the largest value of each window.

import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import { checkCounts, checkImages, type HeightWidth } from './sizes.ts'

export interface MaxPool2dOptions {
  /** Height and width of the window. */
  readonly size: HeightWidth
  /** Distance between windows (default: `size`). */
  readonly stride?: HeightWidth
  /** Rows and columns around the image that never win (default 0). */
  readonly padding?: HeightWidth
  /** Distance between the window's taps (default 1). */
  readonly dilation?: HeightWidth
  /** Whether windows may reach beyond the bottom and the right, so that every pixel is seen (default false). */
  readonly ceilMode?: boolean
}

/**
 * `y[n, p, q, c] = max over i, j of x[n, stride p + dilation i - padding, stride q + dilation j - padding, c]`, x: [N, H, W, C], y: [N, P, Q, C] of
 * `P = floor((H + 2 padding - dilation (size - 1) - 1) / stride) + 1`, or the ceiling. The gradient goes to the first largest value.
 * Gradients and sizes as PyTorch's MaxPool2d.
 *
 * ```ts
 * new MaxPool2d({ size: 2 }).forward(x)   // [32, 28, 28, 6] becomes [32, 14, 14, 6]
 * ```
 */
export class MaxPool2d extends Module {
  readonly size: HeightWidth
  readonly stride: HeightWidth
  readonly padding: HeightWidth
  readonly dilation: HeightWidth
  readonly ceilMode: boolean

  /** Throws UsageError for sizes that are no whole numbers of 1 or more. */
  constructor({ size, stride = size, padding = 0, dilation = 1, ceilMode = false }: MaxPool2dOptions) {
    super()
    checkCounts('MaxPool2d', { size, stride, dilation })
    this.size = size
    this.stride = stride
    this.padding = padding
    this.dilation = dilation
    this.ceilMode = ceilMode
  }

  /** x: [N, H, W, C] to [N, P, Q, C]. Throws ShapeError where no window fits. */
  override forward(x: Tensor): Tensor {
    checkImages('MaxPool2d', x)
    const { size, stride, padding, dilation, ceilMode } = this
    return x.maxPool2d({ size, stride, padding, dilation, ceilMode })
  }
}
