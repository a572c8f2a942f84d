// Differentiation as more graph: reverse mode from an output to what it depends on, forward mode from tangents to outputs.

import { isFloat } from '../core/dtype.ts'
import { addDefined, fill, multiply } from '../ops/functions.ts'
import { type Node, type OpNode, topologicalOrder } from '../ops/node.ts'
import { build } from '../ops/op.ts'

/** The nodes of `order` that depend on one of `sources`, the sources included. */
function dependents(order: readonly Node[], sources: readonly Node[]): Set<Node> {
  const found = new Set<Node>(sources)
  for (const node of order) if (node.inputs.some((input) => found.has(input))) found.add(node)
  return found
}

/** The upstream gradient of one node, handed to each of its inputs. */
function pullBack(node: OpNode, upstream: Node, wanted: (input: Node) => boolean): readonly (Node | undefined)[] {
  const { derivative } = node.op
  const differentiable = (input: Node): boolean => isFloat(input.dtype) && wanted(input)
  switch (derivative.kind) {
    case 'none':
      return []
    case 'pointwise':
      return derivative
        .partials(node.inputs, node)
        .map((partial, i) =>
          partial && differentiable(node.inputs[i] as Node) ? multiply(upstream, partial) : undefined,
        )
    case 'linear':
    case 'multilinear':
      return node.inputs.map((input, i) =>
        differentiable(input) ? derivative.transpose(upstream, node, i) : undefined,
      )
    case 'general':
      return derivative.reverse(upstream, node)
  }
}

/**
 * Reverse mode: the gradient of sum(output * upstream) with respect to each of `sources`, as nodes.
 * Undefined for a source that the output does not depend on.
 */
export function reverse(output: Node, upstream: Node, sources: readonly Node[]): (Node | undefined)[] {
  const order = topologicalOrder([output])
  const relevant = dependents(order, sources)
  const gradients = new Map<Node, Node>([[output, upstream]])
  for (const node of order.reverse()) {
    const gradient = gradients.get(node)
    if (gradient === undefined || node.kind !== 'op' || !relevant.has(node)) continue
    const pulled = pullBack(node, gradient, (input) => relevant.has(input))
    for (const [i, input] of node.inputs.entries()) {
      if (!relevant.has(input)) continue
      const sum = addDefined(gradients.get(input), pulled[i])
      if (sum !== undefined) gradients.set(input, sum)
    }
  }
  return sources.map((source) => (relevant.has(output) ? gradients.get(source) : undefined))
}

/** The tangent of one node from those of its inputs (undefined: zero). */
function pushForward(node: OpNode, tangents: readonly (Node | undefined)[]): Node | undefined {
  const { derivative, op, inputs, attributes } = { ...node, derivative: node.op.derivative }
  const replaced = (i: number): Node =>
    build(
      op.name,
      inputs.map((input, j) => (i === j ? (tangents[j] as Node) : input)),
      attributes,
    )
  switch (derivative.kind) {
    case 'none':
      return undefined
    case 'pointwise': {
      let total: Node | undefined
      for (const [i, partial] of derivative.partials(inputs, node).entries()) {
        const tangent = tangents[i]
        if (partial && tangent) total = addDefined(total, multiply(tangent, partial))
      }
      return total
    }
    case 'multilinear':
      return inputs.reduce<Node | undefined>(
        (total, _, i) => (tangents[i] ? addDefined(total, replaced(i)) : total),
        undefined,
      )
    case 'linear': {
      if (tangents.every((tangent) => tangent === undefined)) return undefined
      const zeroFilled = inputs.map((input, i) => tangents[i] ?? (isFloat(input.dtype) ? fill(0, input) : input))
      return build(op.name, zeroFilled, attributes)
    }
    case 'general':
      return derivative.forward(tangents, node)
  }
}

/** Forward mode: the tangent of each output when the sources move along `directions`. Undefined where it is zero everywhere. */
export function forward(
  outputs: readonly Node[],
  sources: readonly Node[],
  directions: readonly Node[],
): (Node | undefined)[] {
  const tangents = new Map<Node, Node>(sources.map((source, i) => [source, directions[i] as Node]))
  const order = topologicalOrder(outputs)
  const relevant = dependents(order, sources)
  for (const node of order) {
    if (node.kind !== 'op' || !relevant.has(node) || tangents.has(node) || !isFloat(node.dtype)) continue
    const tangent = pushForward(
      node,
      node.inputs.map((input) => tangents.get(input)),
    )
    if (tangent !== undefined) tangents.set(node, tangent)
  }
  return outputs.map((output) => tangents.get(output))
}
