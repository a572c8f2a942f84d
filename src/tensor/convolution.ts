// Tensor's convolutions. Images are [N, H, W, C], weights [kh, kw, inputs / groups, outputs].

import { promote } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import * as ops from '../ops/functions.ts'
import type { Node } from '../ops/node.ts'
import type { Pair } from '../ops/sliding.ts'
import { floatNode, tensorNode, wrap } from './base.ts'
import { LinearTensor } from './linear.ts'
import type { Tensor } from './tensor.ts'
import {
  checkImages,
  imagePadding,
  marginsOption,
  type PaddingOption,
  type PairOption,
  pairOption,
  sameMargins,
} from './window-options.ts'

export interface ConvolutionOptions {
  /** Pixels between windows; 1 unless given. */
  readonly stride?: PairOption
  /**
   * Zeros around the images; none unless given ('valid'). 'same' keeps the size at stride 1, the odd pixel after, as PyTorch's; at larger
   * strides it gives ceil(size / stride) windows, as TensorFlow's.
   */
  readonly padding?: PaddingOption | 'same' | 'valid'
  /** Pixels between the taps of a window; 1 unless given. */
  readonly dilation?: PairOption
  /** Parts of the channels that do not see each other; 1 unless given, and the number of inputs for a depthwise convolution. */
  readonly groups?: number
}

export interface TransposedConvolutionOptions {
  /** Pixels between windows of the output; 1 unless given. */
  readonly stride?: PairOption
  /** Pixels cut off around the output: the padding of the convolution that this one turns around; 0 unless given. */
  readonly padding?: PaddingOption
  /** Pixels more at the bottom and at the right, below stride or dilation: which of the sizes that the convolution maps to one is meant; 0 unless given. */
  readonly outputPadding?: PairOption
  /** Pixels between the taps of a window; 1 unless given. */
  readonly dilation?: PairOption
  /** Parts of the channels that do not see each other; 1 unless given. */
  readonly groups?: number
}

/** What a window's taps are apart and the windows among each other, checked. */
function spacing(
  name: string,
  { stride = 1, dilation = 1, groups = 1 }: { stride?: PairOption; dilation?: PairOption; groups?: number },
): { stride: Pair; dilation: Pair; groups: number } {
  return {
    stride: pairOption(name, 'stride', stride, 1),
    dilation: pairOption(name, 'dilation', dilation, 1),
    groups,
  }
}

/** Images and weights in one float dtype, and the kernel's size. */
function operands(name: string, x: Node, weights: Tensor): { images: Node; kernel: Node; size: Pair } {
  checkImages(name, x.shape)
  const given = tensorNode(name, weights)
  if (given.shape.length !== 4) {
    throw new ShapeError(
      `${name}: takes weights [kh, kw, inputs / groups, outputs], not ${formatShape(given.shape)}${atSite()}`,
    )
  }
  const dtype = promote(floatNode(x).dtype, floatNode(given).dtype)
  const size = pairOption(name, 'the size of the weights', [given.shape[0] as number, given.shape[1] as number], 1)
  return { images: ops.cast(x, dtype), kernel: ops.cast(given, dtype), size }
}

export abstract class ConvolutionTensor extends LinearTensor {
  /**
   * Convolution (cross-correlation, as in PyTorch) of images [N, H, W, C] with weights [kh, kw, C / groups, O]; gives [N, OH, OW, O],
   * OH = floor((H + top + bottom - (kh - 1) * dilation - 1) / stride) + 1:
   * y[n, i, j, o] = sum over p, q, c of x[n, i * stride + p * dilation - top, j * stride + q * dilation - left, c] * w[p, q, c, o],
   * c among the inputs of o's group floor(o / (O / groups)). Throws ShapeError where channels, groups or sizes do not fit.
   */
  conv2d(weights: Tensor, options: ConvolutionOptions = {}): Tensor {
    const { images, kernel, size } = operands('conv2d', this.node, weights)
    const attributes = spacing('conv2d', options)
    const { padding = 'valid' } = options
    const sliding = { size, stride: attributes.stride, dilation: attributes.dilation }
    if (typeof padding === 'string' && padding !== 'same' && padding !== 'valid') {
      throw new ShapeError(`conv2d: padding is ${JSON.stringify(padding)}; give pixels, 'same' or 'valid'${atSite()}`)
    }
    const margins =
      padding === 'same'
        ? sameMargins(images.shape, sliding)
        : marginsOption('conv2d', padding === 'valid' ? 0 : padding)
    const { before, after } = imagePadding(margins)
    return wrap(ops.convolution(ops.pad(images, before, after), kernel, attributes))
  }

  /**
   * Transposed convolution of [N, H, W, inputs], the gradient of a convolution by its images: weights [kh, kw, outputs / groups, inputs] are
   * those of the convolution that goes from outputs to inputs. Gives [N, OH, OW, outputs],
   * OH = (H - 1) * stride - top - bottom + (kh - 1) * dilation + outputPadding + 1, as PyTorch's ConvTranspose2d.
   */
  convTranspose2d(weights: Tensor, options: TransposedConvolutionOptions = {}): Tensor {
    const name = 'convTranspose2d'
    const { images, kernel, size } = operands(name, this.node, weights)
    const attributes = spacing(name, options)
    const { stride, dilation } = attributes
    const margins = marginsOption(name, options.padding ?? 0)
    const extra = pairOption(name, 'outputPadding', options.outputPadding ?? 0, 0)
    if (images.shape[3] !== kernel.shape[3]) {
      throw new ShapeError(
        `${name}: weights ${formatShape(kernel.shape)} take ${kernel.shape[3]} channels, their last axis, and the images ${formatShape(images.shape)} have ${images.shape[3]}${atSite()}`,
      )
    }
    const reached = ([0, 1] as const).map((axis) => {
      if (extra[axis] >= Math.max(stride[axis], dilation[axis]))
        throw new ShapeError(
          `${name}: outputPadding ${extra[axis]} must be less than the stride ${stride[axis]} or the dilation ${dilation[axis]}${atSite()}`,
        )
      return ((images.shape[axis + 1] as number) - 1) * stride[axis] + (size[axis] - 1) * dilation[axis] + 1
    }) as [number, number]
    // Rows below the last window that are fewer than the stride belong to the gradient's image; more of them are zeros beyond it.
    const inside = ([0, 1] as const).map((axis) => (extra[axis] < stride[axis] ? extra[axis] : 0)) as [number, number]
    const full: Pair = [reached[0] + inside[0], reached[1] + inside[1]]
    const spread = ops.pad(
      ops.convolutionInputGradient(images, kernel, { ...attributes, size: full }),
      [0, 0, 0, 0],
      [0, extra[0] - inside[0], extra[1] - inside[1], 0],
    )
    const { before, after } = imagePadding(margins)
    const ends = spread.shape.map((extent, axis) => extent - (after[axis] as number))
    if (ends.some((end, axis) => axis > 0 && axis < 3 && end <= (before[axis] as number))) {
      throw new ShapeError(
        `${name}: the padding leaves nothing of an output of ${spread.shape[1]} x ${spread.shape[2]} pixels${atSite()}`,
      )
    }
    return wrap(ops.slice(spread, before, ends))
  }

  /**
   * The windows of images [N, H, W, C] as an array [N, OH, OW, kh, kw, C], OH = floor((H - (kh - 1) * dilation - 1) / stride) + 1.
   * A view: nothing is copied until something needs it (torch's unfold).
   */
  windows(options: {
    readonly size: PairOption
    readonly stride?: PairOption
    readonly dilation?: PairOption
  }): Tensor {
    checkImages('windows', this.shape)
    const { stride, dilation } = spacing('windows', options)
    return wrap(ops.windows(this.node, { size: pairOption('windows', 'size', options.size, 1), stride, dilation }))
  }
}
