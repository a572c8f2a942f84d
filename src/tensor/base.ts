// What all parts of Tensor share: the node it stands for, and how operands become nodes.

import { type DType, dtypeOfNumber, isFloat, promote } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import type { HostDType } from '../core/host-tensor.ts'
import { broadcastShapes, formatShape, type Shape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import '../ops/table.ts'
import { broadcastTo, cast } from '../ops/functions.ts'
import { literalNode, type Node, scalarNode } from '../ops/node.ts'
import { notAnOperand, notATensor } from './checks.ts'
import type { Tensor } from './tensor.ts'
import { currentTrace } from './trace.ts'

/** What an operation takes beside a tensor: a JS number takes the tensor's dtype, or a wider one that holds it. */
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
  get dtype(): HostDType {
    return this.node.dtype as HostDType
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

/** The dtype that a number takes beside tensors of dtype `like`; throws DTypeError where none holds it. */
function numberDType(name: string, value: number, like: DType): DType {
  const dtype = dtypeOfNumber(value, like)
  if (dtype === undefined)
    throw new DTypeError(`${name}: no integer dtype holds ${value}; cast the ${like} tensor to f64 first${atSite()}`)
  return dtype
}

/** Operands in one dtype and one broadcast shape. */
export function unify(name: string, operands: readonly (TensorBase | number)[]): Node[] {
  const tensors: TensorBase[] = []
  for (const operand of operands) {
    if (operand instanceof TensorBase) tensors.push(operand)
    else if (typeof operand !== 'number') throw notAnOperand(name, operand)
  }
  const like = tensors.map(({ node }) => node.dtype).reduce(promote)
  const nodes = operands.map((operand) =>
    typeof operand === 'number' ? numberNode(operand, numberDType(name, operand, like)) : operand.node,
  )
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

/** The node of an operand that must be a tensor. */
export function tensorNode(name: string, operand: TensorBase): Node {
  if (!(operand instanceof TensorBase)) throw notATensor(name, operand)
  return operand.node
}

/** The node as a float: integers become f32. */
export function floatNode(node: Node): Node {
  return isFloat(node.dtype) ? node : cast(node, 'f32')
}
