// The elementary functions against doubles (f32) and against 60-digit values (f64), fused and unfused, and at their special values.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Reg } from '../../../src/codegen/loop-program.ts'
import { DTypeError } from '../../../src/core/errors.ts'
import { Builder } from '../../../src/kernels/builder.ts'
import { cos, erf, exp, log, power, sigmoid, sin, tanh } from '../../../src/kernels/math.ts'
import { fusedMultiplyAdd, straightLine } from './straight-line.ts'

type Macro = (b: Builder, x: Reg) => Reg
type Type = 'f32' | 'f64'

const macros: Readonly<Record<string, Macro>> = { exp, log, tanh, sigmoid, erf, sin, cos }

function scalar(type: Type, macro: Macro, fused = true): (x: number) => number {
  const line = straightLine(type, 1, macro, { fused })
  return (x) => line.evaluate(x)
}

function powerOf(type: Type, fused = true): (x: number, y: number) => number {
  const line = straightLine(type, 2, power, { fused })
  return (x, y) => line.evaluate(x, y)
}

/** Distance of neighbouring floats at `value`. */
function unitInLastPlace(type: Type, value: number): number {
  const [smallest, digits] = type === 'f32' ? [-149, 24] : [-1074, 53]
  const magnitude = Math.abs(value)
  if (magnitude === 0) return 2 ** smallest
  let exponent = Math.floor(Math.log2(magnitude))
  if (2 ** exponent > magnitude) exponent--
  return 2 ** Math.max(exponent - digits + 1, smallest)
}

/** Abramowitz and Stegun 7.1.6 (series of positive terms) below 2.5, 7.1.14 (continued fraction) above: about 1e-15. */
function erfReference(x: number): number {
  const a = Math.abs(x)
  if (a < 2.5) {
    let term = a
    let sum = a
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * a * a) / (2 * n + 1)
      sum += term
    }
    return Math.sign(x) * sum * Math.exp(-a * a) * (2 / Math.sqrt(Math.PI))
  }
  let fraction = a
  for (let n = 120; n > 0; n--) fraction = a + n / 2 / fraction
  return Math.sign(x) * (1 - Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI)))
}

const references: Readonly<Record<string, (x: number) => number>> = {
  exp: Math.exp,
  log: Math.log,
  tanh: Math.tanh,
  sigmoid: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  erf: erfReference,
  sin: Math.sin,
  cos: Math.cos,
}

/** f32 numbers of every sign and exponent: bit patterns at a stride that is coprime to 2^32. */
function bitPatterns(count: number): number[] {
  const bits = Uint32Array.from({ length: count }, (_, i) => Math.imul(i, 0x9e3779b1))
  return [...new Float32Array(bits.buffer)].filter((x) => !Number.isNaN(x))
}

/** f32 numbers evenly spread over [low, high]. */
function spread(low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.fround(low + ((high - low) * (i + 0.5)) / count))
}

/** Largest error in units of the last place (less `absolute`, where that is allowed), and where. */
function worst(f: (x: number) => number, reference: (x: number) => number, points: readonly number[], absolute = 0) {
  let error = 0
  let at = 0
  for (const x of points) {
    const [got, want] = [f(x), reference(x)]
    const rounded = Math.fround(want)
    if (Number.isNaN(want) ? Number.isNaN(got) : got === rounded) continue
    const difference = Math.abs(got - want)
    // A result that overflows for one more bit than the reference (or one less) is one unit away, not infinitely far.
    const overflow = Math.abs(want) > 3.4028234e38 && Math.abs(got) > 3.4028234e38 && got * want > 0
    const units = overflow ? 1 : difference <= absolute ? 0 : difference / unitInLastPlace('f32', want)
    if (!(units <= error)) {
      error = Number.isNaN(units) ? Infinity : units
      at = x
    }
  }
  return { error, at }
}

// What src/kernels/math states, measured over every 23rd to every third float.
const bounds: Readonly<Record<string, { fused: number; unfused: number; from: number; to: number }>> = {
  exp: { fused: 1.6, unfused: 1.9, from: -105, to: 89 },
  log: { fused: 0.85, unfused: 0.85, from: 0.4, to: 2.5 },
  tanh: { fused: 2, unfused: 2, from: -10, to: 10 },
  sigmoid: { fused: 2, unfused: 2, from: -104, to: 20 },
  erf: { fused: 1.05, unfused: 1.3, from: -4.5, to: 4.5 },
}

describe.each(Object.entries(bounds))('%s in f32', (name, { fused, unfused, from, to }) => {
  const points = [...bitPatterns(40_000), ...spread(from, to, 40_000)]
  const [macro, reference] = [macros[name]!, references[name]!]

  it(`errs by at most ${fused} units in the last place, subnormal results included`, () => {
    const { error, at } = worst(scalar('f32', macro), reference, points)
    expect(error, `at ${at}`).toBeLessThanOrEqual(fused)
  })

  it(`errs by at most ${unfused} without fused multiply-add`, () => {
    const { error, at } = worst(scalar('f32', macro, false), reference, points)
    expect(error, `at ${at}`).toBeLessThanOrEqual(unfused)
  })
})

describe.each(['sin', 'cos'])('%s in f32', (name) => {
  const [macro, reference] = [macros[name]!, references[name]!]
  const points = [...spread(-4, 4, 30_000), ...spread(-1e5, 1e5, 30_000), ...spread(-100, 100, 10_000)]

  it('errs by at most 2 units in the last place or 1e-7 up to 1e5', () => {
    const { error, at } = worst(scalar('f32', macro), reference, points, 1e-7)
    expect(error, `at ${at}`).toBeLessThanOrEqual(2)
  })

  it('errs by at most 2 units in the last place or 1.3e-7 without fused multiply-add', () => {
    const { error, at } = worst(scalar('f32', macro, false), reference, points, 1.3e-7)
    expect(error, `at ${at}`).toBeLessThanOrEqual(2)
  })

  it.each(['f32', 'f64'] as const)(
    'stays within -1 and 1 for every finite %s, even where it is no longer accurate',
    (type) => {
      const f = scalar(type, macro)
      const far = type === 'f32' ? bitPatterns(5_000).filter(Number.isFinite) : [1e7, 1e9, 1e17, -1e30, 1e300, -1.7e308]
      for (const x of [...far, 1e-5, 3.27825e-6, Math.PI / 2]) expect(Math.abs(f(x)), `${x}`).toBeLessThanOrEqual(1)
    },
  )
})

describe('power in f32', () => {
  const cases = spread(-1, 1, 20_000).map((t, i) => {
    const x = Math.fround(i % 2 === 0 ? 1 + t * 0.5 : 10 ** (t * 37))
    const largest = Math.log(x) === 0 ? 1 : 88 / Math.abs(Math.log(x))
    return [x, Math.fround(largest * Math.cos(i))] as const
  })

  it.each([
    [true, 1e-6],
    [false, 1e-6],
  ])('with multiply-add fused: %s, errs by at most %s of the result up to overflow', (fused, bound) => {
    const f = powerOf('f32', fused)
    for (const [x, y] of cases) {
      const want = x ** y
      if (want < 2 ** -126 || want > 3.4e38) continue
      expect(Math.abs(f(x, y) - want) / want, `${x} ** ${y}`).toBeLessThanOrEqual(bound)
    }
  })
})

interface Reference {
  readonly [name: string]: readonly (readonly number[])[]
}
const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/elementary-functions.json', import.meta.url), 'utf8'),
) as Reference

describe('in f64, against 60 digits', () => {
  const names = Object.keys(macros)

  it.each(names)('%s errs by at most 2 units in the last place, with and without fused multiply-add', (name) => {
    for (const fused of [true, false]) {
      const f = scalar('f64', macros[name]!, fused)
      for (const [x, high, low] of fixture[name] as [number, number, number][]) {
        // Close to a multiple of pi an argument near 1e6 leaves 1e-19 of its own, far below the last place of 1.
        const error = Math.abs(f(x) - high - low) - (name === 'sin' || name === 'cos' ? 1e-17 : 0)
        expect(error / unitInLastPlace('f64', high), `${name}(${x}), fused ${fused}`).toBeLessThanOrEqual(2)
      }
    }
  })

  it('power errs by at most 1e-14 of the result', () => {
    for (const fused of [true, false]) {
      const f = powerOf('f64', fused)
      for (const [x, y, high, low] of fixture.power as [number, number, number, number][]) {
        expect(Math.abs((f(x, y) - high - low) / high), `${x} ** ${y}`).toBeLessThanOrEqual(1e-14)
      }
    }
  })

  it('the reference of erf for f32 agrees with the fixture', () => {
    for (const [x, high] of fixture.erf as [number, number][]) {
      expect(Math.abs(erfReference(x) - high)).toBeLessThanOrEqual(2e-15 * Math.abs(high))
    }
  })
})

describe.each(['f32', 'f64'] as const)('special values in %s', (type) => {
  const nan = Number.NaN
  const tiny = type === 'f32' ? 2 ** -149 : 2 ** -1074
  const huge = type === 'f32' ? 3.4028234663852886e38 : Number.MAX_VALUE
  const table: readonly (readonly [string, number, number])[] = [
    ['exp', 0, 1],
    ['exp', -0, 1],
    ['exp', tiny, 1],
    ['exp', Infinity, Infinity],
    ['exp', -Infinity, 0],
    ['exp', nan, nan],
    ['exp', 1e4, Infinity],
    ['exp', -1e4, 0],
    ['exp', huge, Infinity],
    ['exp', -huge, 0],
    ['log', 1, 0],
    ['log', 0, -Infinity],
    ['log', -0, -Infinity],
    ['log', -1, nan],
    ['log', -tiny, nan],
    ['log', -Infinity, nan],
    ['log', Infinity, Infinity],
    ['log', nan, nan],
    ['tanh', 0, 0],
    ['tanh', -0, -0],
    ['tanh', tiny, tiny],
    ['tanh', -tiny, -tiny],
    ['tanh', 1e4, 1],
    ['tanh', -1e4, -1],
    ['tanh', Infinity, 1],
    ['tanh', -Infinity, -1],
    ['tanh', huge, 1],
    ['tanh', nan, nan],
    ['sigmoid', 0, 0.5],
    ['sigmoid', -0, 0.5],
    ['sigmoid', 1e4, 1],
    ['sigmoid', -1e4, 0],
    ['sigmoid', Infinity, 1],
    ['sigmoid', -Infinity, 0],
    ['sigmoid', huge, 1],
    ['sigmoid', -huge, 0],
    ['sigmoid', nan, nan],
    ['erf', 0, 0],
    ['erf', -0, -0],
    ['erf', 1e4, 1],
    ['erf', -1e4, -1],
    ['erf', Infinity, 1],
    ['erf', -Infinity, -1],
    ['erf', huge, 1],
    ['erf', nan, nan],
    ['sin', 0, 0],
    ['sin', tiny, tiny],
    ['sin', Infinity, nan],
    ['sin', -Infinity, nan],
    ['sin', nan, nan],
    ['cos', 0, 1],
    ['cos', -0, 1],
    ['cos', tiny, 1],
    ['cos', Infinity, nan],
    ['cos', -Infinity, nan],
    ['cos', nan, nan],
  ]

  it.each(table)('%s(%s) is %s, fused and not', (name, x, want) => {
    for (const fused of [true, false]) expect(scalar(type, macros[name]!, fused)(x)).toBe(want)
  })

  it('tanh and erf are odd to the bit', () => {
    for (const name of ['tanh', 'erf']) {
      const f = scalar(type, macros[name]!)
      for (const x of spread(0, 12, 500)) expect(f(-x)).toBe(-f(x))
    }
  })

  it('sigmoid keeps relative accuracy where it is subnormal', () => {
    const x = type === 'f32' ? -100 : -740
    expect(scalar(type, sigmoid)(x) / tiny).toBeCloseTo(Math.exp(x) / tiny, 0)
  })

  it('power agrees with Math.pow at zeros, ones, infinities, negative bases and NaN (but for roots of -infinity)', () => {
    const values = [0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 2.5, -7, 1e10, -1e10, 16777217, huge, -huge, tiny, -tiny]
    const all = [...values, Infinity, -Infinity, nan].map((v) => (type === 'f32' ? Math.fround(v) : v))
    for (const fused of [true, false]) {
      const f = powerOf(type, fused)
      for (const x of all) {
        for (const y of all) {
          if (x === -Infinity && !Number.isInteger(y)) continue
          const exact = x ** y
          const want = type === 'f32' ? Math.fround(exact) : exact
          const got = f(x, y)
          if (want === 0 || !Number.isFinite(want)) expect(got, `${x} ** ${y}`).toBe(want)
          else
            expect(Math.abs(got - exact) / Math.abs(want), `${x} ** ${y}`).toBeLessThanOrEqual(
              type === 'f32' ? 1e-6 : 1e-12,
            )
        }
      }
    }
  })
})

describe('cost and types', () => {
  it.each([
    ['exp', 16],
    ['log', 27],
    ['tanh', 22],
    ['sigmoid', 16],
    ['erf', 35],
    ['sin', 15],
    ['cos', 17],
  ] as const)('%s takes at most %d operations in f32', (name, budget) => {
    expect(straightLine('f32', 1, macros[name]!, { fused: true }).operations).toBeLessThanOrEqual(budget)
  })

  it('integers are refused with the way out', () => {
    for (const macro of Object.values(macros)) {
      const b = new Builder(4)
      expect(() => macro(b, b.register('i32'))).toThrow(DTypeError)
    }
  })

  it('the fused multiply-add of this test rounds once', () => {
    const a = 1 + 2 ** -30
    expect(fusedMultiplyAdd(a, a, -1)).toBe(2 ** -29 + 2 ** -60)
    expect(fusedMultiplyAdd(a, a, -1 - 2 ** -29)).toBe(2 ** -60)
    expect(fusedMultiplyAdd(3, 5, -15)).toBe(0)
  })
})
