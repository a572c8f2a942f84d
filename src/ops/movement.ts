// Views: reshape, permute, expand, slice, flip move elements without changing them. Each is linear; its transpose is another.

import { ShapeError } from '../core/errors.ts'
import { formatShape, type Shape, sizeOf, stridesOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { areExtents } from './extents.ts'
import { flip, pad, permute, reshape, slice, sum } from './functions.ts'
import type { Attributes, Node } from './node.ts'
import { type HostValue, noCost, type Op, type Sample, type Typed } from './op.ts'

function one(inputs: readonly Typed[]): Typed {
  return inputs[0] as Typed
}

function sample(shape: Shape, attributes: Attributes): Sample {
  return { inputs: [{ shape, dtype: 'float', low: -2, high: 2 }], attributes }
}

/** Copies element by element: `offsetOf` gives the source offset of an output index. */
function copyBy(inputs: readonly HostValue[], output: HostValue, offset: number, steps: readonly number[]): void {
  const source = (inputs[0] as HostValue).data
  const target = output.data
  const { shape } = output
  const index = new Array<number>(shape.length).fill(0)
  let from = offset
  for (let to = 0; to < target.length; to++) {
    target[to] = source[from] as number
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number
      index[axis] = (index[axis] as number) + 1
      if ((index[axis] as number) < (shape[axis] as number)) break
      from -= (steps[axis] as number) * (shape[axis] as number)
      index[axis] = 0
    }
  }
}

const reshapeOp: Op = {
  name: 'reshape',
  family: 'movement',
  doc: 'The same elements in row-major order under another shape.',
  infer(inputs, attributes) {
    const { shape, dtype } = one(inputs)
    const to = attributes.shape as Shape
    if (!areExtents(to)) throw new ShapeError(`reshape: ${formatShape(to)} is not a shape${atSite()}`)
    if (sizeOf(shape) !== sizeOf(to)) {
      throw new ShapeError(
        `reshape: ${formatShape(shape)} has ${sizeOf(shape)} elements and ${formatShape(to)} has ${sizeOf(to)}${atSite()}`,
      )
    }
    return { shape: to, dtype }
  },
  derivative: { kind: 'linear', transpose: (upstream, node) => reshape(upstream, (node.inputs[0] as Node).shape) },
  cost: noCost,
  evaluate(inputs, output) {
    output.data.set((inputs[0] as HostValue).data)
  },
  tolerance: 0,
  samples: (shape) => [
    sample(shape, { shape: [sizeOf(shape)] }),
    sample(shape, { shape: [1, ...shape] }),
    sample(shape, { shape: [...shape].reverse() }),
  ],
}

const permuteOp: Op = {
  name: 'permute',
  family: 'movement',
  doc: 'Axes in another order: output axis i is input axis order[i].',
  infer(inputs, attributes) {
    const { shape, dtype } = one(inputs)
    const order = attributes.order as readonly number[]
    if (
      order.length !== shape.length ||
      new Set(order).size !== order.length ||
      order.some((axis) => !(axis in shape))
    ) {
      throw new ShapeError(
        `permute: the order [${order.join(', ')}] does not name each axis of ${formatShape(shape)} once${atSite()}`,
      )
    }
    return { shape: order.map((axis) => shape[axis] as number), dtype }
  },
  derivative: {
    kind: 'linear',
    transpose(upstream, node) {
      const order = node.attributes.order as readonly number[]
      const inverse = new Array<number>(order.length)
      for (const [to, from] of order.entries()) inverse[from] = to
      return permute(upstream, inverse)
    },
  },
  cost: noCost,
  evaluate(inputs, output, attributes) {
    const strides = stridesOf((inputs[0] as HostValue).shape)
    copyBy(
      inputs,
      output,
      0,
      (attributes.order as readonly number[]).map((axis) => strides[axis] as number),
    )
  },
  tolerance: 0,
  samples: (shape) => [
    sample(shape, { order: shape.map((_, axis) => shape.length - 1 - axis) }),
    sample(shape, { order: shape.map((_, axis) => (axis + 1) % shape.length) }),
  ],
}

const expandOp: Op = {
  name: 'expand',
  family: 'movement',
  doc: 'Axes of extent 1 repeated to the extents of `shape`; same rank.',
  infer(inputs, attributes) {
    const { shape, dtype } = one(inputs)
    const to = attributes.shape as Shape
    const fits = shape.length === to.length && shape.every((extent, axis) => extent === 1 || extent === to[axis])
    if (!fits || !areExtents(to)) {
      throw new ShapeError(`expand: ${formatShape(shape)} does not broadcast to ${formatShape(to)}${atSite()}`)
    }
    return { shape: to, dtype }
  },
  derivative: {
    kind: 'linear',
    transpose(upstream, node) {
      const { shape } = node.inputs[0] as Node
      return sum(
        upstream,
        shape.flatMap((extent, axis) => (extent === 1 && node.shape[axis] !== 1 ? [axis] : [])),
      )
    },
  },
  cost: noCost,
  evaluate(inputs, output) {
    const { shape } = inputs[0] as HostValue
    const strides = stridesOf(shape)
    copyBy(
      inputs,
      output,
      0,
      shape.map((extent, axis) => (extent === 1 ? 0 : (strides[axis] as number))),
    )
  },
  tolerance: 0,
  samples: (shape) =>
    shape.map((_, repeated) =>
      sample(
        shape.map((extent, axis) => (axis === repeated ? 1 : extent)),
        { shape },
      ),
    ),
}

const sliceOp: Op = {
  name: 'slice',
  family: 'movement',
  doc: 'Elements start, start + step, … below end, per axis; steps are positive.',
  infer(inputs, attributes) {
    const { shape, dtype } = one(inputs)
    const { starts, ends, steps } = attributes as {
      starts: readonly number[]
      ends: readonly number[]
      steps: readonly number[]
    }
    const to = shape.map((extent, axis) => {
      const [start, end, step] = [starts[axis] as number, ends[axis] as number, steps[axis] as number]
      if (!areExtents([start, end, step]) || start > extent || end > extent || step < 1) {
        throw new ShapeError(
          `slice: ${start}:${end}:${step} does not lie within axis ${axis} of ${formatShape(shape)}${atSite()}`,
        )
      }
      return Math.max(0, Math.ceil((end - start) / step))
    })
    return { shape: to, dtype }
  },
  derivative: {
    kind: 'linear',
    transpose(upstream, node) {
      const { starts, steps } = node.attributes as { starts: readonly number[]; steps: readonly number[] }
      const { shape } = node.inputs[0] as Node
      // Between the elements of a strided slice lie zeros: spread each axis by reshape, pad and reshape, then pad to the full extent.
      let spread = upstream
      for (const [axis, step] of steps.entries()) if (step > 1) spread = spreadAxis(spread, axis, step)
      const after = shape.map((extent, axis) => extent - (starts[axis] as number) - (spread.shape[axis] as number))
      // The last element's own gap may reach past the end.
      if (after.some((extent) => extent < 0)) {
        spread = slice(
          spread,
          spread.shape.map(() => 0),
          spread.shape.map((extent, axis) => extent + Math.min(0, after[axis] as number)),
        )
      }
      return pad(
        spread,
        starts,
        after.map((extent) => Math.max(0, extent)),
      )
    },
  },
  cost: noCost,
  evaluate(inputs, output, attributes) {
    const { starts, steps } = attributes as { starts: readonly number[]; steps: readonly number[] }
    const strides = stridesOf((inputs[0] as HostValue).shape)
    const offset = starts.reduce((sum, start, axis) => sum + start * (strides[axis] as number), 0)
    copyBy(
      inputs,
      output,
      offset,
      steps.map((step, axis) => step * (strides[axis] as number)),
    )
  },
  tolerance: 0,
  samples: (shape) => [
    sample(shape, { starts: shape.map((n) => Math.min(1, n)), ends: [...shape], steps: shape.map(() => 1) }),
    sample(shape, {
      starts: shape.map(() => 0),
      ends: shape.map((n) => Math.max(0, n - 1)),
      steps: shape.map((_, axis) => 1 + (axis % 3)),
    }),
  ],
}

/** [.., n, ..] to [.., n * step, ..] with step - 1 zeros after each element. */
function spreadAxis(x: Node, axis: number, step: number): Node {
  const { shape } = x
  const split = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]
  const padded = pad(
    reshape(x, split),
    split.map(() => 0),
    split.map((_, i) => (i === axis + 1 ? step - 1 : 0)),
  )
  return reshape(
    padded,
    shape.map((extent, i) => (i === axis ? extent * step : extent)),
  )
}

const flipOp: Op = {
  name: 'flip',
  family: 'movement',
  doc: 'Elements in reverse order along the given axes.',
  infer(inputs, attributes) {
    const { shape, dtype } = one(inputs)
    const axes = attributes.axes as readonly number[]
    if (new Set(axes).size !== axes.length || axes.some((axis) => !(axis in shape)))
      throw new ShapeError(`flip: [${axes.join(', ')}] are not different axes of ${formatShape(shape)}${atSite()}`)
    return { shape, dtype }
  },
  derivative: {
    kind: 'linear',
    transpose: (upstream, node) => flip(upstream, node.attributes.axes as readonly number[]),
  },
  cost: noCost,
  evaluate(inputs, output, attributes) {
    const axes = attributes.axes as readonly number[]
    const strides = stridesOf(output.shape)
    const offset = axes.reduce((sum, axis) => sum + ((output.shape[axis] as number) - 1) * (strides[axis] as number), 0)
    copyBy(
      inputs,
      output,
      offset,
      strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    )
  },
  tolerance: 0,
  samples: (shape) => [
    sample(shape, { axes: shape.map((_, axis) => axis) }),
    sample(shape, { axes: shape.length > 0 ? [shape.length - 1] : [] }),
  ],
}

export const movementOps: readonly Op[] = [reshapeOp, permuteOp, expandOp, sliceOp, flipOp]
