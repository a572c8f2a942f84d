// Sine and cosine by one odd polynomial of the distance to the nearest multiple of pi, whose parity gives the sign.

import type { Reg } from '../../codegen/loop-program.ts'
import type { Builder } from '../builder.ts'
import { formatOf, polynomial, shiftBits } from './float.ts'

/** sin(x - turns pi), negated when `counter` is odd. The parts of pi (Cody, Waite) keep the remainder accurate. */
function sineOfRemainder(b: Builder, x: Reg, turns: Reg, counter: Reg): Reg {
  const { type, bits, fits } = formatOf(b, x)
  const number = (value: number): Reg => b.constant(type, value)
  const r = fits.pi.reduce((remainder, part) => b.fma(turns, number(-part), remainder), x)
  const square = b.binary('multiply', r, r)
  const sine = b.fma(b.binary('multiply', r, square), polynomial(b, square, fits.sin), r)
  // Rounding must not pass 1; and far beyond the stated range, where the count of turns is wrong, nothing else bounds it.
  const bounded = b.binary('min', number(1), b.binary('max', number(-1), sine))
  return b.binary('xor', bounded, shiftBits(b, 'left', counter, bits - 1))
}

/**
 * sin(x) = (-1)^n (r + r^3 p(r^2)), x = n pi + r, |r| <= pi / 2, p of degree 3 (f32) or 7 (f64); NaN for infinite x, +0 at -0.
 * Up to |x| = 1e5 in f32 and 1e6 in f64 the error is at most 1.7 ulp (2) or, where the result is near 0, 1e-7 (1.2e-7) in f32
 * and 1e-17 in f64; beyond, accuracy is lost bit by bit, but the result stays between -1 and 1.
 * 15 operations in f32, 18 in f64.
 */
export function sin(b: Builder, x: Reg): Reg {
  const { type, rounder } = formatOf(b, x)
  const counter = b.fma(x, b.constant(type, 1 / Math.PI), b.constant(type, rounder))
  return sineOfRemainder(b, x, b.binary('subtract', counter, b.constant(type, rounder)), counter)
}

/** cos(x) = sin(x + pi / 2): x = (n + 1/2) pi + r. Error and range as for `sin`. 17 operations in f32, 20 in f64. */
export function cos(b: Builder, x: Reg): Reg {
  const { type, rounder } = formatOf(b, x)
  const offset = b.constant(type, rounder + 1)
  const quarter = b.fma(x, b.constant(type, 1 / Math.PI), b.constant(type, -0.5))
  const counter = b.binary('add', quarter, offset)
  const turns = b.binary('add', b.binary('subtract', counter, offset), b.constant(type, 0.5))
  return sineOfRemainder(b, x, turns, counter)
}
