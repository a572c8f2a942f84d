// Tensor's methods that move elements: shapes, axes, parts, gathering.

import { ShapeError } from '../core/errors.ts'
import { broadcastShapes, equalShapes, formatShape, resolveAxis, type Shape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import * as ops from '../ops/functions.ts'
import { tensorNode, wrap } from './base.ts'
import { checkShape, kindOf } from './checks.ts'
import { ReduceTensor } from './reduce.ts'
import type { Tensor } from './tensor.ts'

/** What `at` takes per axis: a position (the axis goes), [start, end, step] with end excluded, or null for the whole axis. Negatives count from the end. */
export type Selection = number | readonly [start?: number, end?: number, step?: number] | null

export abstract class MovementTensor extends ReduceTensor {
  #axis(name: string, axis: number): number {
    const resolved = resolveAxis(axis, this.rank)
    if (resolved === undefined)
      throw new ShapeError(`${name}: ${formatShape(this.shape)} has no axis ${axis}${atSite()}`)
    return resolved
  }

  /** The same elements, in row-major order, under another shape; one extent may be -1 and is worked out. */
  reshape(shape: Shape): Tensor {
    if (!Array.isArray(shape))
      throw new ShapeError(`reshape: a shape is an array of extents, not ${kindOf(shape)}${atSite()}`)
    const known = sizeOf(shape.filter((extent) => extent !== -1))
    const free = shape.filter((extent) => extent === -1).length
    if (
      shape.some((extent) => !Number.isInteger(extent) || extent < -1) ||
      free > 1 ||
      (free === 1 && (known === 0 || this.size % known !== 0))
    ) {
      throw new ShapeError(`reshape: ${formatShape(this.shape)} cannot become ${formatShape(shape)}${atSite()}`)
    }
    return wrap(
      ops.reshape(
        this.node,
        shape.map((extent) => (extent === -1 ? this.size / known : extent)),
      ),
    )
  }

  /** All axes from `start` on in one: [N, H, W, C] becomes [N, H * W * C] with start 1. */
  flatten(start = 0): Tensor {
    const at = start < 0 ? start + this.rank : start
    if (!Number.isInteger(at) || at < 0 || at > this.rank)
      throw new ShapeError(`flatten: ${formatShape(this.shape)} has no axis ${start}${atSite()}`)
    return this.reshape([...this.shape.slice(0, at), sizeOf(this.shape.slice(at))])
  }

  /** Axes in another order; reversed when no order is given. */
  permute(order: readonly number[] = this.shape.map((_, axis) => this.rank - 1 - axis)): Tensor {
    return wrap(
      ops.permute(
        this.node,
        order.map((axis) => this.#axis('permute', axis)),
      ),
    )
  }

  /** Two axes exchanged; the last two by default. */
  transpose(first = -2, second = -1): Tensor {
    const [a, b] = [this.#axis('transpose', first), this.#axis('transpose', second)]
    return wrap(
      ops.permute(
        this.node,
        this.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
      ),
    )
  }

  /** An axis of extent 1 put in at `axis`. */
  unsqueeze(axis: number): Tensor {
    const at = axis < 0 ? axis + this.rank + 1 : axis
    if (!Number.isInteger(at) || at < 0 || at > this.rank)
      throw new ShapeError(`unsqueeze: ${formatShape(this.shape)} has no place ${axis}${atSite()}`)
    return this.reshape([...this.shape.slice(0, at), 1, ...this.shape.slice(at)])
  }

  /** Axes of extent 1 taken out: the given one, or all. */
  squeeze(axis?: number): Tensor {
    if (axis === undefined) return this.reshape(this.shape.filter((extent) => extent !== 1))
    const at = this.#axis('squeeze', axis)
    if (this.shape[at] !== 1)
      throw new ShapeError(`squeeze: axis ${axis} of ${formatShape(this.shape)} is not of extent 1${atSite()}`)
    return this.reshape(this.shape.filter((_, i) => i !== at))
  }

  /** Repeated to `shape` by NumPy's broadcasting rule. */
  broadcastTo(shape: Shape): Tensor {
    const extents = checkShape('broadcastTo', shape)
    const common = broadcastShapes(this.shape, extents)
    if (common === undefined || !equalShapes(common, extents)) {
      throw new ShapeError(
        `broadcastTo: ${formatShape(this.shape)} does not broadcast to ${formatShape(extents)}${atSite()}`,
      )
    }
    return wrap(ops.broadcastTo(this.node, extents))
  }

  /** A part: `x.at(0)` is the first row, `x.at([1, -1], null, [0, 10, 2])` cuts, keeps and strides. Axes not named stay whole. */
  at(...selections: readonly Selection[]): Tensor {
    if (selections.length > this.rank)
      throw new ShapeError(
        `at: ${selections.length} selections for the ${this.rank} axes of ${formatShape(this.shape)}${atSite()}`,
      )
    const parts = this.shape.map((extent, axis) => cut(selections[axis] ?? null, extent, axis, this.shape))
    const column = (i: 0 | 1 | 2): number[] => parts.map((part) => part[i])
    const part = ops.slice(this.node, column(0), column(1), column(2))
    return wrap(
      ops.reshape(
        part,
        part.shape.filter((_, axis) => typeof selections[axis] !== 'number'),
      ),
    )
  }

  /** Elements in reverse order along the axes; all when absent. */
  flip(axes: readonly number[] = this.shape.map((_, axis) => axis)): Tensor {
    return wrap(ops.flip(this.node, [...new Set(axes.map((axis) => this.#axis('flip', axis)))]))
  }

  /** `value`, 0 unless given, around: [before, after] per axis. */
  pad(
    widths: readonly (readonly [before: number, after: number])[],
    options: { readonly value?: number } = {},
  ): Tensor {
    return wrap(
      ops.pad(
        this.node,
        widths.map(([before]) => before),
        widths.map(([, after]) => after),
        options.value,
      ),
    )
  }

  /** output[.., j, ..] = this[.., index[.., j, ..], ..] along `axis`; shapes agree beside that axis (torch.gather). */
  gather(index: Tensor, axis = -1): Tensor {
    return wrap(ops.gather(this.node, ops.cast(tensorNode('gather', index), 'i32'), this.#axis('gather', axis)))
  }

  /** Whole slices of `axis` chosen by a vector of positions (torch.index_select): rows of a table, say. */
  take(indices: Tensor, axis = 0): Tensor {
    const along = this.#axis('take', axis)
    tensorNode('take', indices)
    if (indices.rank !== 1)
      throw new ShapeError(`take: the indices have shape ${formatShape(indices.shape)}; give a vector${atSite()}`)
    const aligned = indices.reshape(this.shape.map((_, i) => (i === along ? -1 : 1)))
    return this.gather(aligned.broadcastTo(this.shape.map((extent, i) => (i === along ? indices.size : extent))), along)
  }

  /** Class numbers as rows of zeros with a one: [..] becomes [.., classes]; out of range gives zeros. */
  oneHot(classes: number): Tensor {
    const shape = [...this.shape, ...checkShape('oneHot', [classes])]
    const labels = ops.broadcastTo(ops.reshape(ops.cast(this.node, 'i32'), [...this.shape, 1]), shape)
    return wrap(ops.cast(ops.compare('equal', labels, ops.iota(shape, shape.length - 1)), 'f32'))
  }
}

/** [start, end, step] of one selection, clipped to the axis as Python's slices are. */
function cut(selection: Selection, extent: number, axis: number, shape: Shape): [number, number, number] {
  if (selection === null) return [0, extent, 1]
  if (typeof selection === 'number') {
    const position = resolveAxis(selection, extent)
    if (position === undefined)
      throw new ShapeError(`at: position ${selection} is outside axis ${axis} of ${formatShape(shape)}${atSite()}`)
    return [position, position + 1, 1]
  }
  const [start = 0, end = extent, step = 1] = selection
  if (!Number.isInteger(step) || step < 1)
    throw new ShapeError(`at: the step is ${step}; give a whole number >= 1, and flip() to go backwards${atSite()}`)
  if (!Number.isInteger(start) || !Number.isInteger(end))
    throw new ShapeError(
      `at: ${start} to ${end} on axis ${axis} of ${formatShape(shape)}: positions are whole numbers${atSite()}`,
    )
  const clip = (position: number): number => Math.min(extent, Math.max(0, position < 0 ? position + extent : position))
  return [clip(start), Math.max(clip(start), clip(end)), step]
}
