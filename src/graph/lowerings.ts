// Compositions for ops that need no kernel of their own: what simplification writes in their place.

import { sizeOf } from '../core/shape.ts'
import type { ConvolutionAttributes } from '../ops/convolution.ts'
import {
  add,
  broadcastTo,
  compare,
  flip,
  iota,
  mean,
  multiply,
  overlapAdd,
  pad,
  reduceMax,
  reshape,
  select,
  square,
  subtract,
  sum,
  windows,
} from '../ops/functions.ts'
import type { Node, OpNode } from '../ops/node.ts'
import type { Pair, Sliding } from '../ops/sliding.ts'
import { tapAxes } from './op-roles.ts'

/** Each output sums the updates whose index names it: split by output owner, so in a fixed order and without conflicts. */
function scatterAsSum(node: OpNode): Node {
  const [updates, index] = node.inputs as [Node, Node]
  const { axis, extent } = node.attributes as { axis: number; extent: number }
  const insert = (shape: readonly number[], at: number, value: number): number[] => [
    ...shape.slice(0, at),
    value,
    ...shape.slice(at),
  ]
  const shape = insert(updates.shape, axis, extent)
  const spread = (x: Node): Node => broadcastTo(reshape(x, insert(x.shape, axis, 1)), shape)
  const owned = select(compare('equal', spread(index), iota(shape, axis)), spread(updates), 0)
  return reshape(sum(owned, [axis + 1]), node.shape)
}

/** The largest or the least pixel of each window, by `reduceMax` or `reduceMin`. */
export function extremeOfWindows(reduce: typeof reduceMax, x: Node, sliding: Sliding): Node {
  const seen = windows(x, sliding)
  const [images, rows, columns, , , channels] = seen.shape as [number, number, number, number, number, number]
  return reshape(reduce(seen, tapAxes), [images, rows, columns, channels])
}

/** The axes of a sum over the samples and more, but not over the last axis: those within one sample. */
function axesWithinSamples(x: Node, axes: readonly number[]): readonly number[] | undefined {
  const rank = x.shape.length
  const splits = rank >= 3 && axes.length > 1 && axes.includes(0) && !axes.includes(rank - 1)
  return splits ? axes.filter((axis) => axis !== 0) : undefined
}

/** `x` where it does not change along `axes`, with extent 1 there; undefined when it does. */
function constantAlong(x: Node, axes: readonly number[]): Node | undefined {
  if (x.kind !== 'op' || x.op.name !== 'expand') return undefined
  const inner = x.inputs[0] as Node
  return axes.every((axis) => inner.shape[axis] === 1) ? inner : undefined
}

/** A factor that is the same for all summands multiplies the sum instead. */
function sumWithoutFactor(node: OpNode): Node | undefined {
  const product = node.inputs[0] as Node
  if (product.kind !== 'op' || product.op.name !== 'multiply') return undefined
  const axes = node.attributes.axes as readonly number[]
  const [a, b] = product.inputs as [Node, Node]
  for (const [summand, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const factor = constantAlong(other, axes)
    if (factor !== undefined) return multiply(sum(summand, axes), broadcastTo(factor, node.shape))
  }
  return undefined
}

/** Over [N, H, W, C] for each channel: sample by sample first, so that the kernel that makes a sample can sum it. */
function sumBySamples(node: OpNode): Node | undefined {
  const x = node.inputs[0] as Node
  const inner = axesWithinSamples(x, node.attributes.axes as readonly number[])
  return inner && sum(sum(x, inner), [0])
}

/** The mean first, then the squared distances; sample by sample where sums are: M2 = sum of M2_n + inner * sum of (m_n - m)^2 (Chan et al. 1979). */
function varianceInTwoPasses(node: OpNode): Node {
  const x = node.inputs[0] as Node
  const axes = node.attributes.axes as readonly number[]
  const squares = (centre: Node, over: readonly number[]): Node =>
    sum(square(subtract(x, broadcastTo(centre, x.shape))), over)
  const share = sizeOf(node.shape) / sizeOf(x.shape)
  const inner = axesWithinSamples(x, axes)
  if (inner === undefined) return multiply(squares(mean(x, axes), axes), share)
  const means = mean(x, inner)
  const apart = square(subtract(means, broadcastTo(mean(x, axes), means.shape)))
  const count = sizeOf(x.shape) / sizeOf(means.shape)
  return multiply(add(sum(squares(means, inner), [0]), multiply(sum(apart, [0]), count)), share)
}

/** One filter for each channel, which sees this channel alone: sums of products without a matrix. */
function isDepthwise(weights: readonly number[], groups: number): boolean {
  return weights[2] === 1 && weights[3] === groups
}

/** Weights [kh, kw, 1, C] beside windows: [N, OH, OW, kh, kw, C]. */
function besideWindows(weights: Node, shape: readonly number[]): Node {
  const [kh, kw, , channels] = weights.shape as [number, number, number, number]
  return broadcastTo(reshape(weights, [1, 1, 1, kh, kw, channels]), shape)
}

/** Gradients [N, OH, OW, C] beside the taps of their windows: [N, OH, OW, kh, kw, C]. */
function besideTaps(gradient: Node, [kh, kw]: Pair): Node {
  const [images, rows, columns, channels] = gradient.shape as [number, number, number, number]
  return broadcastTo(reshape(gradient, [images, rows, columns, 1, 1, channels]), [
    images,
    rows,
    columns,
    kh,
    kw,
    channels,
  ])
}

function depthwise(node: OpNode): Node | undefined {
  const [x, weights] = node.inputs as [Node, Node]
  const { stride, dilation, groups } = node.attributes as ConvolutionAttributes
  if (!isDepthwise(weights.shape, groups)) return undefined
  const [kh, kw] = weights.shape as [number, number]
  const seen = windows(x, { size: [kh, kw], stride, dilation })
  return reshape(sum(multiply(seen, besideWindows(weights, seen.shape)), tapAxes), node.shape)
}

function depthwiseInputGradient(node: OpNode): Node | undefined {
  const [gradient, weights] = node.inputs as [Node, Node]
  const { stride, dilation, groups, size } = node.attributes as ConvolutionAttributes & { readonly size: Pair }
  if (!isDepthwise(weights.shape, groups)) return undefined
  const [kh, kw] = weights.shape as [number, number]
  if (stride[0] === 1 && stride[1] === 1) {
    const around = [0, (kh - 1) * dilation[0], (kw - 1) * dilation[1], 0]
    const seen = windows(pad(gradient, around, around), { size: [kh, kw], stride, dilation })
    return reshape(sum(multiply(seen, besideWindows(flip(weights, [0, 1]), seen.shape)), tapAxes), node.shape)
  }
  const spread = besideTaps(gradient, [kh, kw])
  return overlapAdd(multiply(spread, besideWindows(weights, spread.shape)), { stride, dilation, size })
}

function depthwiseWeightGradient(node: OpNode): Node | undefined {
  const [x, gradient] = node.inputs as [Node, Node]
  const { stride, dilation, groups, kernel } = node.attributes as ConvolutionAttributes & { readonly kernel: Pair }
  if (!isDepthwise(node.shape, groups)) return undefined
  const seen = windows(x, { size: kernel, stride, dilation })
  return reshape(sum(multiply(seen, besideTaps(gradient, kernel)), [0, 1, 2]), node.shape)
}

const lowerings: Readonly<Record<string, (node: OpNode) => Node | undefined>> = {
  scatterAdd: scatterAsSum,
  sum: (node) => sumWithoutFactor(node) ?? sumBySamples(node),
  variance: varianceInTwoPasses,
  maxPool: ({ inputs: [x], attributes }) => extremeOfWindows(reduceMax, x as Node, attributes as Sliding),
  convolution: depthwise,
  convolutionInputGradient: depthwiseInputGradient,
  convolutionWeightGradient: depthwiseWeightGradient,
}

/** The composition of other ops that stands for a node; undefined where it has a kernel. */
export function compositionOf(node: OpNode): Node | undefined {
  return lowerings[node.op.name]?.(node)
}
