// How each op of a graph here is written as nodes of ONNX.

import type { DType } from '../../core/dtype.ts'
import { type HostDType, hostTensor } from '../../core/host-tensor.ts'
import { equalShapes } from '../../core/shape.ts'
import type { Node } from '../../ops/node.ts'
import { anyComputed, attributesOf, type Exporter } from './exporter.ts'
import { straightOrder, type Written } from './graph-writer.ts'
import { typeNumbers } from './tensor-types.ts'
import { inverse } from './value.ts'
import { convolution, maxPool, transposedConvolution, windowSum } from './window-exporters.ts'

/** An operator that works element by element and broadcasts by itself. */
function elementwise(operator: string): Exporter {
  return (node, graph, _, narrow) => {
    const operands = node.inputs.map(narrow)
    const moved = operands.find(({ order }) => !equalShapes(order, straightOrder(order.length)))
    const order = moved?.order ?? straightOrder(node.shape.length)
    const names = operands.map((operand) => graph.arranged(operand, order))
    const shape = node.shape.map((_, axis) => Math.max(...operands.map((operand) => operand.shape[axis] as number)))
    const empty = node.shape.includes(0)
    return {
      name: graph.add(operator, names),
      order,
      shape: empty ? node.shape : shape,
      computed: anyComputed(operands),
    }
  }
}

const reshape: Exporter = (node, graph, value) =>
  windowSum(node, graph, value) ?? graph.reshaped(value(node.inputs[0] as Node), node.shape)

/** Nothing is written: only the order of the axes changes. */
const permute: Exporter = (node, _, __, narrow) => {
  const x = narrow(node.inputs[0] as Node)
  const { order } = attributesOf<{ readonly order: readonly number[] }>(node)
  const places = inverse(order)
  return {
    ...x,
    shape: order.map((axis) => x.shape[axis] as number),
    order: x.order.map((axis) => places[axis] as number),
  }
}

/** Nothing is written: who needs all of it repeats it. */
const expand: Exporter = (node, _, __, narrow) => narrow(node.inputs[0] as Node)

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

const cast: Exporter = (node, graph, _, narrow) => {
  const x = narrow(node.inputs[0] as Node)
  const dtype = attributesOf<{ readonly dtype: DType }>(node).dtype as HostDType
  return { ...x, name: graph.add('Cast', [x.name], { to: typeNumbers[dtype] }) }
}

const matmul: Exporter = (node, graph, value) => {
  const operands = node.inputs.map(value)
  const names = operands.map((operand) => graph.straight(operand))
  const computed = anyComputed(operands)
  return { name: graph.add('MatMul', names), order: straightOrder(node.shape.length), shape: node.shape, computed }
}

/** Whole slices where the positions are the same everywhere else. */
const gather: Exporter = (node, graph, value, narrow) => {
  const { axis } = attributesOf<{ readonly axis: number }>(node)
  const [source, index] = node.inputs as [Node, Node]
  const [x, positions] = [value(source), narrow(index)]
  const computed = anyComputed([x, positions])
  if (positions.shape.every((extent, at) => at === axis || extent === 1)) {
    const list = graph.reshaped(positions, [positions.shape[axis] as number])
    const name = graph.add('Gather', [x.name, list.name], { axis: x.order.indexOf(axis) })
    return { ...x, name, shape: node.shape, computed }
  }
  const names = [graph.straight(x), graph.straight(value(index))]
  const name = graph.add('GatherElements', names, { axis })
  return { name, order: straightOrder(node.shape.length), shape: node.shape, computed }
}

/** Positions along one axis; the same everywhere else. */
const iota: Exporter = (node, graph) => {
  const { axis } = attributesOf<{ readonly axis: number }>(node)
  const extent = node.shape[axis] as number
  if (axis === 0) graph.fixed = true
  const shape = node.shape.map((_, at) => (at === axis ? extent : 1))
  const values = Int32Array.from({ length: extent }, (_, i) => i)
  const name = graph.constant(hostTensor('i32', shape, values))
  return { name, order: straightOrder(shape.length), shape, computed: false }
}

const notEqual: Exporter = (node, graph, value, narrow) => {
  const equal = elementwise('Equal')(node, graph, value, narrow)
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
  stopGradient: (node, _, __, narrow) => narrow(node.inputs[0] as Node),
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
