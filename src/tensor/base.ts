// What all parts of Tensor share: the node it stands for, and how operands become nodes.

import { type DType, isFloat, promote } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { broadcastShapes, formatShape, type Shape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import '../ops/table.ts'
import { broadcastTo, cast } from '../ops/functions.ts'
import { literalNode, type Node, scalarNode } from '../ops/node.ts'
import type { Tensor } from './tensor.ts'
import { currentTrace } from './trace.ts'

/** What an operation takes beside a tensor: a JS number takes the tensor's dtype. */
export type Operand = Tensor | number

let construct: (node: Node) => Tensor

/** Tensor announces its constructor here, so that its parts can make tensors without importing it. */
export function setConstructor(make: (node: Node) => Tensor): void {
  construct = make
}

export function wrap(node: Node): Tensor {
  return construct(node)
}

/** A JS number as a node: fixed while tracing, handed over at each run otherwise (so that it makes no new program). */
export function numberNode(value: number, dtype: DType): Node {
  return currentTrace() === undefined ? scalarNode(() => value, dtype) : literalNode(value, dtype)
}

export abstract class TensorBase {
  /** The graph node that this tensor stands for. */
  abstract get node(): Node

  /** Extents, outermost first. */
  get shape(): Shape {
    return this.node.shape
  }

  /** Element type. */
  get dtype(): DType {
    return this.node.dtype
  }

  /** Number of axes. */
  get rank(): number {
    return this.node.shape.length
  }

  /** Number of elements. */
  get size(): number {
    return this.node.shape.reduce((size, extent) => size * extent, 1)
  }
}

function operandNode(operand: TensorBase | number, like: DType): Node {
  if (typeof operand !== 'number') return operand.node
  const dtype = isFloat(like) || Number.isInteger(operand) ? like : 'f32'
  return numberNode(operand, dtype === 'bool' ? 'i32' : dtype)
}

/** Operands in one dtype and one broadcast shape. */
export function unify(name: string, operands: readonly (TensorBase | number)[]): Node[] {
  const tensors = operands.filter((operand) => typeof operand !== 'number')
  const like = tensors.map(({ dtype }) => dtype).reduce(promote)
  const nodes = operands.map((operand) => operandNode(operand, like))
  const dtype = nodes.map((node) => node.dtype).reduce(promote)
  let shape: Shape = []
  for (const node of nodes) {
    const common = broadcastShapes(shape, node.shape)
    if (common === undefined) {
      throw new ShapeError(
        `${name}: shapes ${tensors.map((t) => formatShape(t.shape)).join(' and ')} do not broadcast${atSite()}`,
      )
    }
    shape = common
  }
  return nodes.map((node) => broadcastTo(cast(node, dtype), shape))
}

/** The node as a float: integers become f32. */
export function floatNode(node: Node): Node {
  return isFloat(node.dtype) ? node : cast(node, 'f32')
}
