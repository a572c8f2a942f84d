// The average of a model's weights in a training: it goes along with the steps, and stands in for the weights where the model is judged.

import { OcellusError } from '../core/errors.ts'
import type { HostTensor } from '../core/host-tensor.ts'
import { setWeights, weightsOf } from '../io/module-weights.ts'
import type { Module } from '../nn/module.ts'
import { WeightAverage, type WeightAverageOptions, type WeightAverageState } from '../optim/weight-average.ts'

/** Does nothing where no average is asked for. */
export class AveragedWeights {
  readonly average: WeightAverage | undefined
  readonly #model: Module

  constructor(model: Module, options: WeightAverageOptions | undefined) {
    this.#model = model
    this.average = options === undefined ? undefined : new WeightAverage(model, options)
  }

  /** What a checkpoint keeps. */
  async state(): Promise<WeightAverageState | undefined> {
    return this.average?.state()
  }

  /** Goes on from a checkpoint. Throws OcellusError where only one of the two trainings keeps an average. */
  restore(state: WeightAverageState | undefined, file: string): void {
    if ((state === undefined) !== (this.average === undefined)) {
      const which = state === undefined ? 'without' : 'with'
      throw new OcellusError(
        `${file} belongs to a training ${which} an average of the weights; give another folder, or delete the file to start anew`,
      )
    }
    if (state !== undefined) this.average?.restore(state)
  }

  /** Gives the model the averages. What comes back are its own weights, which `setWeights` gives back to it. */
  async take(): Promise<ReadonlyMap<string, HostTensor>> {
    if (this.average === undefined) return new Map()
    const { tensors } = await this.average.state()
    const own = await weightsOf(this.#model)
    setWeights(this.#model, tensors)
    return own
  }

  /** Does something while the model has the averages. */
  async during(work: () => Promise<void>): Promise<void> {
    const own = await this.take()
    try {
      await work()
    } finally {
      setWeights(this.#model, own)
    }
  }
}
