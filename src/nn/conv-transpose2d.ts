// ConvTranspose2d: the transposed convolution layer, which enlarges images.

import type { Random } from '../core/random.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { checkGroups, type ImagePadding } from './conv2d.ts'
import { defaultWeightRandom, fanInUniform, type Initializer, zeros } from './initializers.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'
import { checkCounts, checkImages, type HeightWidth, heightAndWidth } from './sizes.ts'

export interface ConvTranspose2dOptions {
  /** Channels of the input. */
  readonly inputs: number
  /** Channels of the output. */
  readonly outputs: number
  /** Height and width of the window. */
  readonly kernel: HeightWidth
  /** Distance between the windows that the inputs are spread over (default 1). */
  readonly stride?: HeightWidth
  /** Rows and columns cut off the result's rim (default 0): the padding of the convolution that this one is the transpose of. */
  readonly padding?: ImagePadding
  /** Rows and columns added at the bottom and the right, which choose among the sizes that the stride leaves open (default 0). */
  readonly outputPadding?: HeightWidth
  /** Distance between the window's taps (default 1). */
  readonly dilation?: HeightWidth
  /** Channels are cut into so many groups (default 1). */
  readonly groups?: number
  /** Whether to add a bias (default true). */
  readonly bias?: boolean
  /** Initial weights (default `fanInUniform`); the bias starts at zero. */
  readonly initializer?: Initializer
  /** Generator of the initial weights (default: the stream that `seedWeights` seeds). */
  readonly random?: Random
}

/**
 * The transpose of `Conv2d` in its input: x[n, p, q, c] times W[i, j, o, c] is added at y[n, stride p + dilation i - padding, stride q +
 * dilation j - padding, o]. x: [N, P, Q, inputs], W: [kernel height, kernel width, outputs / groups, inputs], b: [outputs], y: [N, H, W, outputs] of
 * `H = (P - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1`. Dumoulin and Visin 2016, as PyTorch's ConvTranspose2d.
 *
 * ```ts
 * const layer = new ConvTranspose2d({ inputs: 32, outputs: 16, kernel: 3, stride: 2, padding: 1, outputPadding: 1 })
 * layer.forward(x)   // [32, 7, 7, 32] becomes [32, 14, 14, 16]
 * ```
 */
export class ConvTranspose2d extends Module {
  readonly inputs: number
  readonly outputs: number
  readonly kernel: readonly [height: number, width: number]
  readonly stride: HeightWidth
  readonly padding: ImagePadding
  readonly outputPadding: HeightWidth
  readonly dilation: HeightWidth
  readonly groups: number
  /** [kernel height, kernel width, outputs / groups, inputs] */
  readonly weight: Parameter
  /** [outputs] */
  readonly bias: Parameter | undefined

  /** Throws UsageError for sizes that are no whole numbers of 1 or more, and for groups that do not divide the channels. */
  constructor(options: ConvTranspose2dOptions) {
    super()
    const { inputs, outputs, kernel, stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options
    checkCounts('ConvTranspose2d', { inputs, outputs, kernel, stride, dilation, groups })
    checkGroups('ConvTranspose2d', inputs, outputs, groups)
    const { bias = true, initializer = fanInUniform, random = defaultWeightRandom() } = options
    this.inputs = inputs
    this.outputs = outputs
    this.kernel = heightAndWidth(kernel)
    this.stride = stride
    this.padding = padding
    this.outputPadding = outputPadding
    this.dilation = dilation
    this.groups = groups
    this.weight = new Parameter(initializer([...this.kernel, outputs / groups, inputs], random), { label: 'weight' })
    this.bias = bias ? new Parameter(zeros([outputs], random), { label: 'bias' }) : undefined
  }

  /** x: [N, P, Q, inputs] to [N, H, W, outputs]. Throws ShapeError for other channels. */
  override forward(x: Tensor): Tensor {
    checkImages('ConvTranspose2d', x, this.inputs)
    const { stride, padding, outputPadding, dilation, groups } = this
    const y = x.convTranspose2d(this.weight, { stride, padding, outputPadding, dilation, groups })
    return this.bias === undefined ? y : y.add(this.bias)
  }
}
