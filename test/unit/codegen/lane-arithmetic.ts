// What each operation of a loop program does to one lane, in plain numbers.

import type { BinaryOp, Comparison, Op, RegType, UnaryOp } from '../../../src/codegen/loop-program.ts'

/** The program asked for something that the rules leave open: an undefined lane stored, or the bits of a NaN. */
export class Undetermined extends Error {}

const scratch = new DataView(new ArrayBuffer(8))

export function rounded(type: RegType, value: number): number {
  return type === 'f32' ? Math.fround(value) : type === 'i32' ? value | 0 : value
}

export function unary(op: UnaryOp, a: number): number {
  switch (op) {
    case 'negate':
      return -a
    case 'abs':
      return Math.abs(a)
    case 'sqrt':
      return Math.sqrt(a)
    case 'floor':
      return Math.floor(a)
    case 'ceil':
      return Math.ceil(a)
    case 'trunc':
      return Math.trunc(a)
    case 'nearest':
      return nearestEven(a)
  }
}

function nearestEven(a: number): number {
  if (!Number.isFinite(a) || Math.abs(a) >= 2 ** 52) return a
  const magnitude = Math.abs(a) + 2 ** 52 - 2 ** 52
  return a < 0 || Object.is(a, -0) ? -magnitude : magnitude
}

export function binary(type: RegType, op: BinaryOp, a: number, b: number): number {
  switch (op) {
    case 'add':
      return rounded(type, a + b)
    case 'subtract':
      return rounded(type, a - b)
    case 'multiply':
      return type === 'i32' ? Math.imul(a, b) : rounded(type, a * b)
    case 'divide':
      return rounded(type, a / b)
    case 'min':
      return a < b ? a : b
    case 'max':
      return a > b ? a : b
    case 'and':
      return fromBits(type, bits(type, a) & bits(type, b))
    case 'or':
      return fromBits(type, bits(type, a) | bits(type, b))
    case 'xor':
      return fromBits(type, bits(type, a) ^ bits(type, b))
  }
}

export function compare(comparison: Comparison, a: number, b: number): boolean {
  switch (comparison) {
    case 'less':
      return a < b
    case 'lessEqual':
      return a <= b
    case 'equal':
      return a === b
    case 'notEqual':
      return a !== b
    case 'lessUnsigned':
      return a >>> 0 < b >>> 0
  }
}

export function shift(op: Extract<Op, { kind: 'shift' }>['op'], a: number, by: number): number {
  switch (op) {
    case 'left':
      return a << by
    case 'right':
      return a >> by
    case 'rightUnsigned':
      return (a >>> by) | 0
    case 'left64':
      return fromBits('f64', bits('f64', a) << BigInt(by))
    case 'right64':
      return fromBits('f64', BigInt.asUintN(64, bits('f64', a)) >> BigInt(by))
  }
}

export function bits(type: RegType, value: number): bigint {
  if (type === 'i32') return BigInt(value)
  if (type === 'f32') return bits32(value)
  if (Number.isNaN(value)) throw new Undetermined('the bits of a NaN are used')
  scratch.setFloat64(0, value)
  return scratch.getBigInt64(0)
}

function bits32(value: number): bigint {
  if (Number.isNaN(value)) throw new Undetermined('the bits of a NaN are used')
  scratch.setFloat32(0, value)
  return BigInt(scratch.getInt32(0))
}

export function fromBits(type: RegType, value: bigint): number {
  if (type === 'i32') return Number(BigInt.asIntN(32, value))
  if (type === 'f32') {
    scratch.setInt32(0, Number(BigInt.asIntN(32, value)))
    return scratch.getFloat32(0)
  }
  scratch.setBigInt64(0, BigInt.asIntN(64, value))
  return scratch.getFloat64(0)
}
