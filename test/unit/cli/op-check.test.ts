// The gradient check of ops must see a wrong gradient.

import { expect, it } from 'vitest'
import { checkOp, isDifferentiable } from '../../../src/cli/gradients/op-check.ts'
import { multiply } from '../../../src/ops/functions.ts'
import { type Op, registerOps } from '../../../src/ops/op.ts'
import { opTable } from '../../../src/ops/table.ts'

const sin = opTable.find(({ name }) => name === 'sin') as Op
const options = { tolerance: 1e-9, seed: 0 }

it('a right one passes', () => {
  expect(isDifferentiable(sin)).toBe(true)
  expect(checkOp(sin, options).error).toBeLessThan(1e-9)
})

it('a wrong one does not: sin with its square as its derivative', () => {
  registerOps([{ ...sin, derivative: { kind: 'pointwise', partials: (_, output) => [multiply(output, output)] } }])
  try {
    expect(checkOp(sin, options).error).toBeGreaterThan(1e-2)
  } finally {
    registerOps([sin])
  }
})

it('ops without gradients are left out', () => {
  const names = opTable.filter((op) => !isDifferentiable(op)).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['floor', 'less', 'stopGradient']))
})
