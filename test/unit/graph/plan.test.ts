// The memory plan: buffers alive at the same time never overlap, whatever the kernels are, and memory is reused.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startDevice } from '../../../src/devices/registry.ts'
import { makeGraph } from '../../../src/graph/graph.ts'
import { planMemory } from '../../../src/graph/plan.ts'
import type { Access, Kernel } from '../../../src/kernels/kernel.ts'
import { broadcastTo, matmul, unary } from '../../../src/ops/functions.ts'
import { arrayNode, literalNode, type Node } from '../../../src/ops/node.ts'
import '../../../src/ops/table.ts'

const access = (buffer: number): Access => ({ buffer, offset: 0, slab: 0, strides: [1] })

/** A kernel that reads some rows and writes others. */
function kernel(reads: readonly number[], writes: readonly number[]): Kernel {
  const stores = writes.map((row) => ({
    access: access(row),
    value: {
      kind: 'apply' as const,
      op: 'add',
      inputs: reads.map((from) => ({ kind: 'load' as const, access: access(from), dtype: 'f32' as const })),
      dtype: 'f32' as const,
    },
    dtype: 'f32' as const,
  }))
  return {
    name: 'test',
    slabs: 1,
    steps: 1,
    opening: [],
    stages: [{ kind: 'materialise', slabRole: 'broadcast', axes: [4], stores }],
    flops: 0,
  }
}

const rows = 12
const someRows = fc.uniqueArray(fc.integer({ min: 0, max: rows - 1 }), { maxLength: 4 })
const plans = fc.record({
  kernels: fc.array(fc.tuple(someRows, someRows), { minLength: 1, maxLength: 12 }),
  bytes: fc.array(fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined }), {
    minLength: rows,
    maxLength: rows,
  }),
  inputs: someRows,
  outputs: someRows,
})

describe('planMemory', () => {
  test('keeps buffers that live at the same time apart, with room to over-read, and within the region', () => {
    fc.assert(
      fc.property(plans, ({ kernels, bytes, inputs, outputs }) => {
        const plan = planMemory(
          kernels.map(([reads, writes]) => kernel(writes.length === 0 ? [] : reads, writes)),
          bytes,
          inputs,
          outputs,
        )
        // A row lives from the first to the last moment that touches it; inputs from before, outputs to after all kernels.
        const life = Array.from({ length: rows }, (_, row) => {
          const times = kernels.flatMap(([reads, writes], time) =>
            writes.length > 0 && (reads.includes(row) || writes.includes(row)) ? [time] : [],
          )
          if (inputs.includes(row)) times.push(-1)
          if (outputs.includes(row)) times.push(kernels.length)
          return times
        })
        for (let a = 0; a < rows; a++) {
          const [start, size] = [plan.offsets[a], bytes[a]]
          expect(start === undefined).toBe(size === undefined)
          if (start === undefined || size === undefined || life[a]?.length === 0) continue
          expect(start % 64).toBe(0)
          expect(start + size + 64).toBeLessThanOrEqual(plan.bytes)
          for (let b = 0; b < a; b++) {
            const [other, otherSize] = [plan.offsets[b], bytes[b]]
            if (other === undefined || otherSize === undefined || life[b]?.length === 0) continue
            const together =
              Math.min(...(life[a] as number[])) <= Math.max(...(life[b] as number[])) &&
              Math.min(...(life[b] as number[])) <= Math.max(...(life[a] as number[]))
            const apart = start + size + 64 <= other || other + otherSize + 64 <= start
            expect(!together || apart).toBe(true)
          }
        }
        expect(plan.bytes).toBeLessThanOrEqual(plan.unplanned)
      }),
      { numRuns: 300 },
    )
  })
})

describe('a program', () => {
  /** A chain of dense layers on a batch. */
  function chain(layers: number): Node {
    let x: Node = arrayNode(new Float32Array(32 * 64), [32, 64], 'f32')
    for (let i = 0; i < layers; i++) {
      const weights = broadcastTo(literalNode(0.01, 'f32'), [64, 64])
      x = unary('tanh', matmul(x, weights))
    }
    return x
  }

  test('reuses scratch: a chain of any length needs no more than a short one', () => {
    const report = (layers: number): { scratch: number; unplanned: number } =>
      startDevice('wasm').compile(makeGraph([chain(layers)])).report
    const [short, long] = [report(3), report(12)]
    expect(long.scratch).toBe(short.scratch)
    expect(long.scratch).toBeLessThan(long.unplanned / 3)
  })

  test('says what it takes', () => {
    const { kernels, scratch, unplanned, codeBytes } = startDevice('wasm').compile(makeGraph([chain(4)])).report
    expect(kernels).toBeGreaterThanOrEqual(4)
    expect(codeBytes).toBeGreaterThan(100)
    expect(scratch).toBeGreaterThan(0)
    expect(unplanned).toBeGreaterThan(scratch)
  })
})
