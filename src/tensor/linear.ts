// Tensor's products.

import { promote } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { broadcastShapes, formatShape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import * as ops from '../ops/functions.ts'
import { floatNode, tensorNode, wrap } from './base.ts'
import { MovementTensor } from './movement.ts'
import type { Tensor } from './tensor.ts'

export abstract class LinearTensor extends MovementTensor {
  /**
   * Matrix product over the last axis of this and the second last of `other`: [.., M, K] x [.., K, N] gives [.., M, N].
   * Leading axes broadcast; a vector counts as one row (left) or one column (right), which goes again.
   */
  matmul(other: Tensor): Tensor {
    tensorNode('matmul', other)
    if (this.rank === 0 || other.rank === 0)
      throw new ShapeError(
        `matmul: ${formatShape(this.shape)} x ${formatShape(other.shape)}: a scalar has no rows; use multiply${atSite()}`,
      )
    if (this.rank === 1)
      return this.unsqueeze(0)
        .matmul(other)
        .squeeze(other.rank === 1 ? -1 : -2)
    if (other.rank === 1) return this.matmul(other.unsqueeze(1)).squeeze(-1)
    const [k, inner] = [this.shape.at(-1), other.shape.at(-2)]
    if (k !== inner)
      throw new ShapeError(
        `matmul: inner dimensions differ: ${formatShape(this.shape)} x ${formatShape(other.shape)} (${k} and ${inner})${atSite()}`,
      )
    const batch = broadcastShapes(this.shape.slice(0, -2), other.shape.slice(0, -2))
    if (batch === undefined)
      throw new ShapeError(
        `matmul: leading axes of ${formatShape(this.shape)} and ${formatShape(other.shape)} do not broadcast${atSite()}`,
      )
    const dtype = promote(floatNode(this.node).dtype, floatNode(other.node).dtype)
    const [a, b] = [ops.cast(this.node, dtype), ops.cast(other.node, dtype)]
    // One matrix on the right for a whole stack on the left: the stack's rows are the rows of one large product.
    if (other.rank === 2 && this.rank > 2) {
      const rows = ops.reshape(a, [sizeOf(this.shape.slice(0, -1)), k as number])
      return wrap(ops.reshape(ops.matmul(rows, b), [...this.shape.slice(0, -1), other.shape[1] as number]))
    }
    return wrap(
      ops.matmul(
        ops.broadcastTo(a, [...batch, ...this.shape.slice(-2)]),
        ops.broadcastTo(b, [...batch, ...other.shape.slice(-2)]),
      ),
    )
  }

  /** Sum of products of two vectors. */
  dot(other: Tensor): Tensor {
    tensorNode('dot', other)
    if (this.rank !== 1 || other.rank !== 1)
      throw new ShapeError(
        `dot: takes two vectors, not ${formatShape(this.shape)} and ${formatShape(other.shape)}${atSite()}`,
      )
    return this.matmul(other)
  }
}
