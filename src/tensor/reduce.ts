// Tensor's reductions. `axes` is one axis, several, or all when absent; reduced axes go unless `keep` is set.

import { isFloat } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { formatShape, resolveAxis } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import * as ops from '../ops/functions.ts'
import type { Node } from '../ops/node.ts'
import { floatNode, wrap } from './base.ts'
import { ElementwiseTensor } from './elementwise.ts'
import type { Tensor } from './tensor.ts'

export interface ReduceOptions {
  /** Keep reduced axes with extent 1. */
  readonly keep?: boolean
}

export abstract class ReduceTensor extends ElementwiseTensor {
  #axes(name: string, axes: number | readonly number[] | undefined): number[] {
    if (axes === undefined) return this.shape.map((_, axis) => axis)
    const resolved = (typeof axes === 'number' ? [axes] : axes).map((axis) => {
      const found = resolveAxis(axis, this.rank)
      if (found === undefined)
        throw new ShapeError(`${name}: ${formatShape(this.shape)} has no axis ${axis}${atSite()}`)
      return found
    })
    return [...new Set(resolved)]
  }

  #reduce(
    name: string,
    axes: number | readonly number[] | undefined,
    options: ReduceOptions,
    apply: (node: Node, axes: readonly number[]) => Node,
  ): Tensor {
    const over = this.#axes(name, axes)
    const narrow = this.dtype === 'bool' || this.dtype === 'u8'
    const reduced = apply(narrow ? ops.cast(this.node, 'i32') : this.node, over)
    if (options.keep) return wrap(reduced)
    return wrap(
      ops.reshape(
        reduced,
        reduced.shape.filter((_, axis) => !over.includes(axis)),
      ),
    )
  }

  /** Sum over axes; bool and u8 sum as i32. */
  sum(axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
    return this.#reduce('sum', axes, options, ops.sum)
  }

  /** Arithmetic mean over axes; integers give f32. */
  mean(axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
    return this.#reduce('mean', axes, options, (node, over) => ops.mean(floatNode(node), over))
  }

  /** Mean squared distance from the mean, over axes; divided by n - correction (0: the population's variance, as batch norm uses). */
  variance(axes?: number | readonly number[], options: ReduceOptions & { readonly correction?: number } = {}): Tensor {
    return this.#reduce('variance', axes, options, (node, over) => {
      const variance = ops.variance(floatNode(node), over)
      const count = over.reduce((product, axis) => product * (node.shape[axis] as number), 1)
      const { correction = 0 } = options
      return correction === 0 ? variance : ops.multiply(variance, count / (count - correction))
    })
  }

  /** Largest element over axes, in the tensor's dtype; NaN if there is one. */
  max(axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
    return wrap(ops.cast(this.#reduce('max', axes, options, ops.reduceMax).node, this.dtype))
  }

  /** Smallest element over axes, in the tensor's dtype; NaN if there is one. */
  min(axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
    return wrap(ops.cast(this.#reduce('min', axes, options, ops.reduceMin).node, this.dtype))
  }

  /** Position of the first largest element along `axis`, as i32; of the first NaN if there is one, as in NumPy and PyTorch. */
  argmax(axis = -1): Tensor {
    return this.#position('argmax', axis, ops.reduceMax)
  }

  /** Position of the first smallest element along `axis`, as i32; of the first NaN if there is one, as in NumPy and PyTorch. */
  argmin(axis = -1): Tensor {
    return this.#position('argmin', axis, ops.reduceMin)
  }

  #position(name: string, axis: number, extreme: (node: Node, axes: readonly number[]) => Node): Tensor {
    return this.#reduce(name, axis, {}, (node, over) => {
      const along = over[0] as number
      const extent = node.shape[along] as number
      if (extent === 0)
        throw new ShapeError(
          `${name}: axis ${axis} of ${formatShape(node.shape)} is empty, so it has no ${name}${atSite()}`,
        )
      const equal = ops.compare('equal', node, ops.broadcastTo(extreme(node, over), node.shape))
      // NaN is the extreme where there is one, but equals nothing.
      const best = isFloat(node.dtype) ? ops.logic('or', [equal, ops.compare('notEqual', node, node)]) : equal
      return ops.reduceMin(ops.select(best, ops.iota(node.shape, along), extent - 1), over)
    })
  }
}
