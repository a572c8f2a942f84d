// The natural logarithm, and the reduction to a power of two and a significand that it shares with `power`.

import type { Reg } from '../../codegen/loop-program.ts'
import type { Builder } from '../builder.ts'
import { formatOf, polynomial, shiftBits } from './float.ts'

/** x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt 2. */
export interface Significand {
  readonly k: Reg
  readonly f: Reg
}

/**
 * Takes a positive finite x apart (subnormal too); what comes out for others is not defined. f is exact.
 * The exponent of x / sqrt 2 is cut out as bits; its complement is the power of two that brings x to 4 (1 + f).
 */
export function takeApart(b: Builder, x: Reg): Significand {
  const { type, bias, fraction, smallestNormal } = formatOf(b, x)
  const number = (value: number): Reg => b.constant(type, value)
  const lift = fraction + 9
  const subnormalLimit = number(4 * smallestNormal)
  const lifted = b.binary('multiply', x, number(2 ** lift))
  const normal = b.select('less', x, subnormalLimit, lifted, x)
  const exponentBits = number(Infinity)
  const exponent = b.binary('and', b.binary('multiply', normal, number(Math.SQRT1_2)), exponentBits)
  const fourfold = b.binary('multiply', normal, b.binary('xor', exponent, exponentBits))
  const f = b.fma(fourfold, number(0.25), number(-1))

  // The exponent as an integer in the low bits of 2^fraction, then as a float.
  const counted = b.binary('or', shiftBits(b, 'right', exponent, fraction), number(2 ** fraction))
  const origin = 2 ** fraction + bias - 1
  const k = b.binary('subtract', counted, b.select('less', x, subnormalLimit, number(origin + lift), number(origin)))
  return { k, f }
}

/**
 * log(x) = k ln 2 + log(1 + f); -infinity at 0, NaN below; subnormal x included. With s = f / (2 + f),
 * log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + s^2 p(s^2)): the form of fdlibm, p of degree 2 (f32) or 6 (f64).
 * Error at most 0.85 ulp in f32 and f64 (the same). 27 operations in f32, 31 in f64, one of them a division.
 */
export function log(b: Builder, x: Reg): Reg {
  const { type, fits } = formatOf(b, x)
  const number = (value: number): Reg => b.constant(type, value)
  const { k, f } = takeApart(b, x)
  const s = b.binary('divide', f, b.binary('add', f, number(2)))
  const z = b.binary('multiply', s, s)
  const halfSquare = b.binary('multiply', b.binary('multiply', f, number(0.5)), f)
  const tail = b.binary('multiply', s, b.fma(z, polynomial(b, z, fits.log), halfSquare))
  const [high, low] = fits.ln2
  const small = b.binary('subtract', b.fma(k, number(low), tail), halfSquare)
  const finite = b.fma(k, number(high), b.binary('add', small, f))
  const positive = b.select('less', x, number(Infinity), finite, x)
  const atMostZero = b.select('equal', x, number(0), number(-Infinity), number(Number.NaN))
  return b.select('less', number(0), x, positive, atMostZero)
}
