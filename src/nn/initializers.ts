// Initial weights, drawn from seeded streams: the same seed gives the same network on every device.

import type { TypedArray } from '../core/dtype.ts'
import { Random } from '../core/random.ts'
import { type Shape, sizeOf } from '../core/shape.ts'
import { lateArrayNode } from '../ops/node.ts'
import { Tensor } from '../tensor/tensor.ts'

/** Makes the initial values of a weight of the given shape: [in, out] of a dense layer, [kh, kw, in/groups, out] of a convolution. */
export type Initializer = (shape: Shape, random: Random) => Tensor

/** Stream of random numbers that initial weights are drawn from. */
const weightStream = 0x3e19

let weightRandom = new Random(0, weightStream)

/**
 * Seeds the stream that layers draw their initial weights from where they are not given a generator of their own.
 * Networks built in the same order after the same seed are equal. The stream starts with seed 0.
 */
export function seedWeights(seed: number): void {
  weightRandom = new Random(seed, weightStream)
}

/** The generator that layers draw from by default. */
export function defaultWeightRandom(): Random {
  return weightRandom
}

/** How many inputs each output of a weight sums over, and how many outputs each input goes to. */
export function fans(shape: Shape): { readonly inputs: number; readonly outputs: number } {
  const field = sizeOf(shape.slice(0, -2))
  return { inputs: field * (shape.at(-2) ?? 1), outputs: field * (shape.at(-1) ?? 1) }
}

let skipping = false

/**
 * Builds a model without drawing its weights, which are zero: for a model whose weights are loaded or only counted.
 *
 * ```ts
 * const model = skipInitialization(() => resNet({ depth: 50 }))
 * ```
 */
export function skipInitialization<Result>(build: () => Result): Result {
  const before = skipping
  skipping = true
  try {
    return build()
  } finally {
    skipping = before
  }
}

/**
 * Values that `fill` draws when they are first asked for, which is never where others are loaded. The generator passes over them at once, so
 * that everything drawn after them is the same in either case.
 */
function drawn(
  shape: Shape,
  random: Random,
  drawsPerValue: number,
  fill: (random: Random, values: TypedArray) => void,
): Tensor {
  if (skipping) return filled(shape, 0)
  const { state } = random
  random.skip(drawsPerValue * sizeOf(shape))
  return late(shape, (values) => fill(Random.restore(state), values))
}

function drawnUniform(shape: Shape, random: Random, bound: number): Tensor {
  return drawn(shape, random, 1, (from, values) => from.fillUniform(values, -bound, bound))
}

function drawnNormal(shape: Shape, random: Random, deviation: number): Tensor {
  return drawn(shape, random, 2, (from, values) => from.fillNormal(values, 0, deviation))
}

/** A tensor on the host whose values are made when they are first asked for. */
function late(shape: Shape, fill: (values: TypedArray) => void): Tensor {
  return new Tensor(lateArrayNode(fill, shape, 'f32'))
}

/** Uniform in ±sqrt(6 / (in + out)), variance 2 / (in + out). Glorot and Bengio 2010, eq. 16. */
export const xavierUniform: Initializer = (shape, random) => {
  const { inputs, outputs } = fans(shape)
  const bound = Math.sqrt(6 / (inputs + outputs))
  return drawnUniform(shape, random, bound)
}

/** Normal with variance 2 / (in + out). Glorot and Bengio 2010, eq. 12. */
export const xavierNormal: Initializer = (shape, random) => {
  const { inputs, outputs } = fans(shape)
  const deviation = Math.sqrt(2 / (inputs + outputs))
  return drawnNormal(shape, random, deviation)
}

/** Uniform in ±sqrt(6 / in), variance 2 / in: keeps variance through layers followed by ReLU. He et al. 2015. */
export const kaimingUniform: Initializer = (shape, random) => {
  const bound = Math.sqrt(6 / fans(shape).inputs)
  return drawnUniform(shape, random, bound)
}

/** Normal with variance 2 / in: keeps variance through layers followed by ReLU. He et al. 2015, eq. 10. */
export const kaimingNormal: Initializer = (shape, random) => {
  const deviation = Math.sqrt(2 / fans(shape).inputs)
  return drawnNormal(shape, random, deviation)
}

/** Normal with variance 2 / out: keeps the variance of gradients through layers followed by ReLU. He et al. 2015, eq. 14. */
export const kaimingNormalOut: Initializer = (shape, random) => {
  const deviation = Math.sqrt(2 / fans(shape).outputs)
  return drawnNormal(shape, random, deviation)
}

/** Uniform in ±1/sqrt(in), variance 1 / (3 in): what PyTorch's layers start with. LeCun et al. 1998. */
export const fanInUniform: Initializer = (shape, random) => {
  const bound = Math.sqrt(1 / fans(shape).inputs)
  return drawnUniform(shape, random, bound)
}

/** Normal with mean 0 and the given standard deviation. */
export function normal(deviation: number): Initializer {
  return (shape, random) => drawnNormal(shape, random, deviation)
}

/** `value` everywhere. */
export function constant(value: number): Initializer {
  return (shape) => filled(shape, value)
}

/** A tensor of one value, made on the host: nothing need be computed to build a model. */
export function filled(shape: Shape, value: number): Tensor {
  return late(shape, (values) => values.fill(value))
}

/** Zero everywhere: right for biases; a network whose weights are all zero learns nothing. */
export const zeros: Initializer = constant(0)
