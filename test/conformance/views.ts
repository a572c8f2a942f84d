// Inputs as users have them: not always a contiguous array, but views of one, which devices turn into addresses.

import { allocateArray, type TypedArray } from '../../src/core/dtype.ts'
import { type Shape, sizeOf, stridesOf } from '../../src/core/shape.ts'
import { broadcastTo, expand, flip, permute, reshape, slice } from '../../src/ops/functions.ts'
import { type ArrayNode, arrayNode, type Node } from '../../src/ops/node.ts'
import { build } from '../../src/ops/op.ts'

/** A way to put `leaf`'s values behind a view (or, for `broadcast`, some of its values repeated). */
export interface View {
  readonly name: string
  readonly of: (leaf: ArrayNode) => Node
}

/** The leaf's elements placed in an array of another shape: `offsetOf` says where each goes. */
function placed(leaf: ArrayNode, shape: Shape, offsetOf: (index: readonly number[]) => number): ArrayNode {
  const data = allocateArray(leaf.dtype, sizeOf(shape))
  const index = leaf.shape.map(() => 0)
  for (const value of leaf.data) {
    data[offsetOf(index)] = value
    for (let axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1
      if ((index[axis] as number) < (leaf.shape[axis] as number)) break
      index[axis] = 0
    }
  }
  return arrayNode(data as TypedArray, shape, leaf.dtype)
}

const dotted = (index: readonly number[], strides: readonly number[]): number =>
  index.reduce((sum, position, axis) => sum + position * (strides[axis] as number), 0)

/** Axes in another order in memory than in the graph. */
const transposed: View = {
  name: 'transposed',
  of(leaf) {
    const order = leaf.shape.map((_, axis) => leaf.shape.length - 1 - axis)
    const shape = order.map((axis) => leaf.shape[axis] as number)
    const strides = stridesOf(shape)
    const stored = placed(leaf, shape, (index) => dotted([...index].reverse(), strides))
    return permute(stored, order)
  },
}

/** Every second axis, the last one among them, has extent 1 in memory. */
const broadcast: View = {
  name: 'broadcast',
  of(leaf) {
    const rank = leaf.shape.length
    const shape = leaf.shape.map((extent, axis) => ((rank - axis) % 2 === 1 && extent > 0 ? 1 : extent))
    const data = leaf.data.slice(0, sizeOf(shape))
    return expand(arrayNode(data, shape, leaf.dtype), leaf.shape)
  },
}

/** Axes of extent 1 in memory in front and behind, and the first axis repeated from nothing. */
const added: View = {
  name: 'without its first axis',
  of(leaf) {
    const inner = leaf.shape.slice(1)
    if (leaf.shape.length === 0 || leaf.shape[0] === 0) return leaf
    return broadcastTo(arrayNode(leaf.data.slice(0, sizeOf(inner)), inner, leaf.dtype), leaf.shape)
  },
}

/** Every second element of a longer array, from the second on. */
const strided: View = {
  name: 'strided slice',
  of(leaf) {
    const shape = leaf.shape.map((extent) => 2 * extent + 2)
    const strides = stridesOf(shape)
    const stored = placed(leaf, shape, (index) =>
      dotted(
        index.map((position) => 2 * position + 1),
        strides,
      ),
    )
    const starts = leaf.shape.map(() => 1)
    return slice(
      stored,
      starts,
      leaf.shape.map((extent) => 2 * extent + 1),
      leaf.shape.map(() => 2),
    )
  },
}

/** A part in the middle: rows are longer in memory than in the graph. */
const cut: View = {
  name: 'slice',
  of(leaf) {
    const shape = leaf.shape.map((extent) => extent + 3)
    const strides = stridesOf(shape)
    const stored = placed(leaf, shape, (index) =>
      dotted(
        index.map((position) => position + 1),
        strides,
      ),
    )
    return slice(
      stored,
      leaf.shape.map(() => 1),
      leaf.shape.map((extent) => extent + 1),
    )
  },
}

/** Backwards along every axis. */
const flipped: View = {
  name: 'flipped',
  of(leaf) {
    const strides = stridesOf(leaf.shape)
    const last = leaf.shape.map((extent) => extent - 1)
    const stored = placed(leaf, leaf.shape, (index) =>
      dotted(
        index.map((position, axis) => (last[axis] as number) - position),
        strides,
      ),
    )
    return flip(
      stored,
      leaf.shape.map((_, axis) => axis),
    )
  },
}

/** Axes folded into one in memory. */
const reshaped: View = {
  name: 'reshaped',
  of: (leaf) => reshape(arrayNode(leaf.data, [sizeOf(leaf.shape)], leaf.dtype), leaf.shape),
}

/** A value that another op makes: twice negated, or twice flipped for truth values, with a view between. */
const computed: View = {
  name: 'computed',
  of(leaf) {
    const order = leaf.shape.map((_, axis) => leaf.shape.length - 1 - axis)
    const name = leaf.dtype === 'bool' ? 'not' : 'negate'
    return build(name, [permute(build(name, [permute(leaf, order)]), order)])
  },
}

export const plain: View = { name: 'plain', of: (leaf) => leaf }

export const views: readonly View[] = [transposed, broadcast, added, strided, cut, flipped, reshaped, computed]
