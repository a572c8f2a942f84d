// Learning-rate schedules: pure functions of how far training is. An optimizer asks before each step.

import { UsageError } from '../core/errors.ts'

/** How far training is. What is not known is undefined: a Trainer knows all, a loop by hand tells it by `optimizer.plan`. */
export interface TrainingTime {
  /** Steps done so far: 0 for the first step. */
  readonly step: number
  /** Epochs completed so far. */
  readonly epoch: number | undefined
  /** Steps of the whole training. */
  readonly steps: number | undefined
  /** The loss of each completed epoch, on the validation part where there is one. */
  readonly losses?: readonly number[] | undefined
}

/** The learning rate of the step that comes next. */
export type Schedule = (time: TrainingTime) => number

function known<Value>(value: Value | undefined, schedule: string, what: string): Value {
  if (value !== undefined) return value
  throw new UsageError(
    `${schedule}: ${what} is not known; set optimizer.plan = { stepsPerEpoch, epochs, losses }, or use a Trainer`,
  )
}

/** Throws UsageError unless a length in steps or epochs is above 0. */
function checkLength(schedule: string, what: string, length: number): void {
  if (length > 0) return
  throw new UsageError(`${schedule}: ${what} must be a number above 0, not ${length}`)
}

/** The same rate throughout. */
export function constant(rate: number): Schedule {
  return () => rate
}

export interface ExponentialOptions {
  readonly start: number
  /** Default 0.9. */
  readonly factor?: number
  /** Epochs between two multiplications (default 1). */
  readonly every?: number
}

/** `start factor^floor(epoch / every)`: x0.9 every k epochs. */
export function exponential({ start, factor = 0.9, every = 1 }: ExponentialOptions): Schedule {
  checkLength('exponential', 'every', every)
  return ({ epoch }) => start * factor ** Math.floor(known(epoch, 'exponential', 'the epoch') / every)
}

export interface StepsOptions {
  readonly start: number
  /** Epochs after which the rate is multiplied by `factor`. */
  readonly at: readonly number[]
  /** Default 0.1. */
  readonly factor?: number
}

/** `start factor^n`, with n the number of milestones passed. */
export function steps({ start, at, factor = 0.1 }: StepsOptions): Schedule {
  return ({ epoch }) => {
    const now = known(epoch, 'steps', 'the epoch')
    return start * factor ** at.filter((milestone) => now >= milestone).length
  }
}

export interface CosineOptions {
  readonly start: number
  /** Rate at the end (default 0). */
  readonly end?: number
  /** Length in steps (default: the whole training). */
  readonly steps?: number
}

/** Half a cosine from `start` down to `end`, where it stays. Loshchilov and Hutter 2017, without restarts. */
export function cosine({ start, end = 0, steps }: CosineOptions): Schedule {
  if (steps !== undefined) checkLength('cosine', 'steps', steps)
  return (time) => {
    const length = steps ?? known(time.steps, 'cosine', 'the number of steps')
    return halfCosine(start, end, Math.min(1, time.step / length))
  }
}

export interface OneCycleOptions {
  /** The highest rate. */
  readonly max: number
  /** Share of the steps with a rising rate (default 0.3). */
  readonly rising?: number
  /** The first rate is `max` divided by this (default 25). */
  readonly startDivisor?: number
  /** The last rate is the first one divided by this (default 1e4). */
  readonly endDivisor?: number
  /** Length in steps (default: the whole training). */
  readonly steps?: number
}

/** One cycle: half a cosine up to `max`, half a cosine down to almost nothing. Smith and Topin 2018, with PyTorch's defaults. */
export function oneCycle({ max, rising = 0.3, startDivisor = 25, endDivisor = 1e4, steps }: OneCycleOptions): Schedule {
  if (!(rising >= 0 && rising <= 1))
    throw new UsageError(`oneCycle: rising must be from 0 to 1, the share of the steps that rise, not ${rising}`)
  if (steps !== undefined) checkLength('oneCycle', 'steps', steps)
  const start = max / startDivisor
  return (time) => {
    const last = (steps ?? known(time.steps, 'oneCycle', 'the number of steps')) - 1
    const peak = rising * (last + 1) - 1
    if (time.step === peak) return max
    return time.step < peak
      ? halfCosine(start, max, time.step / peak)
      : halfCosine(max, start / endDivisor, Math.min(1, (time.step - peak) / (last - peak)))
  }
}

/** Multiplies the first `steps` rates by 1/steps, 2/steps, … 1: `warmUp(cosine({ start: 0.1 }), { steps: 500 })`. */
export function warmUp(schedule: Schedule | number, { steps }: { readonly steps: number }): Schedule {
  if (!(steps >= 0)) throw new UsageError(`warmUp: steps must be a number of 0 or more, not ${steps}`)
  return (time) => {
    const rate = typeof schedule === 'number' ? schedule : schedule(time)
    return rate * Math.min(1, (time.step + 1) / steps)
  }
}

export interface PlateauOptions {
  readonly start: number
  /** Multiplies the rate when the loss stands still (default 0.1). */
  readonly factor?: number
  /** Epochs without a lower loss that are still borne (default 10). */
  readonly patience?: number
  /** A loss is lower when it is below the lowest by this share (default 1e-4). */
  readonly threshold?: number
  /** Epochs after a change in which none is counted (default 0). */
  readonly cooldown?: number
  /** The rate never falls below this (default 0). */
  readonly least?: number
}

/** The least change of a rate that `reduceOnPlateau` makes. */
const smallestChange = 1e-8

/**
 * Multiplies the rate by `factor` when the loss has not fallen for more than `patience` epochs. It looks at the losses of the epochs so far, which a
 * Trainer tells and a loop by hand sets by `optimizer.plan = { losses }`. Changes of 1e-8 or less are not made. As PyTorch's ReduceLROnPlateau.
 */
export function reduceOnPlateau(options: PlateauOptions): Schedule {
  const { start, factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, least = 0 } = options
  if (!(factor > 0 && factor < 1))
    throw new UsageError(`reduceOnPlateau: factor must be between 0 and 1, not ${factor}`)
  return ({ losses }) => {
    let rate = start
    let lowest = Number.POSITIVE_INFINITY
    let standing = 0
    let resting = 0
    for (const loss of known(losses, 'reduceOnPlateau', 'the loss of the epochs so far')) {
      standing = loss < lowest * (1 - threshold) ? 0 : standing + 1
      if (standing === 0) lowest = loss
      if (resting > 0) {
        resting--
        standing = 0
      }
      if (standing <= patience) continue
      const reduced = Math.max(rate * factor, least)
      if (rate - reduced > smallestChange) rate = reduced
      resting = cooldown
      standing = 0
    }
    return rate
  }
}

/** From `from` at share 0 to `to` at share 1. */
function halfCosine(from: number, to: number, share: number): number {
  return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share))
}
