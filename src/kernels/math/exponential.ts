// exp, and tanh and sigmoid, which are built on it.
//
// Range reduction after Cody and Waite: x = n ln 2 + r with n rounded by adding 1.5 * 2^fraction, ln 2 in two parts so that
// n times the first is exact with and without fused multiply-add; 2^n is n shifted into the exponent. Fits: own Remez.

import type { Reg } from '../../codegen/loop-program.ts'
import type { Builder } from '../builder.ts'
import { formatOf, polynomial, shiftBits, signOf } from './float.ts'

/** Outside these exponents exp is 0 or infinite after rounding; between them the reduced exponent fits the format. */
const exponentRange = { f32: [-104.5, 89.5], f64: [-745.5, 710] } as const
/** From here on tanh rounds to 1. */
const tanhOne = { f32: 9.5, f64: 19.5 } as const
/** From here on sigmoid rounds to 1. */
const sigmoidOne = { f32: 17.5, f64: 37.5 } as const

interface Reduction {
  /** x = n step ln 2 + remainder, |remainder| <= |step| ln 2 / 2. */
  readonly step: number
  /** Added to n in the scale. */
  readonly shift?: number
  /** The scale is -2^n. */
  readonly negative?: boolean
  /** A small addend of x, below its last bits. */
  readonly correction?: Reg
}

/** Takes x apart into 2^(n + shift) and the remainder; |n + shift| must fit the exponent of the format. */
function reduce(b: Builder, x: Reg, options: Reduction): { scale: Reg; remainder: Reg } {
  const { type, bits, bias, fraction, rounder, fits } = formatOf(b, x)
  const { step, shift = 0, negative = false, correction } = options
  const [high, low] = fits.ln2
  const signBit = negative ? 2 ** (bits - 1 - fraction) : 0
  const offset = b.constant(type, rounder + bias + shift + signBit)
  const value = correction === undefined ? x : b.binary('add', x, correction)
  const counter = b.fma(value, b.constant(type, Math.LOG2E / step), offset)
  const n = b.binary('subtract', counter, offset)
  let remainder = b.fma(n, b.constant(type, -step * high), x)
  remainder = b.fma(n, b.constant(type, -step * low), remainder)
  if (correction !== undefined) remainder = b.binary('add', remainder, correction)
  return { scale: shiftBits(b, 'left', counter, fraction), remainder }
}

/**
 * e^(x + correction) for x within `clampExponent`'s range: p(r) * 2^n * 2^n with x = 2 n ln 2 + r, |r| <= ln 2. Multiplying
 * twice by half the power makes overflow go to infinity and small results subnormal, rounded once.
 */
export function expInRange(b: Builder, x: Reg, correction?: Reg): Reg {
  const { fits } = formatOf(b, x)
  const { scale, remainder } = reduce(b, x, correction === undefined ? { step: 2 } : { step: 2, correction })
  const power = polynomial(b, remainder, [1, 1, ...fits.exp])
  return b.binary('multiply', b.binary('multiply', power, scale), scale)
}

/** x, or the nearest exponent that gives the same exp; NaN passes. */
export function clampExponent(b: Builder, x: Reg): Reg {
  const { type } = formatOf(b, x)
  const [lowest, highest] = exponentRange[type]
  return b.binary('min', b.constant(type, highest), b.binary('max', b.constant(type, lowest), x))
}

/**
 * e^x = 2^(2n) p(r), p of degree 7 (f32) or 13 (f64); subnormal results included.
 * Error at most 1.6 ulp in f32 (1.9), 1.5 in f64 (1.8). 16 operations in f32, 22 in f64.
 */
export function exp(b: Builder, x: Reg): Reg {
  return expInRange(b, clampExponent(b, x))
}

/** e^r - 1 for |r| <= ln 2 / 2, or 1 - e^-r where `mirrored`: r + r^2 q(r), q of degree 4 (f32) or 9 (f64). */
function expMinusOne(b: Builder, r: Reg, mirrored: boolean): Reg {
  const { fits } = formatOf(b, r)
  const terms = mirrored ? fits.expm1.map((term, power) => (power % 2 === 0 ? -term : term)) : fits.expm1
  return b.fma(b.binary('multiply', r, r), polynomial(b, r, terms), r)
}

/**
 * tanh(x) = (1 - E) / (1 + E), E = e^(-2|x|), with the sign of x: odd to the bit, never beyond 1. With -2|x| = n ln 2 + r and
 * g = e^r - 1, both 2^n g + (2^n - 1) and 2^n g + (2^n + 1) are rounded once; the first keeps its relative accuracy near 0.
 * Error at most 2 ulp in f32 and f64 (the same). 22 operations in f32, 27 in f64, one of them a division.
 */
export function tanh(b: Builder, x: Reg): Reg {
  const { type } = formatOf(b, x)
  const number = (value: number): Reg => b.constant(type, value)
  const negated = b.binary('max', number(-tanhOne[type]), b.binary('or', x, number(-0)))
  const { scale, remainder } = reduce(b, b.binary('add', negated, negated), { step: 1 })
  const g = expMinusOne(b, remainder, false)
  const numerator = b.fma(scale, g, b.binary('subtract', scale, number(1)))
  const denominator = b.fma(scale, g, b.binary('add', scale, number(1)))
  return b.binary('or', b.unary('abs', b.binary('divide', numerator, denominator)), signOf(b, x))
}

/**
 * sigmoid(x) = c / (c + c e^-x), c a small power of two that keeps the denominator from overflow: relative accuracy down to
 * the smallest subnormal number. With -x = n ln 2 - r and g = 1 - e^-r the denominator is (c - c 2^n g) + c 2^n.
 * Error at most 2 ulp in f32 and f64 (the same). 16 operations in f32, 21 in f64, one of them a division.
 */
export function sigmoid(b: Builder, x: Reg): Reg {
  const { type, bits } = formatOf(b, x)
  const shift = -bits
  const number = (value: number): Reg => b.constant(type, value)
  const lowest = number(exponentRange[type][0])
  const clamped = b.binary('min', number(sigmoidOne[type]), b.binary('max', lowest, x))
  const { scale, remainder } = reduce(b, clamped, { step: -1, shift, negative: true })
  const g = expMinusOne(b, remainder, true)
  const c = number(2 ** shift)
  return b.binary('divide', c, b.binary('subtract', b.fma(scale, g, c), scale))
}
