// Normalization: what batch, layer and group norm share: a learned scale and shift, and the epsilon under the root.

import type { Shape } from '../core/shape.ts'
import { filled } from './initializers.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'
import { checkAboveZero } from './sizes.ts'

export interface NormalizationOptions {
  /** Added to the variance before its root (default 1e-5). */
  readonly epsilon?: number
  /** Whether to learn a scale and a shift (default true). */
  readonly affine?: boolean
}

export abstract class Normalization extends Module {
  readonly epsilon: number
  /** The scale, which starts at 1; one per normalised element or channel. */
  readonly weight: Parameter | undefined
  /** The shift, which starts at 0. */
  readonly bias: Parameter | undefined

  /** Throws UsageError unless epsilon is above 0. */
  constructor(name: string, shape: Shape, { epsilon = 1e-5, affine = true }: NormalizationOptions) {
    super()
    checkAboveZero(name, 'epsilon', epsilon)
    this.epsilon = epsilon
    this.weight = affine ? new Parameter(filled(shape, 1), { label: 'weight' }) : undefined
    this.bias = affine ? new Parameter(filled(shape, 0), { label: 'bias' }) : undefined
  }
}
