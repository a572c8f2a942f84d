// What an entry of the op table must say. An op without any of these fields does not type-check.

import type { DType, TypedArray } from '../core/dtype.ts'
import { UsageError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { captureSite } from '../core/site.ts'
import type { Attributes, Node, OpNode } from './node.ts'

/** Shape and dtype of a value. */
export interface Typed {
  readonly shape: Shape
  readonly dtype: DType
}

/** A value on the host, as the reference evaluation sees it. */
export interface HostValue extends Typed {
  readonly data: TypedArray
}

export type Family = 'elementwise' | 'reduce' | 'movement' | 'gather' | 'contraction' | 'random'

/** How gradients and tangents follow. One rule gives both reverse mode and forward mode. */
export type Derivative =
  /** Elementwise: d output / d input i as a node of the output's shape (undefined: zero everywhere it exists). */
  | {
      readonly kind: 'pointwise'
      readonly partials: (inputs: readonly Node[], output: Node) => readonly (Node | undefined)[]
    }
  /** Linear in all its float inputs together: the tangent is the op itself; `transpose` is the upstream gradient's way back to input i. */
  | { readonly kind: 'linear'; readonly transpose: (upstream: Node, node: OpNode, index: number) => Node | undefined }
  /** Linear in each float input while the others are held. */
  | {
      readonly kind: 'multilinear'
      readonly transpose: (upstream: Node, node: OpNode, index: number) => Node | undefined
    }
  /** Both directions written out. */
  | {
      readonly kind: 'general'
      readonly reverse: (upstream: Node, node: OpNode) => readonly (Node | undefined)[]
      readonly forward: (tangents: readonly (Node | undefined)[], node: OpNode) => Node | undefined
    }
  | { readonly kind: 'none'; readonly reason: string }

/** Work of one evaluation. Multiply-adds count pairs; FLOPs count each arithmetic operation. */
export interface Cost {
  readonly multiplyAdds: number
  readonly flops: number
}

/** The cost of moving elements. */
export const noCost = (): Cost => ({ multiplyAdds: 0, flops: 0 })

/** One input of a sample: floats (or integers, by dtype) drawn from [low, high]. */
export interface SampleInput {
  readonly shape: Shape
  readonly dtype: 'float' | 'i32' | 'bool'
  readonly low: number
  readonly high: number
}

/** One call to test: the inputs to draw and the attributes. */
export interface Sample {
  readonly inputs: readonly SampleInput[]
  readonly attributes: Attributes
}

export interface Op {
  readonly name: string
  readonly family: Family
  /** One line: what it computes, with its formula. */
  readonly doc: string
  /** Shape and dtype of the result; throws ShapeError or DTypeError with the op's name. */
  readonly infer: (inputs: readonly Typed[], attributes: Attributes) => Typed
  readonly derivative: Derivative
  readonly cost: (inputs: readonly Typed[], output: Typed, attributes: Attributes) => Cost
  /** The truth: plain loops, accumulating in f64, rounding once when storing. */
  readonly evaluate: (inputs: readonly HostValue[], output: HostValue, attributes: Attributes) => void
  /** Largest error of an f32 device, relative to the largest of 1 and the values around. */
  readonly tolerance: number
  /** Samples for an argument shape that the shared generator chose. */
  readonly samples: (shape: Shape) => readonly Sample[]
  /** Elementwise: is zero where the op has a kink or a jump; samples keep away from it. */
  readonly kink?: (...values: number[]) => number
}

function dependsOnVariable(node: Node): boolean {
  return node.kind === 'variable' || (node.kind === 'op' && node.dependsOnVariable)
}

const registry = new Map<string, Op>()

/** Makes ops known by name; the table does this once for all families. */
export function registerOps(ops: readonly Op[]): void {
  for (const op of ops) registry.set(op.name, op)
}

/** A node for the op called `name` on `inputs`, with shape and dtype checked now. */
export function build(name: string, inputs: readonly Node[], attributes: Attributes = {}): OpNode {
  const op = registry.get(name)
  if (op === undefined) throw new UsageError(`there is no op called ${name}`)
  const { shape, dtype } = op.infer(inputs, attributes)
  return {
    kind: 'op',
    op,
    inputs,
    attributes,
    shape,
    dtype,
    site: captureSite(),
    dependsOnVariable: inputs.some(dependsOnVariable),
    reads: inputs.reduce((reads, input) => (input.kind === 'op' ? Math.max(reads, input.reads) : reads), 0),
    historyDropped: false,
    result: undefined,
  }
}
