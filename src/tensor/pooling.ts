// Tensor's pooling: the largest or the mean of each window, channel by channel. Images are [N, H, W, C].

import { type DType, isFloat } from '../core/dtype.ts'
import * as ops from '../ops/functions.ts'
import { arrayNode, type Node } from '../ops/node.ts'
import { type Sliding, windowGrid } from '../ops/sliding.ts'
import { floatNode, wrap } from './base.ts'
import { ConvolutionTensor } from './convolution.ts'
import type { Tensor } from './tensor.ts'
import { resampleAxis, type Taps } from './weighted-taps.ts'
import {
  checkImages,
  imagePadding,
  type Margins,
  type PairOption,
  pairOption,
  poolingMargins,
} from './window-options.ts'

export interface AveragePoolingOptions {
  /** Pixels of a window. */
  readonly size: PairOption
  /** Pixels between windows; the size unless given, so that windows lie side by side. */
  readonly stride?: PairOption
  /** Pixels around the images, at most half a window; 0 unless given. */
  readonly padding?: PairOption
  /** Keep a last window that reaches over the edge, if it starts on the image or on the padding before it; false unless given. */
  readonly ceilMode?: boolean
  /** Divide by the window's pixels on the padding, too; true unless given. */
  readonly countIncludePad?: boolean
}

export interface MaxPoolingOptions {
  /** Pixels of a window. */
  readonly size: PairOption
  /** Pixels between windows; the size unless given, so that windows lie side by side. */
  readonly stride?: PairOption
  /** Pixels around the images that are never the largest, at most half a window; 0 unless given. */
  readonly padding?: PairOption
  /** Pixels between the taps of a window; 1 unless given. */
  readonly dilation?: PairOption
  /** Keep a last window that reaches over the edge, if it starts on the image or on the padding before it; false unless given. */
  readonly ceilMode?: boolean
}

/** How the windows of pooling lie. */
function slidingOf(name: string, options: MaxPoolingOptions): Sliding {
  const size = pairOption(name, 'size', options.size, 1)
  return {
    size,
    stride: pairOption(name, 'stride', options.stride ?? size, 1),
    dilation: pairOption(name, 'dilation', options.dilation ?? 1, 1),
  }
}

/** The least number of a dtype. */
function least(dtype: DType): number {
  return isFloat(dtype) ? Number.NEGATIVE_INFINITY : -(2 ** 31)
}

/** Pixels of each window along one axis that count: those before `end` and not before `start`. */
function overlaps(count: number, size: number, stride: number, start: number, end: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.min(i * stride + size, end) - Math.max(i * stride, start))
}

/** Parts of `extent` for adaptive pooling: floor(i * extent / parts) up to ceil((i + 1) * extent / parts). */
function evenParts(extent: number, parts: number): Taps[] {
  return Array.from({ length: parts }, (_, i) => {
    const [start, end] = [Math.floor((i * extent) / parts), Math.ceil(((i + 1) * extent) / parts)]
    return Array.from({ length: end - start }, (_, j) => [start + j, 1 / (end - start)] as const)
  })
}

export abstract class PoolingTensor extends ConvolutionTensor {
  /**
   * The largest pixel of each window, channel by channel, NaN if there is one: [N, H, W, C] to [N, OH, OW, C],
   * OH = floor((H + 2 * padding - (size - 1) * dilation - 1) / stride) + 1, with ceil instead of floor in `ceilMode`. The gradient goes to the
   * first of the largest, row by row, as in PyTorch.
   */
  maxPool2d(options: MaxPoolingOptions): Tensor {
    const name = 'maxPool2d'
    checkImages(name, this.shape)
    const sliding = slidingOf(name, options)
    const padding = pairOption(name, 'padding', options.padding ?? 0, 0)
    const margins = poolingMargins(name, this.shape, sliding, { padding, ceilMode: options.ceilMode ?? false })
    const { before, after } = imagePadding(margins)
    const narrow = this.dtype === 'bool' || this.dtype === 'u8'
    const x = narrow ? ops.cast(this.node, 'i32') : this.node
    return wrap(ops.cast(ops.maxPool(ops.pad(x, before, after, least(x.dtype)), sliding), this.dtype))
  }

  /**
   * The mean of each window, channel by channel: [N, H, W, C] to [N, OH, OW, C], OH = floor((H + 2 * padding - size) / stride) + 1, with ceil
   * instead of floor in `ceilMode`. Pixels beyond the padding, which only `ceilMode` meets, never count; those of the padding
   * count as zeros unless `countIncludePad` is false. As PyTorch's AvgPool2d; integers give f32.
   */
  averagePool2d(options: AveragePoolingOptions): Tensor {
    const name = 'averagePool2d'
    checkImages(name, this.shape)
    const sliding = slidingOf(name, { size: options.size, stride: options.stride ?? options.size })
    const padding = pairOption(name, 'padding', options.padding ?? 0, 0)
    const margins = poolingMargins(name, this.shape, sliding, { padding, ceilMode: options.ceilMode ?? false })
    const { before, after } = imagePadding(margins)
    const windows = ops.windows(ops.pad(floatNode(this.node), before, after), sliding)
    const [images, rows, columns, , , channels] = windows.shape as [number, number, number, number, number, number]
    const sums = ops.reshape(ops.sum(windows, [3, 4]), [images, rows, columns, channels])
    const counted = (options.countIncludePad ?? true) ? padding : ([0, 0] as const)
    return wrap(ops.multiply(sums, ops.broadcastTo(this.#shares(sliding, margins, counted, sums), sums.shape)))
  }

  /** 1 / pixels that count, for each window: those on the image and on `counted` pixels around it. */
  #shares({ size, stride }: Sliding, margins: Margins, counted: readonly [number, number], sums: Node): Node {
    const along = (axis: 0 | 1): number[] => {
      const [extent, before] = [this.shape[axis + 1] as number, margins[axis][0]]
      const [start, end] = [before - counted[axis], before + extent + counted[axis]]
      return overlaps(sums.shape[axis + 1] as number, size[axis], stride[axis], start, end)
    }
    const [high, wide] = [along(0), along(1)]
    const pixels = size[0] * size[1]
    if ([...high.map((n) => n * size[1]), ...wide.map((n) => n * size[0])].every((n) => n === pixels))
      return ops.fill(1 / pixels, { shape: [1, 1, 1, 1], dtype: sums.dtype })
    const shares = high.flatMap((h) => wide.map((w) => 1 / (h * w)))
    const data = sums.dtype === 'f64' ? Float64Array.from(shares) : Float32Array.from(shares)
    return arrayNode(data, [1, high.length, wide.length, 1], sums.dtype)
  }

  /**
   * The mean over each of height x width parts of the images: [N, H, W, C] to [N, height, width, C]. Part i covers the rows from
   * floor(i * H / height) up to ceil((i + 1) * H / height), as PyTorch's AdaptiveAvgPool2d; [1, 1] is global average pooling.
   */
  adaptiveAveragePool2d(size: PairOption): Tensor {
    const name = 'adaptiveAveragePool2d'
    checkImages(name, this.shape)
    const [height, width] = pairOption(name, 'size', size, 1)
    const [, h, w] = this.shape as [number, number, number]
    if (height === 1 && width === 1) return this.mean([1, 2], { keep: true })
    if (h > 0 && w > 0 && h % height === 0 && w % width === 0)
      return this.averagePool2d({ size: [h / height, w / width] })
    windowGrid(name, this.shape, { size: [1, 1], stride: [1, 1], dilation: [1, 1] })
    return wrap(resampleAxis(resampleAxis(floatNode(this.node), 1, evenParts(h, height)), 2, evenParts(w, width)))
  }
}
