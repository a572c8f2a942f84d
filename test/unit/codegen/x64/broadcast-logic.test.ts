// Logic on an f64 that stands in all lanes: the mask must meet all 8 bytes of it.

import { describe, expect, test } from 'vitest'
import type { LoopProgram } from '../../../../src/codegen/loop-program.ts'
import { emitX64 } from '../../../../src/codegen/x64/emit.ts'
import { targets } from '../../../../src/codegen/x64/target.ts'
import { CodeMemory } from '../../../../src/devices/native/code-memory.node.ts'
import { loadForeign } from '../../../../src/devices/native/foreign.node.ts'
import { difference } from '../harness.ts'
import { fillFrom } from '../random-choices.ts'
import { nativeSets } from './native-sets.ts'

describe.each(nativeSets)('on %s', (set) => {
  test.each(['and', 'xor'] as const)('%s of an infinity and a splat', (op) => {
    const place = { arg: 0, offset: 0, terms: [] }
    const program: LoopProgram = {
      name: op,
      lanes: targets[set].lanes / 2,
      registers: ['f64', 'f64', 'f64'],
      variables: 0,
      argumentTypes: ['f64'],
      body: [
        { kind: 'constant', to: 0, value: Number.NEGATIVE_INFINITY },
        { kind: 'splat', to: 1, address: place },
        { kind: 'binary', to: 2, op, a: 0, b: 1 },
        { kind: 'store', from: 2, address: place },
      ],
    }
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    const origin = Number(loadForeign().addressOf(new Uint8Array(memory.buffer)))
    const found = difference({
      program,
      memory,
      origin,
      emit: (kernel) => {
        const { bytes, kernels } = emitX64({ kernels: [{ program: kernel, slabs: 0 }], set, limits: {} })
        const run = new CodeMemory(bytes).functionAt(kernels[0] ?? 0)
        return (table, first, last) => run(table, first, last)
      },
      fused: true,
      first: 0,
      last: 0,
      fill: fillFrom(1),
    })
    expect(found).toBeUndefined()
  })
})
