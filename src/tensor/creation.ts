// Tensors from nothing: constants, ranges, identity, random numbers.

import { type DType, isFloat } from '../core/dtype.ts'
import { ShapeError, UsageError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import * as ops from '../ops/functions.ts'
import { literalNode, type Node, scalarNode } from '../ops/node.ts'
import { wrap } from './base.ts'
import './tensor.ts'
import type { Tensor } from './tensor.ts'
import { currentTrace, randomKey } from './trace.ts'

function checkShape(name: string, shape: Shape): void {
  if (shape.some((extent) => !Number.isInteger(extent) || extent < 0)) {
    throw new ShapeError(`${name}: ${formatShape(shape)} is not a shape; extents are whole numbers >= 0${atSite()}`)
  }
}

/** A tensor with `value` in every element. */
export function full(shape: Shape, value: number, dtype: DType = 'f32'): Tensor {
  checkShape('full', shape)
  return wrap(ops.broadcastTo(literalNode(value, dtype), shape))
}

export function zeros(shape: Shape, dtype: DType = 'f32'): Tensor {
  return full(shape, 0, dtype)
}

export function ones(shape: Shape, dtype: DType = 'f32'): Tensor {
  return full(shape, 1, dtype)
}

/** The integers 0 … count - 1, as i32. */
export function arange(count: number): Tensor {
  checkShape('arange', [count])
  return wrap(ops.iota([count], 0))
}

/** The identity matrix of n rows. */
export function identity(n: number, dtype: DType = 'f32'): Tensor {
  checkShape('identity', [n, n])
  return wrap(ops.cast(ops.compare('equal', ops.iota([n, n], 0), ops.iota([n, n], 1)), dtype))
}

/**
 * A number that the host gives before each run: a learning rate, a step count. Changing what `read` returns never compiles anew.
 * The number is computed in f64 and rounded to `dtype`.
 */
export function hostScalar(read: () => number, dtype: DType = 'f32'): Tensor {
  return wrap(scalarNode(read, dtype))
}

/**
 * Uniform random numbers in [0, 1), new ones at each call of a compiled function; seed them with `seedRandom`.
 * Bits depend on seed, call and the ordinal of this draw only, on every device.
 */
export function random(shape: Shape, dtype: DType = 'f32'): Tensor {
  checkShape('random', shape)
  if (!isFloat(dtype)) throw new UsageError(`random: gives floats, not ${dtype}${atSite()}`)
  const trace = currentTrace()
  if (trace !== undefined) return wrap(ops.random(trace.seed, trace.call, shape, trace.streams++, dtype))
  const { seed } = randomKey
  const call = randomKey.call++
  const fixed = (value: number): Node => scalarNode(() => value, 'i32')
  return wrap(ops.random(fixed(seed), fixed(call), shape, 0, dtype))
}

/** Tensors one after another along an axis. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = tensors[0]
  if (first === undefined) throw new UsageError(`concat: there are no tensors${atSite()}`)
  return wrap(
    ops.concat(
      tensors.map(({ node }) => node),
      axis < 0 ? axis + first.rank : axis,
    ),
  )
}

/** Tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  return concat(
    tensors.map((tensor) => tensor.unsqueeze(axis)),
    axis,
  )
}
