// Lists of a layer's parameters, with the first values that PyTorch would draw: uniform within 1 / sqrt(inputs of one output).

import type { Shape } from '../../src/index.ts'
import type { ParameterSpec } from './workload.ts'

export interface DenseOptions {
  readonly inputs: number
  readonly outputs: number
  /** See `ParameterSpec`. */
  readonly inputImage?: Shape
  readonly outputImage?: Shape
  readonly beforeNorm?: boolean
}

/** Weight [inputs, outputs] and bias [outputs] of a dense layer. */
export function dense({ inputs, outputs, inputImage, outputImage, beforeNorm = false }: DenseOptions): ParameterSpec[] {
  const start = { within: 1 / Math.sqrt(inputs) }
  const images = { ...(inputImage && { inputImage }), ...(outputImage && { outputImage }) }
  return [
    { kind: 'dense', shape: [inputs, outputs], start, multiplyAdds: inputs * outputs, ...images },
    { kind: 'vector', shape: [outputs], start, multiplyAdds: 0, beforeNorm, ...(outputImage && { outputImage }) },
  ]
}

export interface ConvolutionOptions {
  readonly inputs: number
  readonly outputs: number
  readonly kernel: number
  /** Places where the kernel is applied in one image: those of the output, or of the input of a transposed convolution. */
  readonly places: number
  /** Default true. */
  readonly bias?: boolean
  readonly transposed?: boolean
  readonly beforeNorm?: boolean
}

/** Weight [kernel, kernel, inputs, outputs] of a convolution, or [kernel, kernel, outputs, inputs] of a transposed one, and its bias. */
export function convolution(options: ConvolutionOptions): ParameterSpec[] {
  const { inputs, outputs, kernel, places, bias = true, transposed = false, beforeNorm = false } = options
  const taps = kernel * kernel
  // PyTorch counts a transposed convolution's inputs on the other side.
  const start = { within: 1 / Math.sqrt(taps * (transposed ? outputs : inputs)) }
  const weight: ParameterSpec = {
    kind: 'convolution',
    shape: transposed ? [kernel, kernel, outputs, inputs] : [kernel, kernel, inputs, outputs],
    start,
    multiplyAdds: places * taps * inputs * outputs,
  }
  return bias ? [weight, { kind: 'vector', shape: [outputs], start, multiplyAdds: 0, beforeNorm }] : [weight]
}

/** Scale and shift of a batch norm; drawn, not 1 and 0, so that a wrong one shows. */
export function norm(channels: number): ParameterSpec[] {
  return [
    { kind: 'vector', shape: [channels], start: { between: [0.7, 1.3] }, multiplyAdds: 0 },
    { kind: 'vector', shape: [channels], start: { between: [-0.2, 0.2] }, multiplyAdds: 0 },
  ]
}

/** Running mean and variance of a batch norm. */
export function runningStatistics(channels: number): ParameterSpec[] {
  return [
    { kind: 'vector', shape: [channels], start: { between: [-0.3, 0.3] }, multiplyAdds: 0 },
    { kind: 'vector', shape: [channels], start: { between: [0.5, 1.5] }, multiplyAdds: 0 },
  ]
}
