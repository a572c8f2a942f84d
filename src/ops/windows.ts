// The windows of images [N, H, W, C] as an array of their own, and the way back, which adds them where they came from.

import { isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { equalShapes, formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { areExtents } from './extents.ts'
import { overlapAdd, windows } from './functions.ts'
import type { Node } from './node.ts'
import { type HostValue, noCost, type Op, type Typed } from './op.ts'
import { imageShape, type Pair, type Sliding, type Spacing, slidingSamples, visitTaps, windowGrid } from './sliding.ts'

/** The shape of all windows on an image: [N, OH, OW, kh, kw, C]. */
function windowsShape(name: string, image: Shape, sliding: Sliding): Shape {
  const grid = windowGrid(name, image, sliding)
  return [image[0] as number, ...grid, ...sliding.size, image[3] as number]
}

const windowsOp: Op = {
  name: 'windows',
  family: 'movement',
  doc: 'Images [N, H, W, C] as their windows [N, OH, OW, kh, kw, C], size = [kh, kw]: y[n, i, j, p, q, c] = x[n, i * stride[0] + p * dilation[0], j * stride[1] + q * dilation[1], c].',
  infer(inputs, attributes) {
    const { shape, dtype } = inputs[0] as Typed
    return { shape: windowsShape('windows', shape, attributes as Sliding), dtype }
  },
  derivative: {
    kind: 'linear',
    transpose(upstream, node) {
      const { stride, dilation } = node.attributes as Sliding
      const [, height, width] = (node.inputs[0] as Node).shape as [number, number, number]
      return overlapAdd(upstream, { stride, dilation, size: [height, width] })
    },
  },
  cost: noCost,
  evaluate(inputs, output, attributes) {
    const { data, shape } = inputs[0] as HostValue
    const sliding = attributes as Sliding
    const channels = shape[3] as number
    const taps = sizeOf(sliding.size)
    visitTaps(shape, sliding, (pixel, window, tap) => {
      output.data.set(data.subarray(pixel * channels, (pixel + 1) * channels), (window * taps + tap) * channels)
    })
  },
  tolerance: 0,
  samples: (shape) =>
    slidingSamples(imageShape(shape)).map((sliding) => ({
      inputs: [{ shape: imageShape(shape), dtype: 'float', low: -2, high: 2 }],
      attributes: sliding,
    })),
}

const overlapAddOp: Op = {
  name: 'overlapAdd',
  family: 'movement',
  doc: 'Windows [N, OH, OW, kh, kw, C] added where they lie on images [N, H, W, C] of zeros, [H, W] = `size`; the transpose of windows.',
  infer(inputs, attributes) {
    const { shape, dtype } = inputs[0] as Typed
    const { stride, dilation, size } = attributes as Spacing & { readonly size: Pair }
    if (!isFloat(dtype)) throw new DTypeError(`overlapAdd: takes float windows, not ${dtype}${atSite()}`)
    if (shape.length !== 6) {
      throw new ShapeError(`overlapAdd: takes windows [N, OH, OW, kh, kw, C], not ${formatShape(shape)}${atSite()}`)
    }
    if (!areExtents(size) || size.length !== 2)
      throw new ShapeError(`overlapAdd: ${formatShape(size)} is not the height and width of an image${atSite()}`)
    const image = [shape[0] as number, ...size, shape[5] as number]
    const window = [shape[3] as number, shape[4] as number] as const
    const fitting = windowsShape('overlapAdd', image, { size: window, stride, dilation })
    if (!equalShapes(shape, fitting)) {
      throw new ShapeError(
        `overlapAdd: the windows of images ${formatShape(image)} are ${formatShape(fitting)}, not ${formatShape(shape)}${atSite()}`,
      )
    }
    return { shape: image, dtype }
  },
  derivative: {
    kind: 'linear',
    transpose(upstream, node) {
      const { stride, dilation } = node.attributes as Spacing
      const [, , , kh, kw] = (node.inputs[0] as Node).shape as [number, number, number, number, number]
      return windows(upstream, { size: [kh, kw], stride, dilation })
    },
  },
  cost: (inputs) => ({ multiplyAdds: 0, flops: sizeOf((inputs[0] as Typed).shape) }),
  evaluate(inputs, output, attributes) {
    const { data, shape } = inputs[0] as HostValue
    const { stride, dilation } = attributes as Spacing
    const [, , , kh, kw, channels] = shape as [number, number, number, number, number, number]
    const totals = new Float64Array(output.data.length)
    visitTaps(output.shape, { size: [kh, kw], stride, dilation }, (pixel, window, tap) => {
      const from = (window * kh * kw + tap) * channels
      for (let c = 0; c < channels; c++) {
        const to = pixel * channels + c
        totals[to] = (totals[to] as number) + (data[from + c] as number)
      }
    })
    output.data.set(totals)
  },
  tolerance: 2e-6,
  samples: (shape) =>
    slidingSamples(imageShape(shape)).map((sliding) => {
      const image = imageShape(shape)
      return {
        inputs: [{ shape: windowsShape('overlapAdd', image, sliding), dtype: 'float', low: -2, high: 2 }],
        attributes: { stride: sliding.stride, dilation: sliding.dilation, size: [image[1], image[2]] },
      }
    }),
}

export const windowOps: readonly Op[] = [windowsOp, overlapAddOp]
