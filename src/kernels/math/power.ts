// x^y with the logarithm of x and its product with y carried in two registers each, so that large exponents stay accurate.

import type { Reg } from '../../codegen/loop-program.ts'
import type { Builder } from '../builder.ts'
import { clampExponent, expInRange } from './exponential.ts'
import { formatOf, polynomial, shiftBits, signOf } from './float.ts'
import { takeApart } from './logarithm.ts'

/** A value as the sum of two registers, `high` rounded to nearest or cut. */
interface Sum {
  readonly high: Reg
  readonly low: Reg
}

/** x as its leading half of the significand and the rest: products of two such halves are exact without fused multiply-add. */
function halves(b: Builder, x: Reg): Sum {
  const drop = Math.ceil((formatOf(b, x).fraction + 1) / 2)
  const high = shiftBits(b, 'left', shiftBits(b, 'right', x, drop), drop)
  return { high, low: b.binary('subtract', x, high) }
}

/**
 * log(x), x > 0, to about 1.5 times the bits of the format: k ln 2 + 2 s + s^3 p(s^2), s = f / (2 + f), where k ln 2 (high)
 * and the leading half of s are exact, the rest of s comes from the remainder of its division.
 */
function logarithm(b: Builder, x: Reg): Sum {
  const { type, fits } = formatOf(b, x)
  const number = (value: number): Reg => b.constant(type, value)
  const { k, f } = takeApart(b, x)
  const reciprocal = b.binary('divide', number(1), b.binary('add', f, number(2)))
  const s = b.binary('multiply', f, reciprocal)
  const leading = b.unary('negate', halves(b, s).high)
  const parts = halves(b, f)
  // f - leading (2 + f), each step but the last exact.
  let remainder = b.fma(leading, number(2), f)
  remainder = b.fma(leading, parts.high, remainder)
  remainder = b.fma(leading, parts.low, remainder)
  const z = b.binary('multiply', s, s)
  const tail = b.binary('multiply', b.binary('multiply', s, z), polynomial(b, z, fits.log))
  let low = b.fma(b.binary('add', remainder, remainder), reciprocal, tail)

  const first = b.binary('multiply', leading, number(-2))
  const [ln2High, ln2Low] = fits.ln2
  const powers = b.binary('multiply', k, number(ln2High))
  const sum = b.binary('add', powers, first)
  low = b.binary('add', low, b.binary('add', b.binary('subtract', powers, sum), first))
  low = b.fma(k, number(ln2Low), low)
  const high = b.binary('add', sum, low)
  return { high, low: b.binary('add', b.binary('subtract', sum, high), low) }
}

/**
 * x^y = e^(y log |x|), with the sign of x when y is an odd integer and NaN for finite x < 0 when y is no integer;
 * x^0 = 1 for every x; otherwise as Math.pow, NaN for |x| = 1 with infinite y included.
 * Error at most 6e-7 of the result in f32 and 7e-15 in f64, up to overflow, with and without fused multiply-add.
 * 87 operations in f32, one of them a division: callers turn the exponents 2, 3, 1/2 and -1 into products, root, reciprocal.
 */
export function power(b: Builder, x: Reg, y: Reg): Reg {
  const { type } = formatOf(b, x)
  const number = (value: number): Reg => b.constant(type, value)
  const zero = number(0)
  const magnitude = b.unary('abs', x)
  const logarithmOfX = logarithm(b, magnitude)
  const finite = b.select('less', magnitude, number(Infinity), logarithmOfX.high, magnitude)
  const high = b.select('equal', magnitude, zero, number(-Infinity), finite)

  // y log |x| = exact + correction; where the rough product already means 0, infinity or NaN, it alone counts.
  const rough = b.binary('multiply', y, high)
  const roughSize = b.unary('abs', rough)
  const decided = number(type === 'f32' ? 200 : 2000)
  const logParts = halves(b, high)
  const yParts = halves(b, y)
  const exact = b.binary('multiply', yParts.high, logParts.high)
  const logRest = b.binary('add', logParts.low, logarithmOfX.low)
  const rest = b.fma(yParts.low, high, b.binary('multiply', yParts.high, logRest))
  const product = b.select('less', roughSize, decided, exact, rough)
  const correction = b.select('less', roughSize, decided, rest, zero)
  const result = expInRange(b, clampExponent(b, product), correction)

  const whole = b.unary('trunc', y)
  const half = b.binary('multiply', y, number(0.5))
  const signOfOdd = b.select('equal', half, b.unary('trunc', half), zero, signOf(b, x))
  const signed = b.binary('or', result, b.select('equal', y, whole, signOfOdd, zero))
  const ofNegative = b.select('equal', y, whole, signed, number(Number.NaN))
  const ofFinite = b.select('equal', x, number(-Infinity), signed, ofNegative)
  const defined = b.select('less', x, zero, ofFinite, signed)
  return b.select('equal', y, zero, number(1), defined)
}
