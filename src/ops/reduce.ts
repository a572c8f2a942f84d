// Reductions over axes, which stay with extent 1: sum, max, min, variance. Mean, argmax and softmax are compositions of them.

import { isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, type Shape, sizeOf, stridesOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { broadcastTo, cast, compare, divide, mean, multiply, subtract, sum } from './functions.ts'
import type { Attributes, Node, OpNode } from './node.ts'
import type { Derivative, HostValue, Op, Sample, Typed } from './op.ts'

function inferReduction(name: string, inputs: readonly Typed[], attributes: Attributes): Typed {
  const { shape, dtype } = inputs[0] as Typed
  const axes = attributes.axes as readonly number[]
  if (dtype === 'bool' || dtype === 'u8')
    throw new DTypeError(`${name}: takes f32, f64 or i32 values, not ${dtype}; cast the input first${atSite()}`)
  for (const axis of axes) {
    if (!(axis in shape)) throw new ShapeError(`${name}: ${formatShape(shape)} has no axis ${axis}${atSite()}`)
    if ((name === 'max' || name === 'min') && shape[axis] === 0)
      throw new ShapeError(`${name}: axis ${axis} of ${formatShape(shape)} is empty, so it has no ${name}${atSite()}`)
  }
  return { shape: shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)), dtype }
}

/** Each output from `start` on by `step(total, value, output's offset)` over its elements. */
function fold(
  inputs: readonly HostValue[],
  output: HostValue,
  start: number,
  step: (total: number, value: number, to: number) => number,
): void {
  const { shape, data } = inputs[0] as HostValue
  const totals = new Float64Array(output.data.length).fill(start)
  const strides = stridesOf(output.shape).map((stride, axis) => (output.shape[axis] === 1 ? 0 : stride))
  const index = new Array<number>(shape.length).fill(0)
  let to = 0
  for (let from = 0; from < data.length; from++) {
    totals[to] = step(totals[to] as number, data[from] as number, to)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1
      to += strides[axis] as number
      if ((index[axis] as number) < (shape[axis] as number)) break
      to -= (strides[axis] as number) * (shape[axis] as number)
      index[axis] = 0
    }
  }
  output.data.set(totals)
}

function samples(shape: Shape): Sample[] {
  const inputs = [{ shape, dtype: 'float' as const, low: -2, high: 2 }]
  const all = shape.map((_, axis) => axis)
  const choices = [all, all.slice(-1), all.slice(0, 1), all.slice(1)]
  return choices.filter((axes) => axes.length > 0).map((axes) => ({ inputs, attributes: { axes } }))
}

/** max and min: elements that tie for the extreme share its gradient evenly. */
function extreme(name: 'max' | 'min', start: number, step: (a: number, b: number) => number): Op {
  const shares = (node: Node): Node => {
    const [x, axes] = [
      (node as Extract<Node, { kind: 'op' }>).inputs[0] as Node,
      (node as Extract<Node, { kind: 'op' }>).attributes.axes as number[],
    ]
    const mask = cast(compare('equal', x, broadcastTo(node, x.shape)), x.dtype)
    return divide(mask, broadcastTo(sum(mask, axes), x.shape))
  }
  const derivative: Derivative = {
    kind: 'general',
    reverse: (upstream, node) => [multiply(broadcastTo(upstream, (node.inputs[0] as Node).shape), shares(node))],
    forward: ([tangent], node) => tangent && sum(multiply(tangent, shares(node)), node.attributes.axes as number[]),
  }
  return {
    name,
    family: 'reduce',
    doc: `${name === 'max' ? 'Largest' : 'Smallest'} element over the axes, NaN if there is one; ties share the gradient evenly.`,
    infer: (inputs, attributes) => inferReduction(name, inputs, attributes),
    derivative,
    cost: (inputs) => ({ multiplyAdds: 0, flops: sizeOf((inputs[0] as Typed).shape) }),
    evaluate: (inputs, output) => fold(inputs, output, start, (total, value) => step(total, value)),
    tolerance: 0,
    // Over an empty axis there is no extreme.
    samples: (shape) =>
      samples(shape).filter(({ attributes }) => (attributes.axes as number[]).every((axis) => shape[axis] !== 0)),
  }
}

const sumOp: Op = {
  name: 'sum',
  family: 'reduce',
  doc: 'Sum over the axes.',
  infer: (inputs, attributes) => inferReduction('sum', inputs, attributes),
  derivative: { kind: 'linear', transpose: (upstream, node) => broadcastTo(upstream, (node.inputs[0] as Node).shape) },
  cost: (inputs) => ({ multiplyAdds: 0, flops: sizeOf((inputs[0] as Typed).shape) }),
  evaluate: (inputs, output) => fold(inputs, output, 0, (total, value) => total + value),
  tolerance: 2e-6,
  samples,
}

/** d variance / d x = 2 (x - mean) / n; what x does through the mean adds up to zero. */
function slope(node: OpNode): Node {
  const x = node.inputs[0] as Node
  const axes = node.attributes.axes as readonly number[]
  const centred = subtract(x, broadcastTo(mean(x, axes), x.shape))
  return multiply(centred, (2 * sizeOf(node.shape)) / sizeOf(x.shape))
}

const varianceOp: Op = {
  name: 'variance',
  family: 'reduce',
  doc: 'Mean squared distance from the mean over the axes: sum of (x - mean(x))^2 / n; NaN over nothing.',
  infer(inputs, attributes) {
    const { dtype } = inputs[0] as Typed
    if (!isFloat(dtype))
      throw new DTypeError(`variance: takes f32 or f64 values, not ${dtype}; cast the input first${atSite()}`)
    return inferReduction('variance', inputs, attributes)
  },
  derivative: {
    kind: 'general',
    reverse: (upstream, node) => [multiply(broadcastTo(upstream, (node.inputs[0] as Node).shape), slope(node))],
    forward: ([tangent], node) => tangent && sum(multiply(tangent, slope(node)), node.attributes.axes as number[]),
  },
  cost: (inputs) => ({ multiplyAdds: 0, flops: 4 * sizeOf((inputs[0] as Typed).shape) }),
  evaluate(inputs, output) {
    const { data } = inputs[0] as HostValue
    const count = data.length / output.data.length
    const start = count > 0 ? 0 : Number.NaN
    const means: HostValue = { shape: output.shape, dtype: 'f64', data: new Float64Array(output.data.length) }
    fold(inputs, means, start, (total, value) => total + value / count)
    fold(inputs, output, start, (total, value, to) => total + (value - (means.data[to] as number)) ** 2 / count)
  },
  tolerance: 2e-6,
  samples,
}

export const reduceOps: readonly Op[] = [
  sumOp,
  extreme('max', Number.NEGATIVE_INFINITY, Math.max),
  extreme('min', Number.POSITIVE_INFINITY, Math.min),
  varianceOp,
]

/** The neutral element of a reduction in a dtype. */
export function identityOf(name: string, dtype: Typed['dtype']): number {
  if (name === 'sum') return 0
  const limit = isFloat(dtype) ? Number.POSITIVE_INFINITY : 2 ** 31 - 1
  return name === 'min' ? limit : isFloat(dtype) ? -limit : -limit - 1
}
