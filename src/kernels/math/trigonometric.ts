// Sine and cosine by one odd polynomial: x is brought to within half a turn's quarter of a multiple of pi, the sign follows its parity.

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
 * sin(x), accurate for |x| <= 1e5 (f32) or 1e6 (f64), NaN for infinite x. r + r^3 p(r^2), x = n pi + r, |r| <= pi / 2,
 * p of degree 3 (f32) or 7 (f64). 17 operations in f32.
 */
export function sin(b: Builder, x: Reg): Reg {
  const { type, rounder } = formatOf(b, x)
  const counter = b.fma(x, b.constant(type, 1 / Math.PI), b.constant(type, rounder))
  return sineOfRemainder(b, x, b.binary('subtract', counter, b.constant(type, rounder)), counter)
}

/** cos(x) = sin(x + pi / 2), in the same range as `sin`: x = (n + 1/2) pi + r. 19 operations in f32. */
export function cos(b: Builder, x: Reg): Reg {
  const { type, rounder } = formatOf(b, x)
  const offset = b.constant(type, rounder + 1)
  const quarter = b.fma(x, b.constant(type, 1 / Math.PI), b.constant(type, -0.5))
  const counter = b.binary('add', quarter, offset)
  const turns = b.binary('add', b.binary('subtract', counter, offset), b.constant(type, 0.5))
  return sineOfRemainder(b, x, turns, counter)
}
