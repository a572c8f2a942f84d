// From nodes to kernel expressions: views become affine addresses, elementwise ops become operations on loads.

import { stridesOf } from '../core/shape.ts'
import type { Access, Expression } from '../kernels/kernel.ts'
import type { Node, OpNode } from '../ops/node.ts'
import { isTrivialReshape } from './simplify.ts'

/** A position along one axis of a value: offset + sum(kernel axis * stride). */
export interface Affine {
  readonly offset: number
  readonly strides: readonly number[]
}

function zeroAffine(axes: number): Affine {
  return { offset: 0, strides: new Array<number>(axes).fill(0) }
}

/** The position of kernel axis `axis` itself. */
export function axisAffine(axes: number, axis: number): Affine {
  return { offset: 0, strides: Array.from({ length: axes }, (_, i) => (i === axis ? 1 : 0)) }
}

/** offset + sum(kernel axis * stride). */
export function combine(
  axes: number,
  offset: number,
  terms: readonly (readonly [axis: number, stride: number])[],
): Affine {
  const strides = new Array<number>(axes).fill(0)
  for (const [axis, stride] of terms) strides[axis] = (strides[axis] as number) + stride
  return { offset, strides }
}

function sumOf(a: Affine, b: Affine): Affine {
  return { offset: a.offset + b.offset, strides: a.strides.map((stride, axis) => stride + (b.strides[axis] as number)) }
}

function scaled({ offset, strides }: Affine, factor: number, shift: number): Affine {
  return { offset: offset * factor + shift, strides: strides.map((stride) => stride * factor) }
}

/** Offset of an element of a contiguous value of `shape`. */
export function flatten(index: readonly Affine[], shape: readonly number[], axes: number): Affine {
  const steps = stridesOf(shape)
  let offset = 0
  const strides = new Array<number>(axes).fill(0)
  for (const [axis, position] of index.entries()) {
    if (shape[axis] === 1) continue
    offset += position.offset * (steps[axis] as number)
    for (let i = 0; i < axes; i++)
      strides[i] = (strides[i] as number) + (position.strides[i] as number) * (steps[axis] as number)
  }
  return { offset, strides }
}

/** Positions in `shape` when `dense` are the positions along its axes of extent other than 1. */
export function spreadIndex(dense: readonly Affine[], shape: readonly number[], axes: number): Affine[] {
  let next = 0
  return shape.map((extent) => (extent === 1 ? zeroAffine(axes) : (dense[next++] ?? zeroAffine(axes))))
}

function denseIndex(index: readonly Affine[], shape: readonly number[]): Affine[] {
  return index.filter((_, axis) => shape[axis] !== 1)
}

/** Where a value lies. */
export interface Place {
  readonly buffer: number
  readonly offset: number
  /** It lies from `corner` on in a buffer of `shape`; where that has one image of several, the running one alone. */
  readonly within?: { readonly shape: readonly number[]; readonly corner: readonly number[] }
}

/** The elements of a value of `shape` at the positions `index`, where it lies. */
export function accessAt(place: Place, shape: readonly number[], index: readonly Affine[], axes: number): Access {
  const { within } = place
  const inside = within ? index.map((position, axis) => scaled(position, 1, within.corner[axis] as number)) : index
  const { offset, strides } = flatten(inside, within?.shape ?? shape, axes)
  return { buffer: place.buffer, offset: place.offset + offset, slab: 0, strides }
}

/** Where an expression builder finds values: buffers of what is in memory, and members of the running group. */
export interface Sources {
  /** Number of kernel axes. */
  readonly axes: number
  /** Row and, for scalars, position of a value in memory; undefined when it must be computed here. */
  readonly locate: (node: Node) => Place | undefined
  /** Is it a pad that nothing reads, so that positions on it are never asked for? */
  readonly isSkipped: (node: Node) => boolean
  /** The value of the group's root, when `node` is it. */
  readonly result: (node: Node) => Expression | undefined
}

/** relu(x) <= 0 exactly where x <= 0: the mask of a gradient need not compute the activation again. */
function comparedInputs(op: string, inputs: readonly Expression[]): readonly Expression[] {
  const [a, b] = inputs
  const masks = op === 'lessEqual' && a?.kind === 'apply' && a.op === 'relu' && b?.kind === 'literal' && b.value === 0
  return masks ? [a.inputs[0] as Expression, b] : inputs
}

/** Expressions of nodes at affine positions; what is not in memory is computed on the way, each part once. */
export class ExpressionBuilder {
  readonly #sources: Sources
  readonly #known = new Map<Node, Map<string, Expression>>()

  constructor(sources: Sources) {
    this.#sources = sources
  }

  /** The value of `node` at the positions `index`, one per axis of the node. */
  build(node: Node, index: readonly Affine[]): Expression {
    const key = JSON.stringify(index)
    let byIndex = this.#known.get(node)
    if (byIndex === undefined) {
      byIndex = new Map()
      this.#known.set(node, byIndex)
    }
    let expression = byIndex.get(key)
    if (expression === undefined) {
      expression = this.#make(node, index)
      byIndex.set(key, expression)
    }
    return expression
  }

  /** The address of `node`, which must lie in memory below its views. */
  access(node: Node, index: readonly Affine[]): Access {
    const expression = this.build(node, index)
    if (expression.kind !== 'load') throw new Error(`${node.kind === 'op' ? node.op.name : node.kind} has no address`)
    return expression.access
  }

  #make(node: Node, index: readonly Affine[]): Expression {
    const result = this.#sources.result(node)
    if (result !== undefined) return result
    const place = this.#sources.locate(node)
    if (place !== undefined)
      return { kind: 'load', access: accessAt(place, node.shape, index, this.#sources.axes), dtype: node.dtype }
    if (node.kind === 'literal') return { kind: 'literal', value: node.value, dtype: node.dtype }
    return this.#makeOp(node as OpNode, index)
  }

  #makeOp(node: OpNode, index: readonly Affine[]): Expression {
    const { attributes, dtype } = node
    const input = node.inputs[0] as Node
    const { axes } = this.#sources
    switch (node.op.name) {
      case 'reshape':
        return this.#reshape(node, input, index)
      case 'expand':
        return this.build(
          input,
          index.map((position, axis) => (input.shape[axis] === 1 ? zeroAffine(axes) : position)),
        )
      case 'permute': {
        const moved = new Array<Affine>(index.length)
        for (const [to, from] of (attributes.order as readonly number[]).entries()) moved[from] = index[to] as Affine
        return this.build(input, moved)
      }
      case 'slice': {
        const { starts, steps } = attributes as { starts: readonly number[]; steps: readonly number[] }
        return this.build(
          input,
          index.map((position, axis) => scaled(position, steps[axis] as number, starts[axis] as number)),
        )
      }
      case 'pad': {
        if (!this.#sources.isSkipped(node)) throw new Error('a pad lies nowhere, but is read')
        const before = attributes.before as readonly number[]
        return this.build(
          input,
          index.map((position, axis) => scaled(position, 1, -(before[axis] as number))),
        )
      }
      case 'flip': {
        const flipped = attributes.axes as readonly number[]
        return this.build(
          input,
          index.map((position, axis) =>
            flipped.includes(axis) ? scaled(position, -1, (input.shape[axis] as number) - 1) : position,
          ),
        )
      }
      case 'windows': {
        const { stride, dilation } = attributes as { stride: readonly number[]; dilation: readonly number[] }
        const [image, y, x, down, across, channel] = index as [Affine, Affine, Affine, Affine, Affine, Affine]
        const along = (axis: number, window: Affine, tap: Affine): Affine =>
          sumOf(scaled(window, stride[axis] as number, 0), scaled(tap, dilation[axis] as number, 0))
        return this.build(input, [image, along(0, y, down), along(1, x, across), channel])
      }
      case 'iota': {
        const position = index[attributes.axis as number] as Affine
        return { kind: 'position', ...position, slab: 0, dtype }
      }
      case 'random': {
        const [seed, call] = node.inputs.map((key) => this.build(key, [])) as [Expression, Expression]
        const element: Expression = { kind: 'position', ...flatten(index, node.shape, axes), slab: 0, dtype: 'i32' }
        return { kind: 'random', seed, call, element, stream: attributes.stream as number, dtype }
      }
      case 'gather': {
        const axis = attributes.axis as number
        const base = this.access(
          input,
          index.map((position, i) => (i === axis ? zeroAffine(axes) : position)),
        )
        const unit = this.access(
          input,
          index.map((_, i) => (i === axis ? { ...zeroAffine(axes), offset: 1 } : zeroAffine(axes))),
        )
        const origin = this.access(
          input,
          index.map(() => zeroAffine(axes)),
        )
        const extent = input.shape[axis] as number
        return {
          kind: 'gather',
          access: base,
          index: this.build(node.inputs[1] as Node, index),
          stride: unit.offset - origin.offset,
          extent,
          dtype,
        }
      }
      default: {
        const inputs = node.inputs.map((operand) => this.build(operand, index))
        return { kind: 'apply', op: node.op.name, inputs: comparedInputs(node.op.name, inputs), dtype }
      }
    }
  }

  #reshape(node: OpNode, input: Node, index: readonly Affine[]): Expression {
    const { axes } = this.#sources
    if (isTrivialReshape(node)) return this.build(input, spreadIndex(denseIndex(index, node.shape), input.shape, axes))
    const place = this.#sources.locate(input)
    // Of a constant every position is alike.
    if (place === undefined)
      return this.build(
        input,
        input.shape.map(() => zeroAffine(axes)),
      )
    // Of the running image alone, the first axis of both shapes is the image; it has no halo, since only what is in no memory lies in one.
    const within = place.within === undefined ? index : [zeroAffine(axes), ...index.slice(1)]
    const { offset, strides } = flatten(within, node.shape, axes)
    return {
      kind: 'load',
      access: { buffer: place.buffer, offset: place.offset + offset, slab: 0, strides },
      dtype: node.dtype,
    }
  }
}
