// Dropout: zeros at random places in training, so that no unit relies on another.

import { UsageError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import { random } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

export interface DropoutOptions {
  /** Share of the elements that become zero (default 0.5). */
  readonly rate?: number
}

/**
 * In training `y = x / (1 - rate)` where a uniform draw is at least `rate`, else 0, so that the mean stays; in eval `y = x`. Any shape.
 * Places are drawn anew at each call of a compiled step; `seedRandom` seeds them. Srivastava et al. 2014.
 */
export class Dropout extends Module {
  readonly rate: number

  /** Throws UsageError for a rate outside [0, 1]. */
  constructor({ rate = 0.5 }: DropoutOptions = {}) {
    super()
    if (!(rate >= 0 && rate <= 1)) throw new UsageError(`Dropout: rate must be from 0 to 1, not ${rate}${atSite()}`)
    this.rate = rate
  }

  override forward(x: Tensor): Tensor {
    if (!this.training || this.rate === 0) return x
    if (this.rate === 1) return x.multiply(0)
    return random(x.shape)
      .greaterEqual(this.rate)
      .select(x.multiply(1 / (1 - this.rate)), 0)
  }
}
