// How each elementwise op of the table becomes operations on registers.

import type { Comparison, Reg, RegType } from '../codegen/loop-program.ts'
import type { DType } from '../core/dtype.ts'
import { type Builder, registerType } from './builder.ts'
import type { Expression } from './kernel.ts'
import { cos, erf, exp, log, power, sigmoid, sin, tanh } from './math.ts'

type Apply = Extract<Expression, { kind: 'apply' }>
type Lowering = (b: Builder, inputs: readonly [Reg, Reg, Reg], expression: Apply) => Reg

/** Bools live in registers as i32 0 or 1. */
function truth(b: Builder, compare: Comparison, x: Reg, y: Reg): Reg {
  return b.select(compare, x, y, b.constant('i32', 1), b.constant('i32', 0))
}

/** The result of `op`, or the NaN that one of the inputs is. */
function nanAware(b: Builder, op: 'min' | 'max', x: Reg, y: Reg): Reg {
  const chosen = b.binary(op, x, y)
  // max gives y when one is NaN: right if y is the NaN; if x is, x must win.
  return b.typeOf(x) === 'i32' ? chosen : b.select('equal', x, x, chosen, x)
}

const zero = (b: Builder, like: Reg): Reg => b.constant(b.typeOf(like), 0)

function sign(b: Builder, x: Reg): Reg {
  const type = b.typeOf(x)
  const positive = b.select('less', zero(b, x), x, b.constant(type, 1), x)
  return b.select('less', x, zero(b, x), b.constant(type, -1), positive)
}

/** A result in the range of its dtype: u8 lives in registers as i32 from 0 to 255. */
function wrapped(b: Builder, x: Reg, dtype: DType): Reg {
  return dtype === 'u8' ? b.binary('and', x, b.constant('i32', 255)) : x
}

function cast(b: Builder, x: Reg, expression: Apply): Reg {
  const from = (expression.inputs[0] as Expression).dtype
  if (expression.dtype === 'bool') return from === 'bool' ? x : truth(b, 'notEqual', x, zero(b, x))
  const to: RegType = registerType(expression.dtype)
  const converted = b.convert(to, x)
  return wrapped(b, converted, expression.dtype)
}

const binary =
  (op: 'add' | 'subtract' | 'multiply' | 'divide'): Lowering =>
  (b, [x, y], { dtype }) =>
    wrapped(b, b.binary(op, x, y), dtype)
const unary =
  (macro: (b: Builder, x: Reg) => Reg): Lowering =>
  (b, [x]) =>
    macro(b, x)
const comparison =
  (compare: Comparison): Lowering =>
  (b, [x, y]) =>
    truth(b, compare, x, y)

/** One entry per elementwise op but stopGradient, which is gone by now; a missing one is found by the test that walks the op table. */
export const elementwiseLowerings: Readonly<Record<string, Lowering>> = {
  add: binary('add'),
  subtract: binary('subtract'),
  multiply: binary('multiply'),
  divide: binary('divide'),
  power: (b, [x, y]) => power(b, x, y),
  maximum: (b, [x, y]) => nanAware(b, 'max', x, y),
  minimum: (b, [x, y]) => nanAware(b, 'min', x, y),
  negate: (b, [x], { dtype }) => wrapped(b, b.unary('negate', x), dtype),
  abs: (b, [x]) => b.unary('abs', x),
  sqrt: (b, [x]) => b.unary('sqrt', x),
  exp: unary(exp),
  log: unary(log),
  sin: unary(sin),
  cos: unary(cos),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  erf: unary(erf),
  relu: (b, [x]) => b.select('lessEqual', x, zero(b, x), zero(b, x), x),
  sign: unary(sign),
  floor: (b, [x]) => b.unary('floor', x),
  ceil: (b, [x]) => b.unary('ceil', x),
  round: (b, [x]) => b.unary('nearest', x),
  less: comparison('less'),
  lessEqual: comparison('lessEqual'),
  equal: comparison('equal'),
  notEqual: comparison('notEqual'),
  and: (b, [x, y]) => b.binary('and', x, y),
  or: (b, [x, y]) => b.binary('or', x, y),
  not: (b, [x]) => b.binary('xor', x, b.constant('i32', 1)),
  select: (b, [condition, x, y]) => b.select('notEqual', condition, b.constant('i32', 0), x, y),
  cast: (b, [x], expression) => cast(b, x, expression),
}
