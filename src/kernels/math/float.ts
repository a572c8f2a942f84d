// What the macros share: the layout of f32 and f64, polynomials, shifts of a float's bits and its sign.

import type { Reg } from '../../codegen/loop-program.ts'
import { DTypeError } from '../../core/errors.ts'
import type { Builder } from '../builder.ts'
import { type Coefficients, coefficients } from './coefficients.ts'

/** Layout of an IEEE float and the fits made for it. */
export interface FloatFormat {
  readonly type: 'f32' | 'f64'
  /** Bits of the register, and those of the significand behind the point. */
  readonly bits: number
  readonly fraction: number
  /** Stored exponent of 1. */
  readonly bias: number
  /** Added to x, it leaves x rounded to an integer (|x| < 2^(fraction - 1)) in the low bits of the sum. */
  readonly rounder: number
  readonly smallestNormal: number
  readonly fits: Coefficients
}

const formats: Readonly<Record<'f32' | 'f64', FloatFormat>> = {
  f32: {
    type: 'f32',
    bits: 32,
    fraction: 23,
    bias: 127,
    rounder: 1.5 * 2 ** 23,
    smallestNormal: 2 ** -126,
    fits: coefficients.f32,
  },
  f64: {
    type: 'f64',
    bits: 64,
    fraction: 52,
    bias: 1023,
    rounder: 1.5 * 2 ** 52,
    smallestNormal: 2 ** -1022,
    fits: coefficients.f64,
  },
}

/** The format of register `x`; integers are an error, because lowering converts them first. */
export function formatOf(b: Builder, x: Reg): FloatFormat {
  const type = b.typeOf(x)
  if (type === 'i32') {
    throw new DTypeError('elementary functions take f32 or f64 registers, not i32: convert the register first')
  }
  return formats[type]
}

/** c[0] + c[1] x + c[2] x^2 + ... by Horner's rule; one multiply-add per coefficient after the first. */
export function polynomial(b: Builder, x: Reg, terms: readonly number[]): Reg {
  const type = b.typeOf(x)
  return terms
    .slice(0, -1)
    .reduceRight((sum, term) => b.fma(sum, x, b.constant(type, term)), b.constant(type, terms.at(-1) ?? 0))
}

/** The bits of a float moved to the left or (zeros coming in) to the right. */
export function shiftBits(b: Builder, direction: 'left' | 'right', x: Reg, by: number): Reg {
  if (b.typeOf(x) === 'f64') return b.shift(direction === 'left' ? 'left64' : 'right64', x, by)
  const bits = b.reinterpret('i32', x)
  return b.reinterpret('f32', b.shift(direction === 'left' ? 'left' : 'rightUnsigned', bits, by))
}

/** Only the sign bit of x. */
export function signOf(b: Builder, x: Reg): Reg {
  return b.binary('and', x, b.constant(b.typeOf(x), -0))
}
