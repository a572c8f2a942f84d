// Concat: branches over one input, whose outputs lie side by side.

import { UsageError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import { concat } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'
import { FunctionLayer, type TensorFunction } from './sequential.ts'

/**
 * Gives the input to each branch and joins their outputs along the last axis: [N, H, W, C1] and [N, H, W, C2] become [N, H, W, C1 + C2].
 * Parameters are named by position: `0.weight`, `1.bias`. Szegedy et al. 2014.
 *
 * ```ts
 * new Concat(new Conv2d({ inputs: 16, outputs: 64, kernel: 1 }), new Conv2d({ inputs: 16, outputs: 64, kernel: 3, padding: 1 }))
 * ```
 */
export class Concat extends Module {
  readonly branches: readonly Module[]

  /** Throws UsageError without branches. */
  constructor(...branches: readonly (Module | TensorFunction)[]) {
    super()
    if (branches.length === 0) throw new UsageError(`Concat: there are no branches${atSite()}`)
    this.branches = branches.map((branch) => (branch instanceof Module ? branch : new FunctionLayer(branch)))
  }

  protected override parts(): object {
    return this.branches
  }

  /** Throws ShapeError where outputs differ beside the last axis. */
  override forward(x: Tensor): Tensor {
    return concat(
      this.branches.map((branch) => branch.forward(x)),
      -1,
    )
  }
}
