// What every family of kernels is built with: where values lie, expressions of one group, and its stores.

import type { DType } from '../core/dtype.ts'
import type { Expression, Store } from '../kernels/kernel.ts'
import type { Node } from '../ops/node.ts'
import { type Affine, ExpressionBuilder, flatten, type Place, spreadIndex } from './expressions.ts'
import type { Group } from './fuse.ts'

/** Where values lie: row and offset of a value in memory, and the rows that a group's member is stored to. */
export interface Places {
  readonly locate: (node: Node) => Place | undefined
  readonly destinations: (node: Node) => readonly number[]
  /** A new row that all threads share. */
  readonly shared: (dtype: DType, elements: number) => number
  /** A new row of which each thread has its own. */
  readonly local: (dtype: DType, elements: number) => number
}

/** Expressions of one group over `axes` kernel axes; members count as computed here, never as loaded. */
export function builderFor(
  group: Group,
  places: Pick<Places, 'locate'>,
  axes: number,
  result: (node: Node) => Expression | undefined,
): ExpressionBuilder {
  const members = new Set<Node>(group.members)
  return new ExpressionBuilder({
    axes,
    locate: (node) => (members.has(node) ? undefined : places.locate(node)),
    result,
  })
}

/** The epilogue: each stored member at the positions `index` of the group's dense shape, to each of its rows. */
export function storesOf(
  group: Group,
  places: Places,
  builder: ExpressionBuilder,
  index: readonly Affine[],
  axes: number,
): Store[] {
  return group.stored.flatMap((node) => {
    const at = spreadIndex(index, node.shape, axes)
    const value = builder.build(node, at)
    const { offset, strides } = flatten(at, node.shape, axes)
    return places
      .destinations(node)
      .map((buffer) => ({ access: { buffer, offset, slab: 0, strides }, value, dtype: node.dtype }))
  })
}
