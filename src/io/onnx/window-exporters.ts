// How convolutions and pooling are written: paddings in front of them become their attributes.

import { hostTensor } from '../../core/host-tensor.ts'
import type { ConvolutionAttributes } from '../../ops/convolution.ts'
import type { Node, OpNode } from '../../ops/node.ts'
import type { Pair, Sliding } from '../../ops/sliding.ts'
import { anyComputed, attributesOf, type Exporter, type Lookup } from './exporter.ts'
import { channelsFirst, type GraphWriter, type Written } from './graph-writer.ts'

/** The order of a kernel [kh, kw, I, O] as ONNX has it: [O, I, kh, kw]. */
const outputsFirst: readonly number[] = [3, 2, 0, 1]

/** What an image was padded with in front of a window, if that is all that was done to it. */
function paddedImage(node: Node, fill: number): { image: Node; pads: number[] } | undefined {
  if (node.kind !== 'op' || node.op.name !== 'pad' || node.shape.length !== 4) return undefined
  const {
    before,
    after,
    value = 0,
  } = node.attributes as {
    readonly before: readonly number[]
    readonly after: readonly number[]
    readonly value?: number | string
  }
  const inside = [before[0], before[3], after[0], after[3]].every((width) => width === 0)
  if (!inside || Number(value) !== fill) return undefined
  const pads = [before[1], before[2], after[1], after[2]] as number[]
  return { image: node.inputs[0] as Node, pads }
}

/** A window over images, with the padding in front of it taken in. */
function windowed(node: OpNode, fill: number): { image: Node; pads: readonly number[] } {
  const input = node.inputs[0] as Node
  return paddedImage(input, fill) ?? { image: input, pads: [0, 0, 0, 0] }
}

export const convolution: Exporter = (node, graph, value) => {
  const { stride, dilation, groups } = attributesOf<ConvolutionAttributes>(node)
  const { image, pads } = windowed(node, 0)
  const [x, w] = [value(image), value(node.inputs[1] as Node)]
  const [kh = 0, kw = 0] = w.shape
  const name = graph.add('Conv', [graph.arranged(x, channelsFirst), graph.arranged(w, outputsFirst)], {
    kernel_shape: [kh, kw],
    strides: stride,
    dilations: dilation,
    pads,
    group: groups,
  })
  return { name, order: channelsFirst, shape: node.shape, computed: anyComputed([x, w]) }
}

/** The image's rows beyond the last window are output padding. */
export const transposedConvolution: Exporter = (node, graph, value) => {
  const { stride, dilation, groups, size } = attributesOf<ConvolutionAttributes & { readonly size: Pair }>(node)
  const [x, w] = (node.inputs as [Node, Node]).map(value) as [Written, Written]
  const [kh = 0, kw = 0] = w.shape
  const reached = (axis: 0 | 1, kernel: number): number =>
    ((x.shape[axis + 1] as number) - 1) * stride[axis] + (kernel - 1) * dilation[axis] + 1
  const name = graph.add('ConvTranspose', [graph.arranged(x, channelsFirst), graph.arranged(w, outputsFirst)], {
    kernel_shape: [kh, kw],
    strides: stride,
    dilations: dilation,
    output_padding: [size[0] - reached(0, kh), size[1] - reached(1, kw)],
    group: groups,
  })
  return { name, order: channelsFirst, shape: node.shape, computed: anyComputed([x, w]) }
}

export const maxPool: Exporter = (node, graph, value) => {
  const { size, stride, dilation } = attributesOf<Sliding>(node)
  const { image, pads } = windowed(node, Number.NEGATIVE_INFINITY)
  const x = value(image)
  const attributes = { kernel_shape: size, strides: stride, dilations: dilation, pads }
  const name = graph.add('MaxPool', [graph.arranged(x, channelsFirst)], attributes)
  return { name, order: channelsFirst, shape: node.shape, computed: x.computed }
}

/** Sums over windows are means times the number of pixels. */
export function windowSum(node: OpNode, graph: GraphWriter, value: Lookup): Written | undefined {
  const sum = node.inputs[0]
  const windows = sum?.inputs[0]
  if (sum?.kind !== 'op' || sum.op.name !== 'sum' || windows?.kind !== 'op' || windows.op.name !== 'windows')
    return undefined
  if (String(sum.attributes.axes) !== '3,4' || node.shape.length !== 4) return undefined
  const { size, stride, dilation } = attributesOf<Sliding>(windows)
  if (dilation.some((step) => step !== 1)) return undefined
  const { image, pads } = windowed(windows, 0)
  const x = value(image)
  const attributes = { kernel_shape: size, strides: stride, pads, count_include_pad: 1 }
  const means = graph.add('AveragePool', [graph.arranged(x, channelsFirst)], attributes)
  const pixels = graph.constant(hostTensor('f32', [], Float32Array.of(size[0] * size[1])))
  return { name: graph.add('Mul', [means, pixels]), order: channelsFirst, shape: node.shape, computed: x.computed }
}
