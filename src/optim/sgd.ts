// Stochastic gradient descent, with momentum.

import { UsageError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Variable } from '../tensor/variable.ts'
import {
  checkAtLeastZero,
  type OptimizedParameter,
  Optimizer,
  type OptimizerFactory,
  type OptimizerOptions,
  type ParameterGroup,
  type Update,
} from './optimizer.ts'
import type { StepScalars } from './step-scalars.ts'

export interface SgdOptions extends OptimizerOptions {
  /** mu (default 0). */
  readonly momentum?: number
  /** Look ahead by one step of momentum (default false). */
  readonly nesterov?: boolean
}

/**
 * `g += decay w;  b = mu b + g;  w -= rate b` (Nesterov: `w -= rate (g + mu b)`), as PyTorch's SGD.
 *
 * ```ts
 * const optimizer = new Sgd(model.parameters(), { learningRate: 0.1, momentum: 0.9 })
 * ```
 */
export class Sgd extends Optimizer {
  override readonly name: string = 'Sgd'
  readonly momentum: number
  readonly nesterov: boolean
  readonly #momenta: readonly Variable[] | undefined

  /** Throws UsageError for numbers that make no sense, and for Nesterov without momentum. */
  constructor(parameters: readonly Variable[] | readonly ParameterGroup[], options: SgdOptions) {
    super(parameters, options)
    this.momentum = options.momentum ?? 0
    this.nesterov = options.nesterov ?? false
    checkAtLeastZero('momentum', this.momentum)
    if (this.nesterov && this.momentum === 0) throw new UsageError(`Sgd: nesterov needs a momentum above 0${atSite()}`)
    this.#momenta = this.momentum > 0 ? this.addState('momentum') : undefined
  }

  protected override update(parameter: OptimizedParameter, gradient: Tensor, scalars: StepScalars): readonly Update[] {
    const { variable, index, group, weightDecay } = parameter
    const rate = scalars.number(`rate ${group.index}`, variable.dtype, (step) => this.rateOf(step, group))
    const decayed = weightDecay === 0 ? gradient : gradient.add(variable.multiply(weightDecay))
    const state = this.#momenta?.[index]
    if (state === undefined) return [[variable, variable.subtract(decayed.multiply(rate))]]
    const moved = state.multiply(this.momentum).add(decayed)
    const direction = this.nesterov ? decayed.add(moved.multiply(this.momentum)) : moved
    return [
      [variable, variable.subtract(direction.multiply(rate))],
      [state, moved],
    ]
  }
}

/** `Sgd` for a Trainer, which gives it the parameters. */
export function sgd(options: SgdOptions): OptimizerFactory {
  return (parameters) => new Sgd(parameters, options)
}
