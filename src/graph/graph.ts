// A graph ready for a device: what to compute, what to assign, and the leaves it starts from. Structure only; values come with each run.

import type { DType, TypedArray } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'
import {
  type ArrayNode,
  formatAttributes,
  type InputNode,
  type Node,
  type OpNode,
  type ScalarNode,
  topologicalOrder,
  type VariableState,
} from '../ops/node.ts'

/** `variable` takes `value` when the run ends, or after its last reader. */
export interface Assignment {
  readonly variable: VariableState
  readonly value: Node
}

/** A value that the host hands over before a run: data, an argument, or a result of an earlier run. */
export type HostLeaf = ArrayNode | InputNode | OpNode

export interface Graph {
  readonly outputs: readonly Node[]
  readonly assignments: readonly Assignment[]
  /** Inputs before users; nodes with a result stand as leaves. */
  readonly order: readonly Node[]
  readonly inputs: readonly HostLeaf[]
  readonly scalars: readonly ScalarNode[]
  readonly variables: readonly VariableState[]
  /** Equal for graphs that differ in values only; programs are cached under it. */
  readonly key: string
}

/** Is the value there before the run? */
export function isHostLeaf(node: Node): boolean {
  return node.kind === 'array' || node.kind === 'input' || (node.kind === 'op' && node.result !== undefined)
}

/** What a node is computed from in this run. */
export function inputsOf(node: Node): readonly Node[] {
  return node.kind === 'op' && node.result === undefined ? node.inputs : []
}

/** The data of a leaf; arguments of a compiled function come from `args`. */
export function hostData(leaf: HostLeaf, args: readonly TypedArray[]): TypedArray {
  if (leaf.kind === 'input') return args[leaf.index] as TypedArray
  return leaf.kind === 'array' ? leaf.data : (leaf.result as TypedArray)
}

function describe(dtype: DType, shape: Shape): string {
  return `${dtype}[${shape}]`
}

/** Collects a graph and its key. */
export function makeGraph(outputs: readonly Node[], assignments: readonly Assignment[] = []): Graph {
  const order = topologicalOrder([...outputs, ...assignments.map(({ value }) => value)], inputsOf)
  const number = new Map<Node, number>()
  const inputs: HostLeaf[] = []
  const scalars: ScalarNode[] = []
  const variables: VariableState[] = []
  const variableNumber = (variable: VariableState): number => {
    const known = variables.indexOf(variable)
    return known >= 0 ? known : variables.push(variable) - 1
  }
  const lines: string[] = []
  for (const [i, node] of order.entries()) {
    number.set(node, i)
    const type = describe(node.dtype, node.shape)
    if (isHostLeaf(node)) {
      inputs.push(node as HostLeaf)
      lines.push(`input ${type}`)
    } else if (node.kind === 'variable') {
      lines.push(`variable ${variableNumber(node.variable)} ${type}`)
    } else if (node.kind === 'scalar') {
      scalars.push(node)
      lines.push(`scalar ${node.dtype}`)
    } else if (node.kind === 'literal') {
      lines.push(`literal ${node.dtype} ${Object.is(node.value, -0) ? '-0' : node.value}`)
    } else if (node.kind === 'op') {
      const from = node.inputs.map((input) => `%${number.get(input)}`)
      lines.push(`${node.op.name} ${from} ${formatAttributes(node.attributes)} ${type}`)
    }
  }
  for (const { variable, value } of assignments)
    lines.push(`assign ${variableNumber(variable)} ${number.get(value)} ${describe(variable.dtype, variable.shape)}`)
  lines.push(`outputs ${outputs.map((node) => number.get(node))}`)
  return { outputs, assignments, order, inputs, scalars, variables, key: lines.join('\n') }
}

/** One line per node, for `OCELLUS_DEBUG=graph`. */
export function formatGraph(graph: Graph): string {
  return graph.key
    .split('\n')
    .map((line, i) => (i < graph.order.length ? `%${i} = ${line}` : line))
    .join('\n')
}
