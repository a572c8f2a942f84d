// Emitted WebAssembly against the interpreter, on random programs: the same bytes, and not one outside the buffers.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { probeWasmFeatures } from '../../../src/codegen/wasm/features.ts'
import type { DType } from '../../../src/core/dtype.ts'
import { difference } from './harness.ts'
import { Undetermined } from './lane-arithmetic.ts'
import { type Choices, randomProgram } from './random-program.ts'

const features = probeWasmFeatures()
const runs = process.env.OCELLUS_FULL === '1' ? 10_000 : 600

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

function choicesFrom(g: fc.GeneratorValue): Choices {
  const integer = (low: number, high: number): number => g(fc.integer, { min: low, max: high })
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

function fillFrom(seed: number): (dtype: DType, arg: number, element: number) => number {
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

for (const relaxedMadd of [false, true]) {
  const way = relaxedMadd ? 'relaxed SIMD' : 'multiply and add'
  test(`random programs by ${way} give the interpreter's bytes`, (context) => {
    if (relaxedMadd && !features.fusedMadd) context.skip('this machine does not fuse relaxed multiply-add')
    const maximumPages = 1
    const memory = new WebAssembly.Memory({ initial: 1, maximum: maximumPages })
    let compared = 0
    fc.assert(
      fc.property(fc.gen(), fc.integer(), (g, seed) => {
        const choices = choicesFrom(g)
        const program = randomProgram(choices)
        const first = choices.integer(0, 3)
        const last = first + choices.integer(0, 3)
        try {
          const fill = fillFrom(seed)
          const found = difference({
            program,
            memory,
            shared: false,
            maximumPages,
            relaxedMadd,
            fused: relaxedMadd,
            first,
            last,
            fill,
          })
          compared++
          if (found !== undefined) throw new Error(`${found}\n${JSON.stringify(program, null, 1)}`)
        } catch (error) {
          if (!(error instanceof Undetermined)) throw error
        }
      }),
      { numRuns: runs },
    )
    expect(compared).toBeGreaterThan(runs / 2)
  }, 300_000)
}
