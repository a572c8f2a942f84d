// The learning rate over a training, as the flags of `ocellus train` describe it.

import { UsageError } from '../../core/errors.ts'
import {
  cosine,
  exponential,
  oneCycle,
  reduceOnPlateau,
  type Schedule,
  steps,
  warmUp,
} from '../../optim/learning-rate-schedules.ts'

const scheduleNames = ['constant', 'step', 'multi-step', 'exponential', 'cosine', 'one-cycle', 'plateau'] as const

export type ScheduleName = (typeof scheduleNames)[number]

/** The parameters of schedules; each schedule takes some of them. */
export interface ScheduleParameters {
  /** Of step, multi-step, exponential and plateau: multiplies the rate. */
  readonly factor?: number
  /** Of step: epochs between two multiplications. */
  readonly stepEvery?: number
  /** Of multi-step: epochs after which the rate is multiplied. */
  readonly milestones?: readonly number[]
  /** Of plateau: epochs without a lower loss that are still borne. */
  readonly patience?: number
  /** Epochs in which the rate rises to what the schedule gives; parts of an epoch count. */
  readonly warmUp?: number
}

export interface ScheduleSettings extends ScheduleParameters {
  readonly schedule: ScheduleName
}

/** Schedules that take each parameter. */
const takenBy: Readonly<Record<keyof ScheduleParameters, readonly ScheduleName[]>> = {
  factor: ['step', 'multi-step', 'exponential', 'plateau'],
  stepEvery: ['step'],
  milestones: ['multi-step'],
  patience: ['plateau'],
  warmUp: scheduleNames,
}

/** The rates of these do not depend on how many epochs there are, so that a training can be made longer. */
export const openSchedules: readonly ScheduleName[] = ['constant', 'step', 'multi-step', 'exponential', 'plateau']

/**
 * The settings of a schedule with the parameters that it takes; milestones are at half and three quarters of the epochs unless given.
 * Throws UsageError for a parameter that another schedule takes.
 */
export function scheduleSettings(
  flags: ScheduleParameters & { readonly schedule: ScheduleName; readonly epochs: number },
): ScheduleSettings {
  const { schedule, epochs, factor, stepEvery, milestones, patience, warmUp: warm } = flags
  const given = { factor, stepEvery, milestones, patience, warmUp: warm }
  for (const [name, value] of Object.entries(given) as [keyof ScheduleParameters, unknown][]) {
    if (value === undefined || takenBy[name].includes(schedule)) continue
    throw new UsageError(
      `--${flagName(name)} belongs to --schedule ${takenBy[name].join(' or ')}, not ${schedule}; leave it out`,
    )
  }
  return {
    schedule,
    ...(factor === undefined ? {} : { factor }),
    ...(schedule === 'step' ? { stepEvery: stepEvery ?? 10 } : {}),
    ...(schedule === 'multi-step' ? { milestones: milestones ?? milestonesOf(epochs) } : {}),
    ...(schedule === 'plateau' ? { patience: patience ?? 10 } : {}),
    ...(warm === undefined ? {} : { warmUp: warm }),
  }
}

/** Where He et al. 2016 divide the rate of their networks for CIFAR: at half and three quarters of the training. */
function milestonesOf(epochs: number): number[] {
  return [Math.max(1, Math.round(epochs / 2)), Math.max(1, Math.round(0.75 * epochs))]
}

/** The rate of a training with so many steps in an epoch; `rate` is that at the start, of one-cycle the highest. */
export function makeSchedule(settings: ScheduleSettings, rate: number, stepsPerEpoch: number): number | Schedule {
  const schedule = plainSchedule(settings, rate)
  const warmSteps = Math.round((settings.warmUp ?? 0) * stepsPerEpoch)
  return warmSteps === 0 ? schedule : warmUp(schedule, { steps: warmSteps })
}

function plainSchedule(settings: ScheduleSettings, rate: number): number | Schedule {
  const { schedule, factor = 0.1, stepEvery: every = 10, milestones: at = [], patience = 10 } = settings
  switch (schedule) {
    case 'constant':
      return rate
    case 'step':
      return exponential({ start: rate, factor, every })
    case 'multi-step':
      return steps({ start: rate, at, factor })
    case 'exponential':
      // A tenth is left after 22 multiplications by 0.9.
      return exponential({ start: rate, factor: settings.factor ?? 0.9 })
    case 'cosine':
      return cosine({ start: rate })
    case 'one-cycle':
      return oneCycle({ max: rate })
    case 'plateau':
      return reduceOnPlateau({ start: rate, factor, patience })
  }
}

/** `weightDecay` as it is typed: `weight-decay`. */
export function flagName(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
