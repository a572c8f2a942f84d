// Sequential: layers and plain functions, one after another.

import { UsageError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { Flatten } from './flatten.ts'
import { type ImageShape, Linear } from './linear.ts'
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
    for (const [i, layer] of this.layers.entries()) {
      if (layer instanceof Flatten) announceImage(value, this.layers[i + 1])
      value = layer.forward(value)
    }
    return value
  }
}

/** Tells a Linear after a Flatten which image its inputs were. */
function announceImage(
  { rank, shape: [, height = 0, width = 0, channels = 0] }: Tensor,
  next: Module | undefined,
): void {
  if (rank !== 4 || !(next instanceof Linear)) return
  const image: ImageShape = [height, width, channels]
  next.inputImage ??= image
}
