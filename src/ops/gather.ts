// Ops that address by value: gather and its transpose scatterAdd; positions along an axis.

import { isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError, UsageError } from '../core/errors.ts'
import { formatShape, type Shape, sizeOf, stridesOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { areExtents } from './extents.ts'
import { gather, scatterAdd } from './functions.ts'
import type { Node } from './node.ts'
import { type HostValue, noCost, type Op, type Sample, type Typed } from './op.ts'

function checkIndex(name: string, values: Typed, index: Typed, axis: number): void {
  if (index.dtype !== 'i32')
    throw new DTypeError(`${name}: indices are i32, not ${index.dtype}; cast them first${atSite()}`)
  const { shape } = values
  if (!(axis in shape)) throw new ShapeError(`${name}: ${formatShape(shape)} has no axis ${axis}${atSite()}`)
  if (index.shape.length !== shape.length || shape.some((extent, i) => i !== axis && extent !== index.shape[i])) {
    throw new ShapeError(
      `${name}: the indices' shape ${formatShape(index.shape)} differs from ${formatShape(shape)} beside axis ${axis}${atSite()}`,
    )
  }
}

/** Calls `visit(i, whole)` for each element i of `index`, with the offset of the element that it names in an array of `shape`. */
function followIndex(
  name: string,
  index: HostValue,
  shape: Shape,
  axis: number,
  visit: (i: number, offset: number) => void,
): void {
  const strides = stridesOf(shape)
  const indexStrides = stridesOf(index.shape)
  for (let i = 0; i < index.data.length; i++) {
    const position = index.data[i] as number
    if (position < 0 || position >= (shape[axis] as number)) {
      throw new UsageError(`${name}: index ${position} is out of range for axis ${axis} of ${formatShape(shape)}`)
    }
    let offset = position * (strides[axis] as number)
    for (let j = 0; j < shape.length; j++) {
      if (j !== axis)
        offset += (Math.floor(i / (indexStrides[j] as number)) % (index.shape[j] as number)) * (strides[j] as number)
    }
    visit(i, offset)
  }
}

function gatherSamples(shape: Shape): Sample[] {
  return shape.flatMap((extent, axis) => {
    if (extent === 0) return []
    const indices = shape.map((n, i) => (i === axis ? n + 2 : n))
    const inputs: Sample['inputs'] = [
      { shape, dtype: 'float', low: -2, high: 2 },
      { shape: indices, dtype: 'i32', low: 0, high: extent - 1 },
    ]
    return [{ inputs, attributes: { axis } }]
  })
}

const gatherOp: Op = {
  name: 'gather',
  family: 'gather',
  doc: 'output[.., j, ..] = source[.., index[.., j, ..], ..] along `axis`. Out of range: an error on the reference device, clamped in compiled code.',
  infer(inputs, attributes) {
    const [source, index] = inputs as [Typed, Typed]
    const axis = attributes.axis as number
    checkIndex('gather', source, index, axis)
    if (source.shape[axis] === 0 && sizeOf(index.shape) > 0) {
      throw new ShapeError(
        `gather: axis ${axis} of ${formatShape(source.shape)} is empty, so there is nothing to index${atSite()}`,
      )
    }
    return { shape: index.shape, dtype: source.dtype }
  },
  derivative: {
    kind: 'linear',
    transpose(upstream, node, index) {
      if (index === 1) return undefined
      const axis = node.attributes.axis as number
      const [source, indices] = node.inputs as [Node, Node]
      return scatterAdd(upstream, indices, axis, source.shape[axis] as number)
    },
  },
  cost: noCost,
  evaluate(inputs, output, attributes) {
    const [source, index] = inputs as [HostValue, HostValue]
    followIndex('gather', index, source.shape, attributes.axis as number, (i, offset) => {
      output.data[i] = source.data[offset] as number
    })
  },
  tolerance: 0,
  samples: gatherSamples,
}

const scatterAddOp: Op = {
  name: 'scatterAdd',
  family: 'gather',
  doc: 'Zeros of extent `extent` along `axis`, with each update added where its index says; the transpose of gather. Out of range: an error on the reference device, dropped in compiled code.',
  infer(inputs, attributes) {
    const [updates, index] = inputs as [Typed, Typed]
    if (!isFloat(updates.dtype))
      throw new DTypeError(`scatterAdd: takes float updates, not ${updates.dtype}${atSite()}`)
    const { axis, extent } = attributes as { axis: number; extent: number }
    checkIndex('scatterAdd', updates, index, axis)
    if (!areExtents([extent])) throw new ShapeError(`scatterAdd: ${extent} is not an extent${atSite()}`)
    if (updates.shape[axis] !== index.shape[axis]) {
      throw new ShapeError(
        `scatterAdd: updates ${formatShape(updates.shape)} and indices ${formatShape(index.shape)} differ${atSite()}`,
      )
    }
    return { shape: updates.shape.map((n, i) => (i === axis ? extent : n)), dtype: updates.dtype }
  },
  derivative: {
    kind: 'linear',
    transpose: (upstream, node, index) =>
      index === 0 ? gather(upstream, node.inputs[1] as Node, node.attributes.axis as number) : undefined,
  },
  cost: (inputs) => ({ multiplyAdds: 0, flops: sizeOf((inputs[0] as Typed).shape) }),
  evaluate(inputs, output, attributes) {
    const [updates, index] = inputs as [HostValue, HostValue]
    const totals = new Float64Array(output.data.length)
    followIndex('scatterAdd', index, output.shape, attributes.axis as number, (i, offset) => {
      totals[offset] = (totals[offset] as number) + (updates.data[i] as number)
    })
    output.data.set(totals)
  },
  tolerance: 2e-6,
  samples: (shape) =>
    shape.map((_, axis) => ({
      inputs: [
        { shape, dtype: 'float', low: -2, high: 2 },
        { shape, dtype: 'i32', low: 0, high: 4 },
      ],
      attributes: { axis, extent: 5 },
    })),
}

const iotaOp: Op = {
  name: 'iota',
  family: 'gather',
  doc: 'The position along `axis`, as i32.',
  infer(_, attributes) {
    const { shape, axis } = attributes as { shape: Shape; axis: number }
    if (!areExtents(shape) || !(axis in shape))
      throw new ShapeError(`iota: ${formatShape(shape)} is not a shape with an axis ${axis}${atSite()}`)
    return { shape, dtype: 'i32' }
  },
  derivative: { kind: 'none', reason: 'it has no inputs' },
  cost: noCost,
  evaluate(_, output, attributes) {
    const axis = attributes.axis as number
    const stride = stridesOf(output.shape)[axis] as number
    for (let i = 0; i < output.data.length; i++)
      output.data[i] = Math.floor(i / stride) % (output.shape[axis] as number)
  },
  tolerance: 0,
  samples: (shape) => shape.map((_, axis) => ({ inputs: [], attributes: { shape, axis } })),
}

export const gatherOps: readonly Op[] = [gatherOp, scatterAddOp, iotaOp]
