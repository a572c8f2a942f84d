// Parameter: a variable that training changes. Other variables of a module are state: saved and loaded, but not trained.

import type { Tensor } from '../tensor/tensor.ts'
import { bumpTraceEpoch } from '../tensor/trace.ts'
import { Variable } from '../tensor/variable.ts'

export class Parameter extends Variable {
  #frozen = false

  /** A parameter that starts with the values of `initial`; the module that holds it gives it its name. */
  constructor(initial: Tensor, options: { readonly label?: string; readonly frozen?: boolean } = {}) {
    super(initial, options.label === undefined ? {} : { label: options.label })
    this.#frozen = options.frozen ?? false
  }

  /** A frozen parameter keeps its value: `module.parameters()` leaves it out. */
  get frozen(): boolean {
    return this.#frozen
  }

  set frozen(frozen: boolean) {
    if (frozen === this.#frozen) return
    this.#frozen = frozen
    bumpTraceEpoch()
  }
}
