// Emitted AVX2 and AVX-512 code against the interpreter, on random programs: the same bytes, and not one outside the buffers.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emitX64 } from '../../../../src/codegen/x64/emit.ts'
import type { RegisterLimits } from '../../../../src/codegen/x64/kernel.ts'
import { type InstructionSet, targets } from '../../../../src/codegen/x64/target.ts'
import { CodeMemory } from '../../../../src/devices/native/code-memory.node.ts'
import { loadForeign } from '../../../../src/devices/native/foreign.node.ts'
import { type Comparison, difference } from '../harness.ts'
import { Undetermined } from '../lane-arithmetic.ts'
import { choicesFrom, fillFrom } from '../random-choices.ts'
import { randomProgram } from '../random-program.ts'
import { nativeSets } from './native-sets.ts'

const runs = process.env.OCELLUS_FULL === '1' ? 10_000 : 600

function emitNative(set: InstructionSet, limits: RegisterLimits): Comparison['emit'] {
  return (program) => {
    const { bytes, kernels } = emitX64({ kernels: [{ program, slabs: 0 }], set, limits })
    const code = new CodeMemory(bytes)
    const kernel = code.functionAt(kernels[0] ?? 0)
    return (table, first, last) => kernel(table, first, last)
  }
}

describe.each(nativeSets)('random programs on %s', (set) => {
  test.each([
    { name: 'all registers', limits: {} },
    { name: 'few registers', limits: { vectors: 6, integers: 3 } },
  ])(
    "give the interpreter's bytes with $name",
    ({ limits }) => {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
      const origin = Number(loadForeign().addressOf(new Uint8Array(memory.buffer)))
      let compared = 0
      fc.assert(
        fc.property(fc.gen(), fc.integer(), (g, seed) => {
          const choices = choicesFrom(g, fc.integer)
          const program = randomProgram(choices, targets[set].lanes)
          const first = choices.integer(0, 3)
          const last = first + choices.integer(0, 3)
          try {
            const fill = fillFrom(seed)
            const found = difference({
              program,
              memory,
              origin,
              emit: emitNative(set, limits),
              fused: true,
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
    },
    300_000,
  )
})
