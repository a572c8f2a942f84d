// Choices of random loop programs from fast-check, and first values of their buffers: ordinary numbers, and those that break things.

import type fc from 'fast-check'
import type { DType } from '../../../src/core/dtype.ts'
import type { Choices } from './random-program.ts'

const specials = [
  0,
  -0,
  1,
  -1,
  0.5,
  -1.5,
  2.5,
  3,
  1e-40,
  -1e-45,
  1e38,
  -3e38,
  5e9,
  -5e9,
  2 ** 31,
  -(2 ** 31),
  1 + 2 ** -12,
]
const rare = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

export function choicesFrom(g: fc.GeneratorValue, integers: typeof fc.integer): Choices {
  const integer = (low: number, high: number): number => g(integers, { min: low, max: high })
  const pick = <T>(options: readonly T[]): T => options[integer(0, options.length - 1)] as T
  return {
    integer,
    pick,
    boolean: () => integer(0, 1) === 1,
    float: () => {
      const kind = integer(0, 9)
      return kind === 0 ? pick(rare) : kind < 4 ? pick(specials) : integer(-4000, 4000) / 64
    },
  }
}

export function fillFrom(seed: number): (dtype: DType, arg: number, element: number) => number {
  return (dtype, arg, element) => {
    const hash = Math.imul(Math.imul(seed + 77 * arg, 0x9e3779b1) ^ (element * 0x85ebca6b), 0xc2b2ae35) >>> 0
    const random = (hash ^ (hash >>> 15)) >>> 0
    switch (dtype) {
      case 'f32':
      case 'f64':
        if (random % 23 === 0) return rare[random % 3] as number
        if (random % 3 === 0) return (random % 5) - 2
        return random % 5 === 0 ? (specials[random % specials.length] as number) : ((random % 4001) - 2000) / 96
      case 'i32':
      case 'u32':
        return random % 3 === 0 ? random | 0 : (random % 200) - 100
      case 'u8':
        return random & 255
      case 'bool':
        return random & 1
    }
  }
}
