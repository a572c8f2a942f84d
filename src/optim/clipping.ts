// Gradient clipping: keeps one bad batch from throwing the parameters far off.

import { UsageError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'

function checkLimit(name: string, limit: number): void {
  if (!(limit > 0)) throw new UsageError(`${name}: the limit must be above 0, not ${limit}${atSite()}`)
}

/** Each element limited to [-limit, limit]. */
export function clipByValue(gradients: readonly Tensor[], limit: number): Tensor[] {
  checkLimit('clipByValue', limit)
  return gradients.map((gradient) => gradient.clamp(-limit, limit))
}

/** The Euclidean norm of all gradients taken as one vector. */
export function globalNorm(gradients: readonly Tensor[]): Tensor {
  const [first, ...others] = gradients.map((gradient) => gradient.square().sum())
  if (first === undefined) throw new UsageError(`globalNorm: there are no gradients${atSite()}`)
  return others.reduce((total, square) => total.add(square), first).sqrt()
}

/** All gradients scaled by `min(1, limit / (norm + 1e-6))`, with the norm of them all: their direction stays. As PyTorch's clip_grad_norm_. */
export function clipByNorm(gradients: readonly Tensor[], limit: number): Tensor[] {
  checkLimit('clipByNorm', limit)
  const factor = globalNorm(gradients).add(1e-6).power(-1).multiply(limit).minimum(1)
  return gradients.map((gradient) => gradient.multiply(factor.cast(gradient.dtype)))
}
