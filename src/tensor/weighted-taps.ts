// Resampling along one axis: each new position is a weighted sum of a few old ones. Interpolation and adaptive pooling are this.

import { allocateArray } from '../core/dtype.ts'
import * as ops from '../ops/functions.ts'
import { arrayNode, type Node } from '../ops/node.ts'

/** Old positions with their weights, for one new position. */
export type Taps = readonly (readonly [position: number, weight: number])[]

/** output[.., i, ..] = sum over taps (p, w) of position i of w * x[.., p, ..], along `axis`. */
export function resampleAxis(x: Node, axis: number, positions: readonly Taps[]): Node {
  const count = Math.max(...positions.map((taps) => taps.length))
  const indices = allocateArray('i32', positions.length * count)
  const weights = allocateArray(x.dtype, positions.length * count)
  for (const [i, taps] of positions.entries()) {
    for (const [j, [position, weight]] of taps.entries()) {
      indices[i * count + j] = position
      weights[i * count + j] = weight
    }
  }
  const { shape } = x
  const along = (extent: number): number[] => shape.map((_, i) => (i === axis ? extent : 1))
  const index = arrayNode(indices, along(indices.length), 'i32')
  const taken = ops.gather(
    x,
    ops.broadcastTo(
      index,
      shape.map((extent, i) => (i === axis ? indices.length : extent)),
    ),
    axis,
  )
  if (count === 1 && weights.every((weight) => weight === 1)) return taken
  const weight = ops.broadcastTo(arrayNode(weights, along(weights.length), x.dtype), taken.shape)
  const product = ops.multiply(taken, weight)
  // Where there are fewer taps than elsewhere, infinities of pixels that do not count must not get in.
  const uneven = positions.some((taps) => taps.length < count)
  const weighted = uneven ? ops.select(ops.compare('notEqual', weight, 0), product, 0) : product
  const split = [...shape.slice(0, axis), positions.length, count, ...shape.slice(axis + 1)]
  return ops.reshape(
    ops.sum(ops.reshape(weighted, split), [axis + 1]),
    shape.map((extent, i) => (i === axis ? positions.length : extent)),
  )
}
