// Residual: a path of layers beside a shortcut.

import { ShapeError } from '../core/errors.ts'
import { equalShapes, formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import type { TensorFunction } from './sequential.ts'

export interface ResidualOptions {
  /** The path whose output is added. */
  readonly body: Module
  /** What the input passes on its way around (default: nothing); needed where the body changes the shape. */
  readonly shortcut?: Module
  /** Applied to the sum (default: nothing). */
  readonly activation?: TensorFunction
}

/**
 * `y = activation(body(x) + shortcut(x))`. He et al. 2015.
 *
 * ```ts
 * new Residual({ body: new Sequential(new Linear({ inputs: 64, outputs: 64 }), relu), activation: relu })
 * ```
 */
export class Residual extends Module {
  readonly body: Module
  readonly shortcut: Module | undefined
  readonly activation: TensorFunction | undefined

  constructor({ body, shortcut, activation }: ResidualOptions) {
    super()
    this.body = body
    this.shortcut = shortcut
    this.activation = activation
  }

  /** Throws ShapeError where body and shortcut end in different shapes. */
  override forward(x: Tensor): Tensor {
    const main = this.body.forward(x)
    const around = this.shortcut === undefined ? x : this.shortcut.forward(x)
    if (!equalShapes(main.shape, around.shape)) {
      throw new ShapeError(
        `Residual: the body gives ${formatShape(main.shape)}, the shortcut ${formatShape(around.shape)}; give a shortcut that ends in the body's shape${atSite()}`,
      )
    }
    const sum = main.add(around)
    return this.activation === undefined ? sum : this.activation(sum)
  }
}
