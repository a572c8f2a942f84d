// Conv2d: the convolution layer.

import { UsageError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { defaultWeightRandom, fanInUniform, type Initializer, zeros } from './initializers.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'
import { checkCounts, checkImages, type HeightWidth, heightAndWidth } from './sizes.ts'

/** Zeros around an image: for all sides, [height, width], or [[top, bottom], [left, right]]. */
export type ImagePadding = HeightWidth | readonly [readonly [number, number], readonly [number, number]]

export interface Conv2dOptions {
  /** Channels of the input. */
  readonly inputs: number
  /** Channels of the output. */
  readonly outputs: number
  /** Height and width of the window. */
  readonly kernel: HeightWidth
  /** Distance between windows (default 1). */
  readonly stride?: HeightWidth
  /** Zeros around the image (default 0); 'same' keeps the image's size over the stride, 'valid' is 0. */
  readonly padding?: ImagePadding | 'same' | 'valid'
  /** Distance between the window's taps (default 1). */
  readonly dilation?: HeightWidth
  /** Channels are cut into so many groups, each convolved by itself (default 1; `inputs` makes it depthwise). */
  readonly groups?: number
  /** Whether to add a bias (default true). */
  readonly bias?: boolean
  /** Initial weights (default `fanInUniform`); the bias starts at zero. */
  readonly initializer?: Initializer
  /** Generator of the initial weights (default: the stream that `seedWeights` seeds). */
  readonly random?: Random
}

/**
 * `y[n, p, q, o] = b[o] + sum over i, j, c of W[i, j, c, o] x[n, stride p + dilation i - top, stride q + dilation j - left, c]`, with x:
 * [N, H, W, inputs], W: [kernel height, kernel width, inputs / groups, outputs], b: [outputs] and y: [N, P, Q, outputs] of
 * `P = floor((H + top + bottom - dilation (kernel - 1) - 1) / stride) + 1`. Output channels of group g sum over the inputs of group g.
 * Dumoulin and Visin 2016.
 *
 * ```ts
 * const layer = new Conv2d({ inputs: 64, outputs: 128, kernel: 5, stride: 2, padding: 3 })
 * layer.forward(x)   // [32, 18, 18, 64] becomes [32, 10, 10, 128]
 * ```
 */
export class Conv2d extends Module {
  readonly inputs: number
  readonly outputs: number
  readonly kernel: readonly [height: number, width: number]
  readonly stride: HeightWidth
  readonly padding: ImagePadding | 'same' | 'valid'
  readonly dilation: HeightWidth
  readonly groups: number
  /** [kernel height, kernel width, inputs / groups, outputs] */
  readonly weight: Parameter
  /** [outputs] */
  readonly bias: Parameter | undefined

  /** Throws UsageError for sizes that are no whole numbers of 1 or more, and for groups that do not divide the channels. */
  constructor(options: Conv2dOptions) {
    super()
    const { inputs, outputs, kernel, stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options
    checkCounts('Conv2d', { inputs, outputs, kernel, stride, dilation, groups })
    checkGroups('Conv2d', inputs, outputs, groups)
    const { initializer = fanInUniform, random = defaultWeightRandom() } = options
    this.inputs = inputs
    this.outputs = outputs
    this.kernel = heightAndWidth(kernel)
    this.stride = stride
    this.padding = padding
    this.dilation = dilation
    this.groups = groups
    this.weight = new Parameter(initializer([...this.kernel, inputs / groups, outputs], random), { label: 'weight' })
    this.bias = bias ? new Parameter(zeros([outputs], random), { label: 'bias' }) : undefined
  }

  /** x: [N, H, W, inputs] to [N, P, Q, outputs]. Throws ShapeError for other channels, and where no window fits. */
  override forward(x: Tensor): Tensor {
    checkImages('Conv2d', x, this.inputs)
    const { stride, padding, dilation, groups } = this
    const y = x.conv2d(this.weight, { stride, padding, dilation, groups })
    return this.bias === undefined ? y : y.add(this.bias)
  }
}

/** Throws UsageError where the groups do not divide both channel counts. */
export function checkGroups(layer: string, inputs: number, outputs: number, groups: number): void {
  if (inputs % groups === 0 && outputs % groups === 0) return
  throw new UsageError(
    `${layer}: ${groups} groups do not divide ${inputs} inputs and ${outputs} outputs evenly${atSite()}`,
  )
}
