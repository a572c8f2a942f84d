// Sequential: layers and plain functions, one after another.

import { UsageError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Module } from './module.ts'

/** A function of one tensor, such as an activation. */
export type TensorFunction = (x: Tensor) => Tensor

/** A plain function as a module without parameters. */
export class FunctionLayer extends Module {
  readonly apply: TensorFunction

  constructor(apply: TensorFunction) {
    super()
    this.apply = apply
  }

  /** The name of the function. */
  override typeName(): string {
    return this.apply.name || 'function'
  }

  override forward(x: Tensor): Tensor {
    return this.apply(x)
  }
}

/**
 * Gives the output of each layer to the next one. Parameters are named by position: `0.weight`, `2.bias`.
 *
 * ```ts
 * const model = new Sequential(new Linear({ inputs: 1024, outputs: 64 }), sigmoid, new Linear({ inputs: 64, outputs: 36 }))
 * ```
 */
export class Sequential extends Module {
  readonly layers: readonly Module[]

  /** Throws UsageError for what is neither a module nor a function. */
  constructor(...layers: readonly (Module | TensorFunction)[]) {
    super()
    this.layers = layers.map((layer, i) => {
      if (layer instanceof Module) return layer
      if (typeof layer === 'function') return new FunctionLayer(layer)
      throw new UsageError(`Sequential: layer ${i} is neither a module nor a function${atSite()}`)
    })
  }

  protected override parts(): object {
    return this.layers
  }

  override forward(x: Tensor): Tensor {
    let value = x
    for (const layer of this.layers) value = layer.forward(value)
    return value
  }
}
