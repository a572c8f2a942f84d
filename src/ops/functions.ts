// How gradients and tensors write a graph: one function per op, which adds a node. Shapes and dtypes must fit; only numbers are broadcast.

import type { DType } from '../core/dtype.ts'
import { equalShapes, type Shape } from '../core/shape.ts'
import type { ConvolutionAttributes } from './convolution.ts'
import { literalNode, type Node } from './node.ts'
import { build, type Typed } from './op.ts'
import type { Pair, Sliding, Spacing } from './sliding.ts'

export function reshape(x: Node, shape: Shape): Node {
  return equalShapes(x.shape, shape) ? x : build('reshape', [x], { shape })
}

export function permute(x: Node, order: readonly number[]): Node {
  return order.every((axis, i) => axis === i) && order.length === x.shape.length ? x : build('permute', [x], { order })
}

export function expand(x: Node, shape: Shape): Node {
  return equalShapes(x.shape, shape) ? x : build('expand', [x], { shape })
}

/** `x` repeated to `shape` by NumPy's rule: axes are added in front, extents of 1 repeat. */
export function broadcastTo(x: Node, shape: Shape): Node {
  const aligned = [...new Array<number>(Math.max(0, shape.length - x.shape.length)).fill(1), ...x.shape]
  return expand(reshape(x, aligned), shape)
}

export function slice(
  x: Node,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[] = starts.map(() => 1),
): Node {
  const whole = x.shape.every((extent, axis) => starts[axis] === 0 && ends[axis] === extent && steps[axis] === 1)
  return whole ? x : build('slice', [x], { starts, ends, steps })
}

export function flip(x: Node, axes: readonly number[]): Node {
  return axes.length === 0 ? x : build('flip', [x], { axes })
}

/** `value` before and after, per axis. */
export function pad(x: Node, before: readonly number[], after: readonly number[], value = 0): Node {
  if ([...before, ...after].every((extent) => extent === 0)) return x
  return build('pad', [x], value === 0 ? { before, after } : { before, after, value })
}

export function concat(inputs: readonly Node[], axis: number): Node {
  return inputs.length === 1 ? (inputs[0] as Node) : build('concat', inputs, { axis })
}

/** A number as a node of `like`'s shape and dtype. */
export function fill(value: number, like: Typed): Node {
  return broadcastTo(literalNode(value, like.dtype), like.shape)
}

type Operand = Node | number

/** Lifts numbers to nodes of the other operands' shape and dtype. */
function lift(operands: readonly Operand[]): Node[] {
  const like = operands.find((operand) => typeof operand !== 'number') as Node
  return operands.map((operand) => (typeof operand === 'number' ? fill(operand, like) : operand))
}

export function add(a: Operand, b: Operand): Node {
  return build('add', lift([a, b]))
}

/** The sum of what is there; undefined stands for zero. */
export function addDefined(a: Node | undefined, b: Node | undefined): Node | undefined {
  return a === undefined ? b : b === undefined ? a : add(a, b)
}

export function subtract(a: Operand, b: Operand): Node {
  return build('subtract', lift([a, b]))
}

export function multiply(a: Operand, b: Operand): Node {
  return build('multiply', lift([a, b]))
}

export function divide(a: Operand, b: Operand): Node {
  return build('divide', lift([a, b]))
}

export function power(a: Operand, b: Operand): Node {
  return build('power', lift([a, b]))
}

export function maximum(a: Operand, b: Operand): Node {
  return build('maximum', lift([a, b]))
}

export function minimum(a: Operand, b: Operand): Node {
  return build('minimum', lift([a, b]))
}

/** An elementwise op of one input by its name. */
export function unary(name: string, x: Node): Node {
  return build(name, [x])
}

export const negate = (x: Node): Node => unary('negate', x)
export const exp = (x: Node): Node => unary('exp', x)
export const log = (x: Node): Node => unary('log', x)
export const sqrt = (x: Node): Node => unary('sqrt', x)
export const sin = (x: Node): Node => unary('sin', x)
export const cos = (x: Node): Node => unary('cos', x)
export const square = (x: Node): Node => multiply(x, x)

/** A comparison by its name: less, lessEqual, equal, notEqual. */
export function compare(name: 'less' | 'lessEqual' | 'equal' | 'notEqual', a: Operand, b: Operand): Node {
  return build(name, lift([a, b]))
}

/** condition ? a : b, element by element. */
export function select(condition: Node, a: Operand, b: Operand): Node {
  const [x, y] = lift([a, b]) as [Node, Node]
  return build('select', [condition, x, y])
}

export function cast(x: Node, dtype: DType): Node {
  return x.dtype === dtype ? x : build('cast', [x], { dtype })
}

/** Sum over `axes`, which stay with extent 1. */
export function sum(x: Node, axes: readonly number[]): Node {
  return axes.length === 0 ? x : build('sum', [x], { axes: [...axes].sort((a, b) => a - b) })
}

export function reduceMax(x: Node, axes: readonly number[]): Node {
  return axes.length === 0 ? x : build('max', [x], { axes: [...axes].sort((a, b) => a - b) })
}

export function reduceMin(x: Node, axes: readonly number[]): Node {
  return axes.length === 0 ? x : build('min', [x], { axes: [...axes].sort((a, b) => a - b) })
}

/** Mean over `axes`, which stay with extent 1. */
export function mean(x: Node, axes: readonly number[]): Node {
  const count = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1)
  return multiply(sum(x, axes), 1 / count)
}

/** Mean squared distance from the mean over `axes`, which stay with extent 1. */
export function variance(x: Node, axes: readonly number[]): Node {
  return build('variance', [x], { axes: [...axes].sort((a, b) => a - b) })
}

/** The windows of images: [N, H, W, C] to [N, OH, OW, kh, kw, C]. */
export function windows(x: Node, { size, stride, dilation }: Sliding): Node {
  return build('windows', [x], { size, stride, dilation })
}

/** Windows [N, OH, OW, kh, kw, C] added where they lie on images [N, ...size, C] of zeros. */
export function overlapAdd(x: Node, { stride, dilation, size }: Spacing & { readonly size: Pair }): Node {
  return build('overlapAdd', [x], { stride, dilation, size })
}

/** The largest pixel of each window: [N, H, W, C] to [N, OH, OW, C]. */
export function maxPool(x: Node, { size, stride, dilation }: Sliding): Node {
  return build('maxPool', [x], { size, stride, dilation })
}

/** Images [N, H, W, C] x weights [kh, kw, C / groups, O] to [N, OH, OW, O]. */
export function convolution(x: Node, weights: Node, { stride, dilation, groups }: ConvolutionAttributes): Node {
  return build('convolution', [x, weights], { stride, dilation, groups })
}

/** [N, OH, OW, O] x weights [kh, kw, C / groups, O] to images [N, ...size, C]: transposed convolution. */
export function convolutionInputGradient(
  gradient: Node,
  weights: Node,
  { stride, dilation, groups, size }: ConvolutionAttributes & { readonly size: Pair },
): Node {
  return build('convolutionInputGradient', [gradient, weights], { stride, dilation, groups, size })
}

/** Images [N, H, W, C] x [N, OH, OW, O] to weights [...kernel, C / groups, O]. */
export function convolutionWeightGradient(
  x: Node,
  gradient: Node,
  { stride, dilation, groups, kernel }: ConvolutionAttributes & { readonly kernel: Pair },
): Node {
  return build('convolutionWeightGradient', [x, gradient], { stride, dilation, groups, kernel })
}

/** Batched product: [..., M, K] x [..., K, N] with equal batch axes. */
export function matmul(a: Node, b: Node): Node {
  return build('matmul', [a, b])
}

/** The last two axes exchanged. */
export function transpose(x: Node): Node {
  const rank = x.shape.length
  return permute(x, [...Array(rank - 2).keys(), rank - 1, rank - 2])
}

/** output[.., j, ..] = source[.., index[.., j, ..], ..] along `axis`. */
export function gather(source: Node, index: Node, axis: number): Node {
  return build('gather', [source, index], { axis })
}

/** Zeros of extent `extent` along `axis`, to which updates are added where `index` says. */
export function scatterAdd(updates: Node, index: Node, axis: number, extent: number): Node {
  return build('scatterAdd', [updates, index], { axis, extent })
}

/** The position along `axis`, as i32, in every element of `shape`. */
export function iota(shape: Shape, axis: number): Node {
  return build('iota', [], { shape, axis })
}

/** Uniform random numbers in [0, 1), a pure function of (seed, call), stream and element. */
export function random(seed: Node, call: Node, shape: Shape, stream: number, dtype: DType): Node {
  return build('random', [seed, call], { shape, stream, dtype })
}

/** The value itself, through which no gradient flows. */
export function stopGradient(x: Node): Node {
  return build('stopGradient', [x])
}

/** A logical op on bools by its name. */
export function logic(name: 'and' | 'or' | 'not', inputs: readonly Node[]): Node {
  return build(name, inputs)
}
