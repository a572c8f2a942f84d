// Ops that move elements without changing them: reshape, permute, expand, slice, flip, pad, concat. Each is linear; its transpose is another.

import { DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, type Shape, sizeOf, stridesOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { flip, pad, permute, reshape, slice, sum } from './functions.ts'
import type { Attributes, Node } from './node.ts'
import type { HostValue, Op, Sample, Typed } from './op.ts'

const free = (): { multiplyAdds: number; flops: number } => ({ multiplyAdds: 0, flops: 0 })

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
    if (sizeOf(shape) !== sizeOf(to)) {
      throw new ShapeError(
        `reshape: ${formatShape(shape)} has ${sizeOf(shape)} elements and ${formatShape(to)} has ${sizeOf(to)}${atSite()}`,
      )
    }
    return { shape: to, dtype }
  },
  derivative: { kind: 'linear', transpose: (upstream, node) => reshape(upstream, (node.inputs[0] as Node).shape) },
  cost: free,
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
  cost: free,
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
    if (shape.length !== to.length || shape.some((extent, axis) => extent !== 1 && extent !== to[axis])) {
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
  cost: free,
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
      if (!(start >= 0 && end <= extent && step >= 1)) {
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
  cost: free,
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
  infer: (inputs) => one(inputs),
  derivative: {
    kind: 'linear',
    transpose: (upstream, node) => flip(upstream, node.attributes.axes as readonly number[]),
  },
  cost: free,
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

const padOp: Op = {
  name: 'pad',
  family: 'movement',
  doc: 'Zeros before and after, per axis.',
  infer(inputs, attributes) {
    const { shape, dtype } = one(inputs)
    const { before, after } = attributes as { before: readonly number[]; after: readonly number[] }
    if (
      before.length !== shape.length ||
      after.length !== shape.length ||
      [...before, ...after].some((extent) => !(extent >= 0))
    ) {
      throw new ShapeError(
        `pad: ${formatShape(before)} before and ${formatShape(after)} after do not fit ${formatShape(shape)}; give one extent >= 0 per axis${atSite()}`,
      )
    }
    return { shape: shape.map((extent, axis) => extent + (before[axis] as number) + (after[axis] as number)), dtype }
  },
  derivative: {
    kind: 'linear',
    transpose(upstream, node) {
      const before = node.attributes.before as readonly number[]
      const { shape } = node.inputs[0] as Node
      return slice(
        upstream,
        before,
        before.map((start, axis) => start + (shape[axis] as number)),
      )
    },
  },
  cost: free,
  evaluate(inputs, output, attributes) {
    place(inputs[0] as HostValue, output, attributes.before as readonly number[])
  },
  tolerance: 0,
  samples: (shape) => [
    sample(shape, { before: shape.map((_, axis) => axis % 2), after: shape.map((_, axis) => 2 - (axis % 3)) }),
  ],
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
    const first = one(inputs)
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
  cost: free,
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

export const movementOps: readonly Op[] = [reshapeOp, permuteOp, expandOp, sliceOp, flipOp, padOp, concatOp]
