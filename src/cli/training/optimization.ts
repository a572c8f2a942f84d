// The optimizer that the flags of `ocellus train` describe.

import { isWeight } from '../../nn/losses.ts'
import { Adam, AdamW } from '../../optim/adam.ts'
import type { OptimizerFactory, OptimizerOptions, ParameterGroup } from '../../optim/optimizer.ts'
import { Sgd } from '../../optim/sgd.ts'
import type { Variable } from '../../tensor/variable.ts'
import { makeSchedule, type ScheduleSettings } from './learning-rate.ts'

export type OptimizerName = 'sgd' | 'adam' | 'adamw'

export interface OptimizationSettings extends ScheduleSettings {
  readonly optimizer: OptimizerName
  /** Learning rate: at the start, and for one-cycle the highest. */
  readonly rate: number
  /** Of SGD. */
  readonly momentum: number
  /** Of the weights, not the biases. */
  readonly weightDecay: number
}

/** Parameters with a rate of their own, which follows the same schedule. */
export interface RateGroup {
  readonly parameters: readonly Variable[]
  readonly rate: number
}

export interface OptimizerPlan {
  readonly stepsPerEpoch: number
  /** Parameters that have another rate than the rest. */
  readonly slower?: RateGroup
}

/** Where no rate is given. */
export function usualRate(optimizer: OptimizerName): number {
  return optimizer === 'sgd' ? 0.05 : 0.002
}

/** The optimizer of the settings, for a training of so many steps per epoch. */
export function optimizerOf(
  settings: OptimizationSettings,
  { stepsPerEpoch, slower }: OptimizerPlan,
): OptimizerFactory {
  const { optimizer, rate, momentum, weightDecay } = settings
  const options: OptimizerOptions = {
    learningRate: makeSchedule(settings, rate, stepsPerEpoch),
    weightDecay,
    decay: (_, parameter) => isWeight(parameter),
  }
  return (parameters) => {
    const groups = slower === undefined ? parameters : groupsOf(parameters, slower)
    if (optimizer === 'sgd') return new Sgd(groups, { ...options, momentum })
    return optimizer === 'adam' ? new Adam(groups, options) : new AdamW(groups, options)
  }

  function groupsOf(parameters: readonly Variable[], group: RateGroup): ParameterGroup[] {
    const learningRate = makeSchedule(settings, group.rate, stepsPerEpoch)
    const inGroup = new Set(group.parameters)
    return [
      { parameters: parameters.filter((parameter) => !inGroup.has(parameter)) },
      { parameters: group.parameters, learningRate },
    ]
  }
}
