// The numbers of an optimizer's step that change from run to run (learning rate, bias corrections), without compiling anew.

import type { DType } from '../core/dtype.ts'
import { hostScalar } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { currentTrace } from '../tensor/trace.ts'

/**
 * The scalars of one call of `optimizer.step`. A compiled function calls `step` once, when it is traced, but reads each scalar once
 * per run: the first scalar that is read again tells that a new run has begun, and the steps are counted on.
 */
export class StepScalars {
  readonly #countStep: () => number
  readonly #traced: boolean = currentTrace() !== undefined
  readonly #scalars = new Map<string, Tensor>()
  readonly #readInThisRun = new Set<string>()
  #step = 0

  /** `countStep` counts a step and returns its number; it is called before the first number of each run is computed. */
  constructor(countStep: () => number) {
    this.#countStep = countStep
    if (!this.#traced) this.#step = countStep()
  }

  /** The number that `compute` gives for the step (1 for the first), as a scalar of `dtype`; one per name. It is computed in f64. */
  number(name: string, dtype: DType, compute: (step: number) => number): Tensor {
    const key = `${name} ${dtype}`
    let scalar = this.#scalars.get(key)
    if (scalar === undefined) {
      scalar = hostScalar(() => compute(this.#traced ? this.#stepOf(key) : this.#step), dtype)
      this.#scalars.set(key, scalar)
    }
    return scalar
  }

  /** The number of the step in which the scalar `key` is being read. */
  #stepOf(key: string): number {
    if (this.#readInThisRun.size === 0 || this.#readInThisRun.has(key)) {
      this.#readInThisRun.clear()
      this.#step = this.#countStep()
    }
    this.#readInThisRun.add(key)
    return this.#step
  }
}
