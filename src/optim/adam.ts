// Adam, and AdamW, whose weight decay does not pass through the moments.

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

export interface AdamOptions extends OptimizerOptions {
  /** Decay rates of the first and second moment (default [0.9, 0.999]). */
  readonly betas?: readonly [number, number]
  /** Added to the root of the second moment (default 1e-8). */
  readonly epsilon?: number
}

/**
 * `g += decay w;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= rate m' / (sqrt(v') + epsilon)`, with the bias
 * corrections m' = m / (1 - b1^t) and v' = v / (1 - b2^t). Kingma and Ba 2015, as PyTorch's Adam.
 */
export class Adam extends Optimizer {
  override readonly name: string = 'Adam'
  readonly betas: readonly [number, number]
  readonly epsilon: number
  readonly #first: readonly Variable[]
  readonly #second: readonly Variable[]

  /** Throws UsageError for numbers that make no sense. */
  constructor(parameters: readonly Variable[] | readonly ParameterGroup[], options: AdamOptions) {
    super(parameters, options)
    this.betas = options.betas ?? [0.9, 0.999]
    this.epsilon = options.epsilon ?? 1e-8
    for (const beta of this.betas) {
      if (!(beta >= 0 && beta < 1)) throw new UsageError(`betas must be at least 0 and below 1, not ${beta}${atSite()}`)
    }
    checkAtLeastZero('epsilon', this.epsilon)
    this.#first = this.addState('first moment')
    this.#second = this.addState('second moment')
  }

  protected override update(parameter: OptimizedParameter, gradient: Tensor, scalars: StepScalars): readonly Update[] {
    const { variable, index, group } = parameter
    const { dtype } = variable
    const [beta1, beta2] = this.betas
    const size = scalars.number(
      `step size ${group.index}`,
      dtype,
      (step) => this.rateOf(step, group) / (1 - beta1 ** step),
    )
    const correction = scalars.number('root correction', dtype, (step) => 1 / Math.sqrt(1 - beta2 ** step))
    const [firstState, secondState] = [this.#first[index] as Variable, this.#second[index] as Variable]
    const [start, slope] = this.decay(parameter, gradient, scalars)
    const first = firstState.multiply(beta1).add(slope.multiply(1 - beta1))
    const second = secondState.multiply(beta2).add(slope.square().multiply(1 - beta2))
    const root = second.sqrt().multiply(correction).add(this.epsilon)
    return [
      [variable, start.subtract(first.multiply(size).divide(root))],
      [firstState, first],
      [secondState, second],
    ]
  }

  /** Weight decay before the step: the value to start from, and the gradient that the moments see. */
  protected decay(
    { variable, weightDecay }: OptimizedParameter,
    gradient: Tensor,
    _scalars: StepScalars,
  ): readonly [start: Tensor, slope: Tensor] {
    return [variable, weightDecay === 0 ? gradient : gradient.add(variable.multiply(weightDecay))]
  }
}

/** Adam with `w *= 1 - rate decay` before the step instead of `g += decay w`; decay 0.01 by default. Loshchilov and Hutter 2019. */
export class AdamW extends Adam {
  override readonly name: string = 'AdamW'

  constructor(parameters: readonly Variable[] | readonly ParameterGroup[], options: AdamOptions) {
    super(parameters, { weightDecay: 0.01, ...options })
  }

  protected override decay(
    { variable, weightDecay, group }: OptimizedParameter,
    gradient: Tensor,
    scalars: StepScalars,
  ): readonly [start: Tensor, slope: Tensor] {
    if (weightDecay === 0) return [variable, gradient]
    const factor = scalars.number(
      `decay ${group.index}`,
      variable.dtype,
      (step) => 1 - this.rateOf(step, group) * weightDecay,
    )
    return [variable.multiply(factor), gradient]
  }
}

/** `Adam` for a Trainer, which gives it the parameters. */
export function adam(options: AdamOptions): OptimizerFactory {
  return (parameters) => new Adam(parameters, options)
}

/** `AdamW` for a Trainer, which gives it the parameters. */
export function adamW(options: AdamOptions): OptimizerFactory {
  return (parameters) => new AdamW(parameters, options)
}
