// What every family of kernels is built with: where values lie, expressions of one group, and its stores.

import type { DType } from '../core/dtype.ts'
import type { Expression, Store } from '../kernels/kernel.ts'
import type { Node } from '../ops/node.ts'
import { type Affine, accessAt, ExpressionBuilder, type Place, spreadIndex } from './expressions.ts'
import type { Group } from './fuse.ts'

/** Where values lie, and where a group's member is stored to. */
export interface Places {
  readonly locate: (node: Node) => Place | undefined
  readonly destination: (node: Node) => Place
  /** Is it a pad that lies nowhere, since nothing reads its pixels? */
  readonly isSkipped: (node: Node) => boolean
  /** Does it lie inside this pad or concatenation, written there by another kernel? */
  readonly liesIn: (node: Node, host: Node) => boolean
  /** A new row that all threads share. */
  readonly shared: (dtype: DType, elements: number) => number
  /** A new row of which each thread has its own. */
  readonly local: (dtype: DType, elements: number) => number
}

/** Expressions of one group over `axes` kernel axes; members count as computed here, never as loaded. */
export function builderFor(
  group: Group,
  places: Pick<Places, 'locate' | 'isSkipped'>,
  axes: number,
  result: (node: Node) => Expression | undefined,
): ExpressionBuilder {
  const members = new Set<Node>(group.members)
  return new ExpressionBuilder({
    axes,
    locate: (node) => (members.has(node) ? undefined : places.locate(node)),
    isSkipped: places.isSkipped,
    result,
  })
}

/** The epilogue: each stored member at the positions `index` of the group's dense shape. */
export function storesOf(
  group: Group,
  places: Places,
  builder: ExpressionBuilder,
  index: readonly Affine[],
  axes: number,
): Store[] {
  return group.stored.map((node) => {
    const at = spreadIndex(index, node.shape, axes)
    const value = builder.build(node, at)
    return { access: accessAt(places.destination(node), node.shape, at, axes), value, dtype: node.dtype }
  })
}
