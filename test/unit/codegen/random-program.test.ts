// Emitted WebAssembly against the interpreter, on random programs: the same bytes, and not one outside the buffers.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { probeWasmFeatures } from '../../../src/codegen/wasm/features.ts'
import { difference, emitForWasm } from './harness.ts'
import { Undetermined } from './lane-arithmetic.ts'
import { choicesFrom, fillFrom } from './random-choices.ts'
import { randomProgram } from './random-program.ts'

const features = probeWasmFeatures()
const runs = process.env.OCELLUS_FULL === '1' ? 10_000 : 600

for (const [relaxedMadd, functionOperations] of [[false], [true], [true, 8]] as const) {
  const way = `${relaxedMadd ? 'relaxed SIMD' : 'multiply and add'}${functionOperations === undefined ? '' : ', in many functions,'}`
  test(`random programs by ${way} give the interpreter's bytes`, (context) => {
    if (relaxedMadd && !features.fusedMadd) context.skip('this machine does not fuse relaxed multiply-add')
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
    let compared = 0
    fc.assert(
      fc.property(fc.gen(), fc.integer(), (g, seed) => {
        const choices = choicesFrom(g, fc.integer)
        const program = randomProgram(choices)
        const first = choices.integer(0, 3)
        const last = first + choices.integer(0, 3)
        try {
          const fill = fillFrom(seed)
          const found = difference({
            program,
            memory,
            emit: emitForWasm(relaxedMadd, functionOperations),
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
