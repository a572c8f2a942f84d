// An activation before a max pool, moved behind it, where there are fewer values to compute it of.

import { isFloat } from '../core/dtype.ts'
import { equalShapes, sizeOf } from '../core/shape.ts'
import { add, maximum, multiply, pad, reduceMax, reduceMin, unary } from '../ops/functions.ts'
import { formatAttributes, type Node, type OpNode } from '../ops/node.ts'
import type { Sliding } from '../ops/sliding.ts'
import { type Graph, inputsOf } from './graph.ts'
import { extremeOfWindows } from './lowerings.ts'
import { windowsMeetImage } from './window-edges.ts'

type Activation = (x: Node) => Node

/** Ops that never fall and are defined everywhere: their largest value is that of the largest argument. Cheap ones are left where they are. */
const rising = ['exp', 'tanh', 'sigmoid', 'erf'] as const

/** Functions, each a product, that fall first and rise then: their largest value is at the least or the largest argument. GELU, SiLU and GELU's approximation by tanh. */
const valleys: readonly Activation[] = [
  (x) => multiply(multiply(x, 0.5), add(unary('erf', multiply(x, Math.SQRT1_2)), 1)),
  (x) => multiply(x, unary('sigmoid', x)),
  (x) =>
    multiply(
      multiply(x, 0.5),
      add(unary('tanh', multiply(add(multiply(multiply(multiply(x, x), x), 0.044715), x), Math.sqrt(2 / Math.PI))), 1),
    ),
]

/** Ops between an activation's result and its argument at most. */
const mostDepth = 8

/** A pool of an activation: its argument, and the same values computed from that. */
interface Pooled {
  readonly argument: Node
  readonly from: (argument: Node) => Node
}

/** Do two nodes compute the same in the same way? */
function sameTree(a: Node, b: Node): boolean {
  if (a === b) return true
  if (a.kind === 'literal' && b.kind === 'literal') return a.dtype === b.dtype && Object.is(a.value, b.value)
  if (a.kind !== 'op' || b.kind !== 'op' || a.op !== b.op || a.result !== undefined) return false
  return (
    equalShapes(a.shape, b.shape) &&
    a.inputs.length === b.inputs.length &&
    formatAttributes(a.attributes) === formatAttributes(b.attributes) &&
    a.inputs.every((input, i) => sameTree(input, b.inputs[i] as Node))
  )
}

/** The values of the same shape and dtype below a node that are no repeated numbers, nearest first. */
function argumentsBelow(node: Node): Set<Node> {
  const found = new Set<Node>()
  let level = new Set<Node>([node])
  for (let depth = 0; depth < mostDepth; depth++) {
    const inputs = [...level].flatMap(inputsOf)
    const alike = ({ shape, dtype }: Node): boolean => equalShapes(shape, node.shape) && dtype === node.dtype
    level = new Set(inputs.filter((input) => alike(input) && !(input.kind === 'op' && input.op.name === 'expand')))
    for (const input of level) found.add(input)
  }
  return found
}

/** The product among `valleys` that a node is, with its argument. */
function valleyOf(node: Node): { valley: Activation; argument: Node } | undefined {
  for (const argument of argumentsBelow(node)) {
    const valley = valleys.find((each) => sameTree(node, each(argument)))
    if (valley !== undefined) return { valley, argument }
  }
  return undefined
}

function pooledFrom(pool: OpNode, isUsedOnce: (node: Node) => boolean): Pooled | undefined {
  const sliding = pool.attributes as Sliding
  const [input] = inputsOf(pool)
  if (input?.kind !== 'op' || !isFloat(pool.dtype) || !isUsedOnce(input)) return undefined
  const padded = input.op.name === 'pad' && input.attributes.value === Number.NEGATIVE_INFINITY
  const activated = padded ? inputsOf(input)[0] : input
  if (activated?.kind !== 'op' || activated.result !== undefined || !isUsedOnce(activated)) return undefined
  const none = pool.shape.map(() => 0)
  const [before, after] = padded
    ? [input.attributes.before as readonly number[], input.attributes.after as readonly number[]]
    : [none, none]
  if (!windowsMeetImage(activated.shape, pool.shape, sliding, { before, after })) return undefined
  const extreme = (reduce: typeof reduceMax, x: Node, outside: number): Node =>
    extremeOfWindows(reduce, pad(x, before, after, outside), sliding)
  const largest = (x: Node): Node => extreme(reduceMax, x, Number.NEGATIVE_INFINITY)
  const least = (x: Node): Node => extreme(reduceMin, x, Number.POSITIVE_INFINITY)
  const fewer = sizeOf(activated.shape) / sizeOf(pool.shape)
  const { name } = activated.op
  const riser = rising.find((each) => each === name)
  if (riser !== undefined && fewer > 1)
    return { argument: activated.inputs[0] as Node, from: (x) => unary(riser, largest(x)) }
  const found = name === 'multiply' && fewer > 2 ? valleyOf(activated) : undefined
  return (
    found && {
      argument: found.argument,
      from: (x) => maximum(found.valley(largest(x)), found.valley(least(x))),
    }
  )
}

/** The max pools of a graph that can be taken of an activation's argument, since nothing else uses the activation. */
export function poolsBeforeActivations({ order, outputs, assignments }: Graph): ReadonlyMap<Node, Pooled> {
  const found = new Map<Node, Pooled>()
  const pools = order.filter((node): node is OpNode => node.kind === 'op' && node.op.name === 'maxPool')
  if (pools.length === 0) return found
  const uses = new Map<Node, number>()
  const used = [...order.flatMap(inputsOf), ...outputs, ...assignments.map(({ value }) => value)]
  for (const node of used) uses.set(node, (uses.get(node) ?? 0) + 1)
  for (const pool of pools) {
    const pooled = pool.result === undefined ? pooledFrom(pool, (node) => uses.get(node) === 1) : undefined
    if (pooled !== undefined) found.set(pool, pooled)
  }
  return found
}
