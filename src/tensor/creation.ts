// Tensors from nothing: constants, ranges, identity, random numbers.

import { type DType, holds, isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError, UsageError } from '../core/errors.ts'
import type { HostDType } from '../core/host-tensor.ts'
import { formatShape, resolveAxis, type Shape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import * as ops from '../ops/functions.ts'
import { literalNode, type Node, scalarNode } from '../ops/node.ts'
import { numberNode, tensorNode, wrap } from './base.ts'
import { checkDType, checkShape, kindOf } from './checks.ts'
import './tensor.ts'
import type { Tensor } from './tensor.ts'
import { currentTrace, randomKey } from './trace.ts'

function filled(name: string, shape: Shape, value: number, dtype: HostDType): Tensor {
  const extents = checkShape(name, shape)
  if (typeof value !== 'number') throw new UsageError(`${name}: the value is a number, not ${kindOf(value)}${atSite()}`)
  if (!holds(checkDType(name, dtype), value))
    throw new DTypeError(`${name}: ${value} is not ${dtype === 'i32' ? 'an' : 'a'} ${dtype} value${atSite()}`)
  // Zeros and ones are part of programs, which they simplify; other numbers would make a program each.
  const fixed = Object.is(value, 0) || value === 1
  return wrap(ops.broadcastTo(fixed ? literalNode(value, dtype) : numberNode(value, dtype), extents))
}

/** A tensor with `value` in every element. Throws DTypeError where the dtype does not hold it. */
export function full(shape: Shape, value: number, dtype: HostDType = 'f32'): Tensor {
  return filled('full', shape, value, dtype)
}

export function zeros(shape: Shape, dtype: HostDType = 'f32'): Tensor {
  return filled('zeros', shape, 0, dtype)
}

export function ones(shape: Shape, dtype: HostDType = 'f32'): Tensor {
  return filled('ones', shape, 1, dtype)
}

/** The integers 0 … count - 1, as i32. */
export function arange(count: number): Tensor {
  checkShape('arange', [count])
  if (count > 2 ** 31) throw new ShapeError(`arange: i32 does not hold ${count} integers${atSite()}`)
  return wrap(ops.iota([count], 0))
}

/** The identity matrix of n rows. */
export function identity(n: number, dtype: HostDType = 'f32'): Tensor {
  checkShape('identity', [n, n])
  checkDType('identity', dtype)
  return wrap(ops.cast(ops.compare('equal', ops.iota([n, n], 0), ops.iota([n, n], 1)), dtype))
}

/**
 * A number that the host gives before each run: a learning rate, a step count. Changing what `read` returns never compiles anew.
 * The number is computed in f64 and rounded to `dtype`.
 */
export function hostScalar(read: () => number, dtype: DType = 'f32'): Tensor {
  if (typeof read !== 'function')
    throw new UsageError(`hostScalar: takes a function that gives the number, not ${kindOf(read)}${atSite()}`)
  return wrap(scalarNode(read, checkDType('hostScalar', dtype)))
}

/**
 * Uniform random numbers in [0, 1), new ones at each call of a compiled function; seed them with `seedRandom`.
 * Bits depend on seed, call and the ordinal of this draw only, on every device.
 */
export function random(shape: Shape, dtype: HostDType = 'f32'): Tensor {
  const extents = checkShape('random', shape)
  if (!isFloat(checkDType('random', dtype))) throw new UsageError(`random: gives floats, not ${dtype}${atSite()}`)
  const trace = currentTrace()
  if (trace !== undefined) return wrap(ops.random(trace.seed, trace.call, extents, trace.streams++, dtype))
  const { seed } = randomKey
  const call = randomKey.call++
  const fixed = (value: number): Node => scalarNode(() => value, 'i32')
  return wrap(ops.random(fixed(seed), fixed(call), extents, 0, dtype))
}

/** Tensors one after another along an axis. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(tensors))
    throw new UsageError(`concat: takes an array of tensors, not ${kindOf(tensors)}${atSite()}`)
  const nodes = tensors.map((part: Tensor) => tensorNode('concat', part))
  const first = nodes[0]
  if (first === undefined) throw new UsageError(`concat: there are no tensors${atSite()}`)
  const along = resolveAxis(axis, first.shape.length)
  if (along === undefined) throw new ShapeError(`concat: ${formatShape(first.shape)} has no axis ${axis}${atSite()}`)
  return wrap(ops.concat(nodes, along))
}

/** Tensors of one shape along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  if (!Array.isArray(tensors))
    throw new UsageError(`stack: takes an array of tensors, not ${kindOf(tensors)}${atSite()}`)
  return concat(
    tensors.map((part: Tensor) => wrap(tensorNode('stack', part)).unsqueeze(axis)),
    axis,
  )
}
