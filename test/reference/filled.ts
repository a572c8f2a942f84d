// Values by formula and records of results, the same as scripts/fixtures/filled.py has.

import { type Shape, sizeOf } from '../../src/core/shape.ts'
import type { Module } from '../../src/nn/module.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'
import type { Variable } from '../../src/tensor/variable.ts'

/** The number in [0, 1) of an index in a stream. */
function uniform(index: number, stream: number): number {
  let x = (index + Math.imul(stream, 0x9e3779b9)) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32
}

/** Numbers in [-1, 1), rounded to f32. */
function signedValues(size: number, stream: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => Math.fround(2 * uniform(i, stream) - 1))
}

/** A tensor of numbers in [-1, 1). */
export function signed(shape: Shape, stream: number, dtype: 'f32' | 'f64' = 'f32'): Tensor {
  return tensor(signedValues(sizeOf(shape), stream), { shape }).cast(dtype)
}

/** What a parameter or running statistic of this name and shape takes. */
function parameterValues(name: string, shape: Shape, stream: number): Float64Array {
  const kind = name.slice(name.lastIndexOf('.') + 1)
  const small = kind === 'bias' || kind === 'running_mean'
  const bound = Math.sqrt(6 / sizeOf(shape.slice(0, -1)))
  return Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const u = uniform(i, stream)
    return Math.fround(small ? 0.2 * (u - 0.5) : shape.length === 1 ? 0.5 + u : (2 * u - 1) * bound)
  })
}

/** Gives every parameter and running statistic its values; streams count the names in their order. */
export function fill(module: Module): void {
  const variables = module.namedVariables()
  for (const [stream, name] of [...variables.keys()].sort().entries()) {
    const variable = variables.get(name) as Variable
    variable.write(parameterValues(name, variable.shape, stream))
  }
}

/** What is kept of a tensor of PyTorch. */
export interface TorchRecord {
  readonly shape: readonly number[]
  readonly norm: number
  /** Product with a fixed vector of numbers in [-1, 1). */
  readonly dot: number
  /** The first elements. */
  readonly first: readonly number[]
}

/** Norm and dot of a record alone. */
export type BriefRecord = readonly [norm: number, dot: number]

/** The largest error of a tensor, relative to the norm of what it should be; infinite for another shape. */
export function recordError(found: Tensor, { shape, norm, dot, first }: TorchRecord): number {
  if (found.shape.join() !== shape.join()) return Number.POSITIVE_INFINITY
  const values = found.dataSync()
  const errors = first.map((value, i) => Math.abs((values[i] as number) - value) / norm)
  return Math.max(briefError(found, [norm, dot]), ...errors)
}

/** As `recordError`, with less to hold the tensor against. */
export function briefError(found: Tensor, [norm, dot]: BriefRecord): number {
  const values = found.dataSync()
  const along = signedValues(values.length, 99)
  let square = 0
  let product = 0
  for (const [i, value] of values.entries()) {
    square += value * value
    product += value * (along[i] as number)
  }
  return Math.max(Math.abs(Math.sqrt(square) - norm), Math.abs(product - dot)) / norm
}
