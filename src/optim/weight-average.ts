// WeightAverage: the mean of a model's weights over the steps of a training, which often does better than the last ones.

import { OcellusError, UsageError } from '../core/errors.ts'
import { type HostDType, type HostTensor, hostTensor } from '../core/host-tensor.ts'
import { equalShapes } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Module } from '../nn/module.ts'
import { Parameter } from '../nn/parameter.ts'
import { realizeNodes } from '../tensor/realize.ts'
import { currentTrace } from '../tensor/trace.ts'
import type { Variable } from '../tensor/variable.ts'
import { StepScalars } from './step-scalars.ts'

export interface WeightAverageOptions {
  /** Share of the old average that an update keeps, such as 0.999 (default: all updates weigh the same). */
  readonly decay?: number
}

/** What a checkpoint keeps of an average. */
export interface WeightAverageState {
  readonly updates: number
  /** The averages, by the names of the parameters. */
  readonly tensors: ReadonlyMap<string, HostTensor>
}

/**
 * Averages of the parameters of a model that are trained. The first update takes the weights as they are; later ones `average = decay average +
 * (1 - decay) weight`, or without decay the mean of all. Running statistics are not averaged. Polyak and Juditsky 1992; Izmailov et al. 2018;
 * as PyTorch's AveragedModel.
 *
 * ```ts
 * const average = new WeightAverage(model, { decay: 0.999 })
 * const step = compile((x, labels) => {
 *   const loss = crossEntropy(model.forward(x), labels)
 *   optimizer.step(gradients(loss, model.parameters()))
 *   average.update()
 *   return loss
 * })
 * const restore = average.apply()   // the model has the averages
 * restore()                         // and its own weights again
 * ```
 */
export class WeightAverage {
  readonly decay: number | undefined
  readonly #model: Module
  readonly #averages: ReadonlyMap<Parameter, Parameter>
  #updates = 0

  /** Throws UsageError for a decay outside [0, 1), and for a model without parameters to train. */
  constructor(model: Module, { decay }: WeightAverageOptions = {}) {
    if (decay !== undefined && !(decay >= 0 && decay < 1))
      throw new UsageError(`WeightAverage: decay must be at least 0 and below 1, not ${decay}${atSite()}`)
    const parameters = model.parameters()
    if (parameters.length === 0) throw new UsageError(`WeightAverage: the model has no parameters to train${atSite()}`)
    this.decay = decay
    this.#model = model
    this.#averages = new Map(
      parameters.map((parameter) => [parameter, new Parameter(parameter, { label: parameter.label })]),
    )
  }

  /** Updates so far, compiled ones too. */
  get updates(): number {
    return this.#updates
  }

  /** Takes the weights as they are now into the averages. Inside a compiled function this becomes part of the program. */
  update(): void {
    const scalars = new StepScalars(() => ++this.#updates)
    const updates = [...this.#averages].map(([parameter, average]) => {
      const share = scalars.number('share', parameter.dtype, (update) => this.#shareOf(update))
      return { average, value: average.add(parameter.subtract(average).multiply(share)) }
    })
    if (currentTrace() === undefined) realizeNodes(updates.map(({ value }) => value.node))
    for (const { average, value } of updates) average.assign(value)
  }

  /** Weight of the newest in an update, counted from 1. */
  #shareOf(update: number): number {
    if (update === 1) return 1
    return this.decay === undefined ? 1 / update : 1 - this.decay
  }

  /** The averages as they are now, and what must be saved to go on later with the same bits. */
  async state(): Promise<WeightAverageState> {
    const tensors = new Map<string, HostTensor>()
    for (const [name, average] of this.#named()) {
      tensors.set(name, hostTensor(average.dtype as HostDType, average.shape, await average.data()))
    }
    return { updates: this.#updates, tensors }
  }

  /** Goes on from a saved state. Throws OcellusError where it belongs to other parameters, and then changes nothing. */
  restore({ updates, tensors }: WeightAverageState): void {
    const named = this.#named()
    for (const [name, { dtype, shape }] of named) {
      const saved = tensors.get(name)
      if (saved !== undefined && saved.dtype === dtype && equalShapes(saved.shape, shape)) continue
      throw new OcellusError(`the saved average of ${name} does not fit; make the same average for the same parameters`)
    }
    for (const [name, average] of named) average.write((tensors.get(name) as HostTensor).data)
    this.#updates = updates
  }

  /** The averages by the names of their parameters in the model. */
  #named(): Map<string, Parameter> {
    const names = [...this.#model.namedVariables()].filter(([, variable]) => variable instanceof Parameter)
    return new Map(
      names.flatMap(([name, variable]) => {
        const average = this.#averages.get(variable as Parameter)
        return average === undefined ? [] : [[name, average] as const]
      }),
    )
  }

  /** Puts the averages into the model; the function that comes back puts the model's own weights there again. */
  apply(): () => void {
    this.#model.exchange(this.#averages)
    return () =>
      this.#model.exchange(new Map<Variable, Variable>([...this.#averages].map(([own, average]) => [average, own])))
  }
}
