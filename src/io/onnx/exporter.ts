// What writes an op of a graph here as nodes of ONNX.

import type { Node, OpNode } from '../../ops/node.ts'
import type { GraphWriter, Written } from './graph-writer.ts'

/** Gives what a node was written as. */
export type Lookup = (node: Node) => Written

/**
 * Writes a node. `value` gives what its inputs, or theirs, were written as; `narrow` gives them before they are repeated, with extents of 1 that
 * operators broadcast by themselves. What an exporter gives may be narrower than the node, too.
 */
export type Exporter = (node: OpNode, graph: GraphWriter, value: Lookup, narrow: Lookup) => Written

/** What an op needs beside its inputs. */
export function attributesOf<Kind>(node: OpNode): Kind {
  return node.attributes as Kind
}

export function anyComputed(values: readonly Written[]): boolean {
  return values.some(({ computed }) => computed)
}
