// Flatten: images become vectors.

import { ShapeError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

/**
 * All axes but the batch in one: [N, H, W, C] becomes [N, H W C], in the order in which the elements lie. A `Linear` that follows learns H, W and
 * C at the first forward (`inputImage`), because frameworks that keep channels first order its rows as C H W.
 */
export class Flatten extends Module {
  /** x: [N, ..] to [N, features]. Throws ShapeError for a scalar. */
  override forward(x: Tensor): Tensor {
    if (x.rank === 0) throw new ShapeError(`Flatten: takes [N, ..], not ${formatShape(x.shape)}${atSite()}`)
    return x.flatten(1)
  }
}
