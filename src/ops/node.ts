// The graph: immutable nodes that say which op makes a value from which others. Tensors hold one; compilation walks them.

import { allocateArray, type DType, type TypedArray } from '../core/dtype.ts'
import { exactJson } from '../core/exact-json.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import type { Site } from '../core/site.ts'
import type { Op } from './op.ts'

/** What an op needs beside its inputs: axes, shapes, paddings. Part of a program's identity, so plain data only. */
export type Attributes = Readonly<
  Record<string, number | string | boolean | readonly number[] | readonly (readonly number[])[]>
>

/** Attributes as text, different for attributes that differ. */
export function formatAttributes(attributes: Attributes): string {
  return exactJson(attributes)
}

interface Common {
  readonly shape: Shape
  readonly dtype: DType
}

/** A value made by an op. */
export interface OpNode extends Common {
  readonly kind: 'op'
  readonly op: Op
  /** Emptied when the value was read on top of very many others and depends on no variable: it is a constant from then on. */
  inputs: readonly Node[]
  readonly attributes: Attributes
  readonly site: Site | undefined
  readonly dependsOnVariable: boolean
  /** How many values that were read lie one on top of the other up to this one. */
  reads: number
  /** Whether `inputs` were emptied: gradients cannot go through this value any more. */
  historyDropped: boolean
  /** The value, once it has been computed; later graphs start from it. */
  result: TypedArray | undefined
}

/** Data of the host. */
export interface ArrayNode extends Common {
  readonly kind: 'array'
  readonly inputs: readonly []
  readonly data: TypedArray
  /** Where the data are made when they are asked for: makes them in an array given, and keeps nothing. */
  readonly fill?: (values: TypedArray) => void
}

/** A number known while tracing: part of the program. */
export interface LiteralNode extends Common {
  readonly kind: 'literal'
  readonly inputs: readonly []
  readonly value: number
}

/** A number that the host writes into the scalar block before each run: not part of the program. */
export interface ScalarNode extends Common {
  readonly kind: 'scalar'
  readonly inputs: readonly []
  readonly read: () => number
}

/** An argument of a compiled function. */
export interface InputNode extends Common {
  readonly kind: 'input'
  readonly inputs: readonly []
  readonly index: number
}

/** What a graph knows of a variable; the tensor layer's Variable implements it. */
export interface VariableState {
  readonly label: string
  readonly shape: Shape
  readonly dtype: DType
  /** Counts assignments made outside compiled functions. */
  readonly version: number
}

/** The value of a variable when it was mentioned. */
export interface VariableNode extends Common {
  readonly kind: 'variable'
  readonly inputs: readonly []
  readonly variable: VariableState
  readonly version: number
}

export type Node = OpNode | ArrayNode | LiteralNode | ScalarNode | InputNode | VariableNode

export function literalNode(value: number, dtype: DType): LiteralNode {
  return { kind: 'literal', inputs: [], shape: [], dtype, value }
}

export function arrayNode(data: TypedArray, shape: Shape, dtype: DType): ArrayNode {
  return { kind: 'array', inputs: [], shape, dtype, data }
}

/** Data of the host that `fill` makes when they are first asked for, and never if they are not. */
export function lateArrayNode(fill: (values: TypedArray) => void, shape: Shape, dtype: DType): ArrayNode {
  let made: TypedArray | undefined
  return {
    kind: 'array',
    inputs: [],
    shape,
    dtype,
    get data() {
      if (made === undefined) {
        made = allocateArray(dtype, sizeOf(shape))
        fill(made)
      }
      return made
    },
    fill,
  }
}

/** The number that fills every element of a node, when it is a literal behind movements. */
export function constantOf(node: Node): number | undefined {
  if (node.kind === 'literal') return node.value
  if (node.kind !== 'op' || (node.op.name !== 'reshape' && node.op.name !== 'expand')) return undefined
  return constantOf(node.inputs[0] as Node)
}

export function scalarNode(read: () => number, dtype: DType): ScalarNode {
  return { kind: 'scalar', inputs: [], shape: [], dtype, read }
}

/** The node and all that it is made of, inputs before users. Does not recurse, so that deep graphs fit. */
export function topologicalOrder(
  roots: Iterable<Node>,
  inputsOf: (node: Node) => readonly Node[] = (n) => n.inputs,
): Node[] {
  const order: Node[] = []
  const seen = new Set<Node>()
  for (const root of roots) {
    if (seen.has(root)) continue
    seen.add(root)
    const stack: { node: Node; inputs: readonly Node[]; next: number }[] = [
      { node: root, inputs: inputsOf(root), next: 0 },
    ]
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as (typeof stack)[number]
      const input = top.inputs[top.next++]
      if (input === undefined) {
        order.push(top.node)
        stack.pop()
      } else if (!seen.has(input)) {
        seen.add(input)
        stack.push({ node: input, inputs: inputsOf(input), next: 0 })
      }
    }
  }
  return order
}
