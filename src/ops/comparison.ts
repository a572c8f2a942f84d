// Comparisons, logic, selection and casts: what turns numbers into choices.

import { type DType, isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { equalShapes, formatShape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { cast, select } from './functions.ts'
import type { Node } from './node.ts'
import type { HostValue, Op, Typed } from './op.ts'
import { pointwise, real } from './pointwise.ts'

function comparison(name: string, doc: string, holds: (a: number, b: number) => boolean): Op {
  return pointwise({
    name,
    doc,
    value: (a, b) => Number(holds(a as number, b as number)),
    flat: 'a truth value',
    domains: [real, real],
    kink: (a, b) => (a as number) - (b as number),
    takes: 'any',
    gives: 'bool',
  })
}

function logic(name: string, doc: string, value: (...inputs: number[]) => number, arity: number): Op {
  return pointwise({
    name,
    doc,
    value,
    flat: 'a truth value',
    domains: Array(arity).fill([0, 1]),
    takes: 'bool',
    gives: 'bool',
  })
}

const selectOp: Op = {
  name: 'select',
  family: 'elementwise',
  doc: 'condition ? a : b',
  infer(inputs) {
    const [condition, a, b] = inputs as [Typed, Typed, Typed]
    if (condition.dtype !== 'bool')
      throw new DTypeError(
        `select: the condition is ${condition.dtype}, not bool; compare it with something first${atSite()}`,
      )
    if (a.dtype !== b.dtype)
      throw new DTypeError(`select: dtypes differ: ${a.dtype} and ${b.dtype}; cast one${atSite()}`)
    if (!equalShapes(condition.shape, a.shape) || !equalShapes(a.shape, b.shape)) {
      throw new ShapeError(
        `select: shapes differ: ${[condition, a, b].map((x) => formatShape(x.shape)).join(', ')}${atSite()}`,
      )
    }
    return { shape: a.shape, dtype: a.dtype }
  },
  derivative: {
    kind: 'linear',
    transpose(upstream, node, index) {
      const condition = node.inputs[0] as Node
      return index === 1 ? select(condition, upstream, 0) : select(condition, 0, upstream)
    },
  },
  cost: (_, output) => ({ multiplyAdds: 0, flops: sizeOf(output.shape) }),
  evaluate(inputs, output) {
    const [condition, a, b] = inputs as [HostValue, HostValue, HostValue]
    for (let i = 0; i < output.data.length; i++) output.data[i] = (condition.data[i] ? a.data[i] : b.data[i]) as number
  },
  tolerance: 0,
  samples: (shape) => {
    const values = { shape, dtype: 'float' as const, low: -3, high: 3 }
    return [{ inputs: [{ shape, dtype: 'bool', low: 0, high: 1 }, values, values], attributes: {} }]
  },
}

/** A float as an integer: truncated, saturating, NaN to 0. */
function toInteger(value: number, low: number, high: number): number {
  return Number.isNaN(value) ? 0 : Math.min(high, Math.max(low, Math.trunc(value)))
}

const castOp: Op = {
  name: 'cast',
  family: 'elementwise',
  doc: 'Another dtype: to bool is x != 0; floats to i32 truncate and saturate (NaN gives 0), then u8 keeps the low 8 bits.',
  infer: (inputs, attributes) => ({ shape: (inputs[0] as Typed).shape, dtype: attributes.dtype as DType }),
  derivative: {
    kind: 'linear',
    transpose(upstream, node) {
      const from = (node.inputs[0] as Node).dtype
      return isFloat(from) ? cast(upstream, from) : undefined
    },
  },
  cost: (_, output) => ({ multiplyAdds: 0, flops: sizeOf(output.shape) }),
  evaluate(inputs, output) {
    const { data } = inputs[0] as HostValue
    for (let i = 0; i < data.length; i++) {
      const value = data[i] as number
      if (output.dtype === 'bool') output.data[i] = Number(value !== 0)
      else if (isFloat(output.dtype)) output.data[i] = value
      else output.data[i] = toInteger(value, -(2 ** 31), 2 ** 31 - 1)
    }
  },
  tolerance: 1e-6,
  samples: (shape) => {
    const inputs = [{ shape, dtype: 'float' as const, low: -3, high: 3 }]
    return [
      { inputs, attributes: { dtype: 'f32' } },
      { inputs, attributes: { dtype: 'f64' } },
      { inputs, attributes: { dtype: 'i32' } },
      { inputs, attributes: { dtype: 'u8' } },
      { inputs, attributes: { dtype: 'bool' } },
    ]
  },
}

export const comparisonOps: readonly Op[] = [
  comparison('less', 'a < b, as bool', (a, b) => a < b),
  comparison('lessEqual', 'a <= b, as bool', (a, b) => a <= b),
  comparison('equal', 'a = b, as bool', (a, b) => a === b),
  comparison('notEqual', 'a != b, as bool', (a, b) => a !== b),
  logic('and', 'both, on bools', (a, b) => (a as number) & (b as number), 2),
  logic('or', 'either, on bools', (a, b) => (a as number) | (b as number), 2),
  logic('not', 'the opposite of a bool', (a) => 1 - (a as number), 1),
  selectOp,
  castOp,
  pointwise({
    name: 'stopGradient',
    doc: 'The value itself, through which no gradient flows.',
    value: (x) => x as number,
    flat: 'by definition',
    domains: [real],
    takes: 'any',
    tolerance: 0,
  }),
]
