// Ops that put values into a larger one: pad and concat. The way back of their gradients is a slice.

import { holds } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, stridesOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { areExtents } from './extents.ts'
import { pad, slice } from './functions.ts'
import type { Attributes, Node } from './node.ts'
import { type HostValue, noCost, type Op, type Typed } from './op.ts'

const padOp: Op = {
  name: 'pad',
  family: 'movement',
  doc: '`value` before and after, per axis; 0 unless given.',
  infer(inputs, attributes) {
    const { shape, dtype } = inputs[0] as Typed
    const { before, after } = attributes as { before: readonly number[]; after: readonly number[] }
    if (before.length !== shape.length || after.length !== shape.length || !areExtents([...before, ...after])) {
      throw new ShapeError(
        `pad: ${formatShape(before)} before and ${formatShape(after)} after do not fit ${formatShape(shape)}; give one extent >= 0 per axis${atSite()}`,
      )
    }
    const value = paddingOf(attributes)
    if (!holds(dtype, value))
      throw new DTypeError(`pad: ${dtype} does not hold the value ${value}; cast the input first${atSite()}`)
    return { shape: shape.map((extent, axis) => extent + (before[axis] as number) + (after[axis] as number)), dtype }
  },
  derivative: {
    // Linear only where the value is 0.
    kind: 'general',
    reverse(upstream, node) {
      const before = node.attributes.before as readonly number[]
      const { shape } = node.inputs[0] as Node
      return [
        slice(
          upstream,
          before,
          before.map((start, axis) => start + (shape[axis] as number)),
        ),
      ]
    },
    forward([tangent], node) {
      const { before, after } = node.attributes as { before: readonly number[]; after: readonly number[] }
      return tangent && pad(tangent, before, after)
    },
  },
  cost: noCost,
  evaluate(inputs, output, attributes) {
    output.data.fill(paddingOf(attributes))
    place(inputs[0] as HostValue, output, attributes.before as readonly number[])
  },
  tolerance: 0,
  samples(shape) {
    const inputs = [{ shape, dtype: 'float' as const, low: -2, high: 2 }]
    const [before, after] = [shape.map((_, axis) => axis % 2), shape.map((_, axis) => 2 - (axis % 3))]
    return [
      { inputs, attributes: { before, after, value: 1 } },
      { inputs, attributes: { before: after, after: before } },
    ]
  },
}

function paddingOf(attributes: Attributes): number {
  return (attributes.value ?? 0) as number
}

/** Writes `source` into `target` from the corner `at` on. */
function place(source: HostValue, target: HostValue, at: readonly number[]): void {
  const strides = stridesOf(target.shape)
  const index = new Array<number>(source.shape.length).fill(0)
  for (let from = 0; from < source.data.length; from++) {
    let to = 0
    for (const [axis, i] of index.entries()) to += (i + (at[axis] as number)) * (strides[axis] as number)
    target.data[to] = source.data[from] as number
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1
      if ((index[axis] as number) < (source.shape[axis] as number)) break
      index[axis] = 0
    }
  }
}

const concatOp: Op = {
  name: 'concat',
  family: 'movement',
  doc: 'Inputs one after another along `axis`; the other extents agree.',
  infer(inputs, attributes) {
    const axis = attributes.axis as number
    const first = inputs[0] as Typed
    if (!(axis in first.shape))
      throw new ShapeError(`concat: ${formatShape(first.shape)} has no axis ${axis}${atSite()}`)
    for (const { shape, dtype } of inputs) {
      if (shape.length !== first.shape.length || shape.some((extent, i) => i !== axis && extent !== first.shape[i])) {
        throw new ShapeError(
          `concat: ${formatShape(first.shape)} and ${formatShape(shape)} differ beside axis ${axis}${atSite()}`,
        )
      }
      if (dtype !== first.dtype)
        throw new DTypeError(`concat: dtypes differ: ${first.dtype} and ${dtype}; cast one${atSite()}`)
    }
    const total = inputs.reduce((sum, { shape }) => sum + (shape[axis] as number), 0)
    return { shape: first.shape.map((extent, i) => (i === axis ? total : extent)), dtype: first.dtype }
  },
  derivative: {
    kind: 'linear',
    transpose(upstream, node, index) {
      const axis = node.attributes.axis as number
      const start = node.inputs.slice(0, index).reduce((sum, { shape }) => sum + (shape[axis] as number), 0)
      const end = start + ((node.inputs[index] as Node).shape[axis] as number)
      return slice(
        upstream,
        upstream.shape.map((_, i) => (i === axis ? start : 0)),
        upstream.shape.map((extent, i) => (i === axis ? end : extent)),
      )
    },
  },
  cost: noCost,
  evaluate(inputs, output, attributes) {
    let start = 0
    for (const input of inputs) {
      const at = output.shape.map((_, axis) => (axis === attributes.axis ? start : 0))
      place(input, output, at)
      start += input.shape[attributes.axis as number] as number
    }
  },
  tolerance: 0,
  samples: (shape) =>
    shape.map((_, axis) => {
      const other = shape.map((extent, i) => (i === axis ? extent + 2 : extent))
      const inputs = [shape, other, shape].map((s) => ({ shape: s, dtype: 'float' as const, low: -2, high: 2 }))
      return { inputs, attributes: { axis } }
    }),
}

export const assemblyOps: readonly Op[] = [padOp, concatOp]
