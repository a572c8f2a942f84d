// What a workload is: a network with its batch and optimizer, or a product, and how its values are exchanged with other libraries.

import type { Shape, Tensor } from '../../src/index.ts'
import type { Module } from '../../src/nn/index.ts'

/**
 * How a parameter's axes stand here and in PyTorch: a dense weight [inputs, outputs] is PyTorch's [outputs, inputs], a convolution's
 * [height, width, inputs, outputs] its [outputs, inputs, height, width]; a transposed convolution's [height, width, outputs, inputs] its
 * [inputs, outputs, height, width], by the same exchange of axes.
 */
export type ParameterKind = 'vector' | 'dense' | 'convolution'

/** One parameter, or one running statistic, as the benchmark makes it and as all contestants load it. */
export interface ParameterSpec {
  readonly kind: ParameterKind
  /** In our layout. */
  readonly shape: Shape
  /** First values: uniform within a bound, uniform between two numbers, or all the same. */
  readonly start: { readonly within: number } | { readonly between: readonly [number, number] } | number
  /** The inputs (or outputs) of a dense layer are an image [height, width, channels], which PyTorch flattens channels first. */
  readonly inputImage?: Shape
  readonly outputImage?: Shape
  /** Multiply-adds of one sample. */
  readonly multiplyAdds: number
  /** A bias in front of a batch norm, which takes it away again: its gradient is zero but for rounding. */
  readonly beforeNorm?: boolean
}

export interface OptimizerSpec {
  readonly name: 'sgd' | 'adam' | 'adamW'
  readonly learningRate: number
  readonly momentum?: number
}

interface NetworkWorkload {
  readonly name: string
  readonly title: string
  readonly batch: number
  /** Shape of one sample, and whether its values are uniform in [0, 1) or normal. */
  readonly input: { readonly shape: Shape; readonly values: 'uniform' | 'normal' }
  /** In the order of the network's parameters. */
  readonly parameters: readonly ParameterSpec[]
  /** The network; `dropout` false leaves dropout out, for the proof. */
  readonly network: (options: { readonly dropout: boolean }) => Module
}

/** Forward, loss, backward and update. */
export interface TrainingWorkload extends NetworkWorkload {
  readonly kind: 'training'
  /** Number of classes, or the input itself for autoencoders. */
  readonly target: number | 'input'
  readonly loss: (output: Tensor, target: Tensor, network: Module) => Tensor
  readonly optimizer: OptimizerSpec
}

/** Forward, with the running statistics of training. */
export interface InferenceWorkload extends NetworkWorkload {
  readonly kind: 'inference'
  /** Running statistics in the order of the network's variables that are no parameters. */
  readonly state: readonly ParameterSpec[]
}

/** A matrix product [m, k] x [k, n]. */
export interface ProductWorkload {
  readonly kind: 'product'
  readonly name: string
  readonly title: string
  readonly m: number
  readonly k: number
  readonly n: number
  readonly dtype: 'f32' | 'f64'
}

export type Workload = TrainingWorkload | InferenceWorkload | ProductWorkload

/**
 * Multiplications and additions of products and convolutions in one call, 2 per multiply-add. A training step has three of each
 * (output, input gradient, weight gradient), but for the first layer, whose input needs no gradient.
 */
export function flopsOf(workload: Workload): number {
  if (workload.kind === 'product') return 2 * workload.m * workload.k * workload.n
  const perLayer = workload.parameters.map(({ multiplyAdds }) => multiplyAdds)
  const forward = perLayer.reduce((sum, count) => sum + count, 0)
  const first = perLayer.find((count) => count > 0) ?? 0
  return 2 * workload.batch * (workload.kind === 'training' ? 3 * forward - first : forward)
}
