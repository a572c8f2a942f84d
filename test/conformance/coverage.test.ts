// The op table is tested without gaps, and its page is the one that the table gives.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { opsPage, renderOps } from '../../scripts/docs.ts'
import { elementwiseLowerings } from '../../src/kernels/elementwise.ts'
import { opTable } from '../../src/ops/table.ts'
import { coverage } from './coverage.ts'

describe('every op of the table', () => {
  test.each([...coverage()])(
    '$op.name is compared between devices in every dtype that it takes',
    ({ values, views }) => {
      const cases = [...values.values()].reduce((sum, count) => sum + count, 0)
      expect(cases).toBeGreaterThan(30)
      expect(views).toBeGreaterThan(30)
    },
  )

  test.each(coverage().filter(({ op }) => op.derivative.kind !== 'none'))(
    '$op.name has its derivative checked',
    ({ gradients }) => {
      expect(gradients).toBeGreaterThanOrEqual(10)
    },
  )

  test.each(opTable.filter(({ family }) => family === 'elementwise'))(
    '$name has a lowering if it is elementwise',
    ({ name }) => {
      // stopGradient is the value itself once gradients are made, and never reaches a kernel.
      if (name === 'stopGradient') expect(elementwiseLowerings[name]).toBeUndefined()
      else expect(elementwiseLowerings[name]).toBeDefined()
    },
  )

  test('has a name of its own, a line of documentation and a cost that is a count', () => {
    expect(new Set(opTable.map(({ name }) => name)).size).toBe(opTable.length)
    for (const op of opTable) {
      expect(op.doc.length, op.name).toBeGreaterThan(1)
      for (const sample of op.samples([3, 4])) {
        const inputs = sample.inputs.map(({ shape, dtype }) => ({
          shape,
          dtype: dtype === 'float' ? ('f32' as const) : dtype,
        }))
        const cost = op.cost(inputs, op.infer(inputs, sample.attributes), sample.attributes)
        expect(Number.isInteger(cost.flops) && cost.flops >= 0, op.name).toBe(true)
        expect(Number.isInteger(cost.multiplyAdds) && cost.multiplyAdds >= 0, op.name).toBe(true)
      }
    }
  })
})

test('docs/ops.md is what `npx tsx scripts/docs.ts` writes', () => {
  expect(readFileSync(opsPage, 'utf8') === renderOps(), 'run `npx tsx scripts/docs.ts` and commit docs/ops.md').toBe(
    true,
  )
})
