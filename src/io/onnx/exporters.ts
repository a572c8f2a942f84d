// How each op of a graph here is written as nodes of ONNX.

import type { DType } from '../../core/dtype.ts'
import { type HostDType, hostTensor } from '../../core/host-tensor.ts'
import type { ConvolutionAttributes } from '../../ops/convolution.ts'
import type { Node, OpNode } from '../../ops/node.ts'
import type { Pair, Sliding } from '../../ops/sliding.ts'
import { channelsFirst, type GraphWriter, straightOrder, type Written } from './graph-writer.ts'
import { typeNumbers } from './tensor-types.ts'
import { inverse } from './value.ts'

/** Writes a node; `value` gives what its inputs, or theirs, were written as. */
export type Exporter = (node: OpNode, graph: GraphWriter, value: (node: Node) => Written) => Written

/** The order of a kernel [kh, kw, I, O] as ONNX has it: [O, I, kh, kw]. */
const outputsFirst: readonly number[] = [3, 2, 0, 1]

function attributesOf<Kind>(node: OpNode): Kind {
  return node.attributes as Kind
}

function anyComputed(values: readonly Written[]): boolean {
  return values.some(({ computed }) => computed)
}

/** An operator that works element by element and broadcasts by itself. */
function elementwise(operator: string, inputs?: (node: OpNode) => readonly Node[]): Exporter {
  return (node, graph, value) => {
    const given = inputs?.(node) ?? node.inputs
    // Someone must have the whole shape.
    const whole = given.some((input) => !isExpanded(input))
    const operands = given.map((input) => value(whole && isExpanded(input) ? (input.inputs[0] as Node) : input))
    const main = operands.find(
      ({ order, shape }) => shape.length > 0 && String(order) !== String(straightOrder(order.length)),
    )
    const order = main?.order ?? straightOrder(node.shape.length)
    const names = operands.map((operand) => graph.arranged(operand, order))
    return { name: graph.add(operator, names), order, shape: node.shape, computed: anyComputed(operands) }
  }
}

function isExpanded(node: Node): node is OpNode {
  return node.kind === 'op' && node.op.name === 'expand'
}

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

const convolution: Exporter = (node, graph, value) => {
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
const transposedConvolution: Exporter = (node, graph, value) => {
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

const maxPool: Exporter = (node, graph, value) => {
  const { size, stride, dilation } = attributesOf<Sliding>(node)
  const { image, pads } = windowed(node, Number.NEGATIVE_INFINITY)
  const x = value(image)
  const attributes = { kernel_shape: size, strides: stride, dilations: dilation, pads }
  const name = graph.add('MaxPool', [graph.arranged(x, channelsFirst)], attributes)
  return { name, order: channelsFirst, shape: node.shape, computed: x.computed }
}

/** Sums over windows are means times the number of pixels. */
function windowSum(node: OpNode, graph: GraphWriter, value: (node: Node) => Written): Written | undefined {
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

const reshape: Exporter = (node, graph, value) =>
  windowSum(node, graph, value) ?? graph.reshaped(value(node.inputs[0] as Node), node.shape)

/** Nothing is written: only the order of the axes changes. */
const permute: Exporter = (node, _, value) => {
  const x = value(node.inputs[0] as Node)
  const places = inverse(attributesOf<{ readonly order: readonly number[] }>(node).order)
  return { ...x, shape: node.shape, order: x.order.map((axis) => places[axis] as number) }
}

const expand: Exporter = (node, graph, value) => {
  const x = value(node.inputs[0] as Node)
  // Repeated along the samples, it depends on how many there are.
  if (x.computed || node.shape[0] !== x.shape[0]) graph.fixed = true
  const shape = x.order.map((axis) => node.shape[axis] as number)
  return { ...x, name: graph.add('Expand', [x.name, graph.long(shape)]), shape: node.shape }
}

const pad: Exporter = (node, graph, value) => {
  const {
    before,
    after,
    value: fill = 0,
  } = attributesOf<{
    readonly before: readonly number[]
    readonly after: readonly number[]
    readonly value?: number | string
  }>(node)
  const x = value(node.inputs[0] as Node)
  const widths = [before, after].flatMap((side) => x.order.map((axis) => side[axis] as number))
  const filler = graph.constant(hostTensor('f32', [], Float32Array.of(Number(fill))))
  return { ...x, name: graph.add('Pad', [x.name, graph.long(widths), filler]), shape: node.shape }
}

const concat: Exporter = (node, graph, value) => {
  const parts = node.inputs.map(value)
  const { order } = parts[0] as Written
  const axis = order.indexOf(attributesOf<{ readonly axis: number }>(node).axis)
  const names = parts.map((part) => graph.arranged(part, order))
  return { name: graph.add('Concat', names, { axis }), order, shape: node.shape, computed: anyComputed(parts) }
}

/** Only the axes that are cut are named. */
const slice: Exporter = (node, graph, value) => {
  const { starts, ends, steps } = attributesOf<Readonly<Record<'starts' | 'ends' | 'steps', readonly number[]>>>(node)
  const x = value(node.inputs[0] as Node)
  const axes = x.shape.flatMap((extent, axis) =>
    starts[axis] === 0 && ends[axis] === extent && steps[axis] === 1 ? [] : [axis],
  )
  if (axes.includes(0)) graph.fixed = true
  const pick = (values: readonly number[]): string => graph.long(axes.map((axis) => values[axis] as number))
  const places = graph.long(axes.map((axis) => x.order.indexOf(axis)))
  const name = graph.add('Slice', [x.name, pick(starts), pick(ends), places, pick(steps)])
  return { ...x, name, shape: node.shape }
}

const flip: Exporter = (node, graph, value) => {
  const { axes } = attributesOf<{ readonly axes: readonly number[] }>(node)
  const x = value(node.inputs[0] as Node)
  const each = (number: number): string => graph.long(axes.map(() => number))
  const places = graph.long(axes.map((axis) => x.order.indexOf(axis)))
  return { ...x, name: graph.add('Slice', [x.name, each(-1), each(-(2 ** 31)), places, each(-1)]) }
}

/** Sums take their axes as an input since opset 13, the other reductions since 18. */
function reduction(operator: string, axesAsInput: boolean): Exporter {
  return (node, graph, value) => {
    const { axes } = attributesOf<{ readonly axes: readonly number[] }>(node)
    const x = value(node.inputs[0] as Node)
    const places = axes.map((axis) => x.order.indexOf(axis))
    const name = axesAsInput
      ? graph.add(operator, [x.name, graph.long(places)], { keepdims: 1 })
      : graph.add(operator, [x.name], { axes: places, keepdims: 1 })
    return { ...x, name, shape: node.shape }
  }
}

const variance: Exporter = (node, graph, value) => {
  const { axes } = attributesOf<{ readonly axes: readonly number[] }>(node)
  const x = value(node.inputs[0] as Node)
  const attributes = { axes: axes.map((axis) => x.order.indexOf(axis)), keepdims: 1 }
  const difference = graph.add('Sub', [x.name, graph.add('ReduceMean', [x.name], attributes)])
  const squares = graph.add('Mul', [difference, difference])
  return { ...x, name: graph.add('ReduceMean', [squares], attributes), shape: node.shape }
}

const cast: Exporter = (node, graph, value) => {
  const x = value(node.inputs[0] as Node)
  const dtype = attributesOf<{ readonly dtype: DType }>(node).dtype as HostDType
  return { ...x, name: graph.add('Cast', [x.name], { to: typeNumbers[dtype] }) }
}

const matmul: Exporter = (node, graph, value) => {
  const operands = node.inputs.map(value)
  const names = operands.map((operand) => graph.straight(operand))
  const computed = anyComputed(operands)
  return { name: graph.add('MatMul', names), order: straightOrder(node.shape.length), shape: node.shape, computed }
}

const gather: Exporter = (node, graph, value) => {
  const operands = node.inputs.map(value)
  const [source, index] = operands.map((operand) => graph.straight(operand)) as [string, string]
  const { axis } = attributesOf<{ readonly axis: number }>(node)
  const name = graph.add('GatherElements', [source, index], { axis })
  return { name, order: straightOrder(node.shape.length), shape: node.shape, computed: anyComputed(operands) }
}

const iota: Exporter = (node, graph) => {
  const { axis } = attributesOf<{ readonly axis: number }>(node)
  const extent = node.shape[axis] as number
  const inner = node.shape.slice(axis + 1).reduce((product, each) => product * each, 1)
  const size = node.shape.reduce((product, each) => product * each, 1)
  const values = Int32Array.from({ length: size }, (_, i) => Math.floor(i / inner) % extent)
  const name = graph.constant(hostTensor('i32', node.shape, values))
  return { name, order: straightOrder(node.shape.length), shape: node.shape, computed: false }
}

const notEqual: Exporter = (node, graph, value) => {
  const equal = elementwise('Equal')(node, graph, value)
  return { ...equal, name: graph.add('Not', [equal.name]) }
}

/** Everything that a network's forward is made of; random numbers and gradients are not. */
export const exporters: Readonly<Record<string, Exporter>> = {
  convolution,
  convolutionInputGradient: transposedConvolution,
  maxPool,
  reshape,
  permute,
  expand,
  pad,
  concat,
  slice,
  flip,
  variance,
  cast,
  matmul,
  gather,
  iota,
  notEqual,
  sum: reduction('ReduceSum', true),
  max: reduction('ReduceMax', false),
  min: reduction('ReduceMin', false),
  stopGradient: (node, _, value) => value(node.inputs[0] as Node),
  add: elementwise('Add'),
  subtract: elementwise('Sub'),
  multiply: elementwise('Mul'),
  divide: elementwise('Div'),
  power: elementwise('Pow'),
  maximum: elementwise('Max'),
  minimum: elementwise('Min'),
  negate: elementwise('Neg'),
  abs: elementwise('Abs'),
  sign: elementwise('Sign'),
  floor: elementwise('Floor'),
  ceil: elementwise('Ceil'),
  round: elementwise('Round'),
  sqrt: elementwise('Sqrt'),
  exp: elementwise('Exp'),
  log: elementwise('Log'),
  sin: elementwise('Sin'),
  cos: elementwise('Cos'),
  tanh: elementwise('Tanh'),
  sigmoid: elementwise('Sigmoid'),
  erf: elementwise('Erf'),
  relu: elementwise('Relu'),
  less: elementwise('Less'),
  lessEqual: elementwise('LessOrEqual'),
  equal: elementwise('Equal'),
  select: elementwise('Where'),
  and: elementwise('And'),
  or: elementwise('Or'),
  not: elementwise('Not'),
}
