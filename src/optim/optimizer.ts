// Optimizer: what all optimizers share: parameters and their groups, learning rate, count of steps, state that is saved.

import { OcellusError, ShapeError, UsageError } from '../core/errors.ts'
import { type HostDType, type HostTensor, hostTensor } from '../core/host-tensor.ts'
import { equalShapes, formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { tensorNode } from '../tensor/base.ts'
import { kindOf } from '../tensor/checks.ts'
import { zeros } from '../tensor/creation.ts'
import { realizeNodes } from '../tensor/realize.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { currentTrace } from '../tensor/trace.ts'
import { Variable } from '../tensor/variable.ts'
import type { Schedule } from './learning-rate-schedules.ts'
import { StepScalars } from './step-scalars.ts'

/** Parameters that are treated differently from the others. */
export interface ParameterGroup {
  readonly parameters: readonly Variable[]
  /** Instead of the optimizer's: a number or a schedule of its own. Setting the optimizer's later does not change it. */
  readonly learningRate?: number | Schedule
  /** Multiplies the learning rate (default 1). */
  readonly learningRateFactor?: number
  /** Instead of the optimizer's. */
  readonly weightDecay?: number
}

export interface OptimizerOptions {
  readonly learningRate: number | Schedule
  /** Default 0; see the optimizer for its meaning. */
  readonly weightDecay?: number
  /** Which parameters decay (default: all). `decay: (name, parameter) => parameter.rank >= 2` leaves biases out. */
  readonly decay?: (name: string, parameter: Variable) => boolean
}

/** What schedules need to know of a training. */
export interface TrainingPlan {
  readonly stepsPerEpoch?: number
  readonly epochs?: number
  /** See `TrainingTime.losses`. */
  readonly losses?: readonly number[]
}

/** Makes an optimizer once the parameters are known; a Trainer takes one. */
export type OptimizerFactory = (parameters: readonly Variable[]) => Optimizer

/** What a checkpoint keeps of an optimizer. */
export interface OptimizerState {
  readonly steps: number
  /** The learning rate, unless a schedule gives it. */
  readonly learningRate: number | undefined
  /** By name: `momentum of hidden.weight`. */
  readonly tensors: ReadonlyMap<string, HostTensor>
}

/** Where the learning rate of a group comes from. */
export interface GroupRate {
  readonly index: number
  /** Undefined: the optimizer's. */
  readonly own: number | Schedule | undefined
  readonly factor: number
}

/** One parameter as the optimizer sees it. */
export interface OptimizedParameter {
  readonly index: number
  readonly name: string
  readonly variable: Variable
  readonly group: GroupRate
  /** 0 where it does not decay. */
  readonly weightDecay: number
}

/** A variable and its value after the step. */
export type Update = readonly [variable: Variable, value: Tensor]

export abstract class Optimizer {
  /** Of its kind, in messages and checkpoints. */
  abstract readonly name: string
  /** How long training will be and how it went so far, for schedules that depend on it. A Trainer sets it. */
  plan: TrainingPlan = {}
  protected readonly optimized: readonly OptimizedParameter[]
  readonly #state = new Map<string, Variable>()
  #schedule: Schedule | undefined
  #learningRate = 0
  #steps = 0

  /** Throws UsageError without parameters, for a parameter given twice, and for numbers that make no sense. */
  constructor(parameters: readonly Variable[] | readonly ParameterGroup[], options: OptimizerOptions) {
    if (options.learningRate === undefined)
      throw new UsageError(`an optimizer needs a learningRate, a number or a schedule${atSite()}`)
    this.learningRate = options.learningRate
    this.optimized = listParameters(parameters, options)
  }

  /** The parameters, in the order in which `step` takes their gradients. */
  get parameters(): readonly Variable[] {
    return this.optimized.map(({ variable }) => variable)
  }

  /** Steps done so far, compiled ones too. */
  get steps(): number {
    return this.#steps
  }

  /** The rate of the next step. Setting it, to a number or a schedule, compiles nothing anew. */
  get learningRate(): number {
    return this.rateOf(this.#steps + 1)
  }

  set learningRate(rate: number | Schedule) {
    checkRate(rate)
    this.#schedule = typeof rate === 'number' ? undefined : rate
    this.#learningRate = typeof rate === 'number' ? rate : 0
  }

  /** Whether a schedule gives the learning rate. */
  get scheduled(): boolean {
    return this.#schedule !== undefined
  }

  /** The rate of a step, counted from 1: the optimizer's, or a group's. */
  protected rateOf(step: number, group?: GroupRate): number {
    const { own = this.#schedule ?? this.#learningRate, factor = 1 } = group ?? {}
    if (typeof own === 'number') return own * factor
    const { stepsPerEpoch, epochs, losses } = this.plan
    const done = step - 1
    const rate = own({
      step: done,
      epoch: stepsPerEpoch === undefined ? undefined : Math.floor(done / stepsPerEpoch),
      steps: stepsPerEpoch === undefined || epochs === undefined ? undefined : stepsPerEpoch * epochs,
      losses,
    })
    checkAtLeastZero(`the schedule's learning rate after ${done} steps`, rate)
    return rate * factor
  }

  /**
   * Changes each parameter by its gradient. Inside a compiled function this becomes part of the program; outside it happens at once,
   * so read values that depend on the parameters before.
   * Throws UsageError where the number of gradients, ShapeError where a shape differs from the parameters'.
   */
  step(gradients: readonly Tensor[]): void {
    this.#checkGradients(gradients)
    const scalars = new StepScalars(() => ++this.#steps)
    const updates = this.optimized.flatMap((parameter, i) => this.update(parameter, gradients[i] as Tensor, scalars))
    // All new values come from the old ones: outside compiled functions they must be there before the first assignment.
    if (currentTrace() === undefined) realizeNodes(updates.map(([, value]) => value.node))
    for (const [variable, value] of updates) variable.assign(value)
  }

  /** The new values of one parameter and its state. */
  protected abstract update(parameter: OptimizedParameter, gradient: Tensor, scalars: StepScalars): readonly Update[]

  /** A variable of zeros for each parameter, saved under `name`. Made with the optimizer: while tracing, none can be made. */
  protected addState(name: string): readonly Variable[] {
    return this.optimized.map((parameter) => {
      const { shape, dtype } = parameter.variable
      const label = `${name} of ${parameter.name}`
      const variable = new Variable(zeros(shape, dtype), { label })
      this.#state.set(label, variable)
      return variable
    })
  }

  /** What must be saved to go on later with the same bits. */
  async state(): Promise<OptimizerState> {
    const tensors = new Map<string, HostTensor>()
    for (const [name, variable] of this.#state) {
      tensors.set(name, hostTensor(variable.dtype as HostDType, variable.shape, await variable.data()))
    }
    return { steps: this.#steps, learningRate: this.#schedule === undefined ? this.#learningRate : undefined, tensors }
  }

  /** Goes on from a saved state. Throws OcellusError where it belongs to another optimizer or other parameters, and then changes nothing. */
  restore(state: OptimizerState): void {
    const names = [...this.#state.keys()]
    const strange = [...state.tensors.keys()].find((name) => !this.#state.has(name))
    const missing = names.find((name) => !state.tensors.has(name))
    if (strange !== undefined || missing !== undefined) {
      const problem = missing === undefined ? `has '${strange}', which this one does not keep` : `has no '${missing}'`
      throw new OcellusError(`the saved optimizer ${problem}; make the same optimizer for the same parameters`)
    }
    for (const [name, variable] of this.#state) {
      const saved = state.tensors.get(name) as HostTensor
      if (!equalShapes(saved.shape, variable.shape) || saved.dtype !== variable.dtype) {
        throw new OcellusError(
          `the saved optimizer's '${name}' is ${saved.dtype} ${formatShape(saved.shape)}, but ${variable.dtype} ${formatShape(variable.shape)} is needed`,
        )
      }
    }
    for (const [name, variable] of this.#state) variable.write((state.tensors.get(name) as HostTensor).data)
    this.#steps = state.steps
    if (this.#schedule === undefined && state.learningRate !== undefined) this.#learningRate = state.learningRate
  }

  #checkGradients(gradients: readonly Tensor[]): void {
    if (gradients.length !== this.optimized.length) {
      throw new UsageError(
        `step: the optimizer has ${this.optimized.length} parameters, but there are ${gradients.length} gradients; make it after freezing and conversions${atSite()}`,
      )
    }
    for (const [i, { name, variable }] of this.optimized.entries()) {
      const { shape } = tensorNode('step', gradients[i] as Tensor)
      if (!equalShapes(shape, variable.shape)) {
        throw new ShapeError(
          `step: parameter ${name} has shape ${formatShape(variable.shape)}, its gradient ${formatShape(shape)}${atSite()}`,
        )
      }
    }
  }
}

export function checkAtLeastZero(name: string, value: number): void {
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) {
    const given = typeof value === 'number' ? `${value}` : kindOf(value)
    throw new UsageError(`${name} must be a number of 0 or more, not ${given}${atSite()}`)
  }
}

/** The groups that were given, or the one that all parameters form. Throws UsageError for anything else, and for a mix of both. */
function groupsOf(parameters: readonly Variable[] | readonly ParameterGroup[]): readonly ParameterGroup[] {
  const areVariables = (items: unknown): items is readonly Variable[] =>
    Array.isArray(items) && items.every((item) => item instanceof Variable)
  if (areVariables(parameters)) return [{ parameters }]
  const given: unknown = parameters
  if (!Array.isArray(given))
    throw new UsageError(`an optimizer takes an array, such as model.parameters(), not ${kindOf(given)}${atSite()}`)
  for (const group of given as readonly { readonly parameters?: unknown }[]) {
    if (!(group instanceof Variable) && areVariables(group?.parameters)) continue
    throw new UsageError(
      `an optimizer takes parameters, or groups { parameters: [..] } of them, but not both, and not ${kindOf(group)} without an array of parameters${atSite()}`,
    )
  }
  return parameters as readonly ParameterGroup[]
}

function checkRate(rate: number | Schedule): void {
  if (typeof rate !== 'function') checkAtLeastZero('learningRate', rate)
}

function listParameters(
  parameters: readonly Variable[] | readonly ParameterGroup[],
  { weightDecay = 0, decay = () => true }: OptimizerOptions,
): OptimizedParameter[] {
  const listed = groupsOf(parameters).flatMap((group, groupIndex) =>
    group.parameters.map((variable) => ({ group, groupIndex, variable })),
  )
  if (listed.length === 0)
    throw new UsageError(
      `an optimizer needs parameters, and there are none: all are frozen, or they stand in #private fields or Maps, where they cannot be found${atSite()}`,
    )
  const labels = listed.map(({ variable }) => variable.label)
  return listed.map(({ group, groupIndex, variable }, index) => {
    if (listed.findIndex((other) => other.variable === variable) !== index) {
      throw new UsageError(`parameter ${variable.label} is given to the optimizer twice${atSite()}`)
    }
    const name = labels.indexOf(variable.label) === labels.lastIndexOf(variable.label) ? variable.label : `${index}`
    const { learningRate: own, learningRateFactor: factor = 1, weightDecay: groupDecay = weightDecay } = group
    if (own !== undefined) checkRate(own)
    checkAtLeastZero('learningRateFactor', factor)
    checkAtLeastZero('weightDecay', groupDecay)
    const rate: GroupRate = { index: groupIndex, own, factor }
    return { index, name, variable, group: rate, weightDecay: decay(name, variable) ? groupDecay : 0 }
  })
}
