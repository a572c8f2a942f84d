// Reductions of one value along the same axes: one walk, with all that is computed of them.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeGraph } from '../../../src/graph/graph.ts'
import { scheduleGraph } from '../../../src/graph/schedule.ts'
import { compile, init, type Tensor, tensor, Variable } from '../../../src/index.ts'
import { whileTracing } from '../../../src/tensor/trace.ts'
import { firstDifference } from '../../conformance/device-check.ts'
import { comparedDevices } from '../../conformance/tested-devices.ts'

type Values = (x: Tensor) => Tensor[]

const numbers = [3, -1, 2, 5, -4, 0.5, 7, -2, 1, 6, -3, 4]
const table = (dtype: 'f32' | 'f64' | 'i32'): Tensor =>
  tensor(
    numbers.map((n) => (dtype === 'i32' ? Math.round(n) : n)),
    { shape: [4, 3], dtype },
  )

function kernelsOf(fn: Values): readonly string[] {
  const { result } = whileTracing(() => fn(table('f32')))
  return scheduleGraph(makeGraph(result.map(({ node }) => node))).kernels.map(({ name }) => name)
}

describe('one kernel', () => {
  test.each([
    ['sum, largest and least', (x: Tensor) => [x.sum(0), x.max(0), x.min(0)]],
    ['what is computed of two', (x: Tensor) => [x.max(1).subtract(x.min(1)).sqrt()]],
    [
      'of what is computed on the way',
      (x: Tensor) => {
        const y = x.exp()
        return [y.sum(1), y.max(1)]
      },
    ],
  ] as const)('takes %s', (_, fn) => {
    expect(kernelsOf(fn)).toHaveLength(1)
  })
})

describe('kernels of their own', () => {
  test.each([
    ['along other axes', (x: Tensor) => [x.sum(0), x.max(1)]],
    ['of other values', (x: Tensor) => [x.exp().sum(0), x.max(0)]],
    // The sum waits for the maximum.
    ['that wait for each other', (x: Tensor) => [x.subtract(x.max(0, { keep: true })).sum(0)]],
  ] as const)('have reductions %s', (_, fn) => {
    expect(kernelsOf(fn)).toHaveLength(2)
  })
})

const cases: Readonly<Record<string, Values>> = {
  'sum, max, min': (x) => [x.sum(0), x.max(0), x.min(0), x.sum(1), x.max(1), x.min(1), x.sum(), x.max(), x.min()],
  'computed of each other': (x) => [x.max(0).subtract(x.min(0)).multiply(x.sum(0)), x.max(0)],
  'infinities and NaN among the numbers': (x) => [
    x.minimum(Number.POSITIVE_INFINITY).maximum(Number.NEGATIVE_INFINITY).max(1),
    x.greater(0).select(Number.POSITIVE_INFINITY, x.less(-2).select(Number.NaN, 1)).max(1),
    x.greater(0).select(Number.POSITIVE_INFINITY, x.less(-2).select(Number.NEGATIVE_INFINITY, 1)).min(1),
  ],
  'infinities of both signs and NaN in one walk': (x) => {
    const y = x.greater(4).select(Number.POSITIVE_INFINITY, x.less(-2).select(Number.NEGATIVE_INFINITY, x))
    const z = x.greater(6).select(Number.NaN, x.less(-3).select(Number.POSITIVE_INFINITY, 1))
    return [y.max(1), y.min(1), z.max(1), z.min(1)]
  },
  'zeros of both signs': (x) => {
    const zeros = x.greater(9).select(0, -0)
    return [zeros.power(-1).max(1), zeros.power(-1).min(1)]
  },
}

describe('values', () => {
  const results = (): number[][] =>
    (['f32', 'f64', 'i32'] as const).flatMap((dtype) =>
      Object.entries(cases).flatMap(([name, fn]) => {
        if (dtype === 'i32' && name !== 'sum, max, min') return []
        const compiled = compile((x: Tensor) => fn(x))
        return compiled(table(dtype)).map((y) => Array.from(y.dataSync() as Float64Array))
      }),
    )
  const assigned = (): number[][] => {
    const [low, high] = [new Variable(tensor([0, 0, 0])), new Variable(tensor([1, 2, 3]))]
    const step = compile((x: Tensor) => {
      const before = high.subtract(low)
      low.assign(x.add(high).min(0))
      high.assign(x.add(before).max(0))
      return before.sum()
    })
    const sums = [1, 2, 3].map(() => step(table('f32')).item())
    return [sums, ...[low, high].map((variable) => Array.from(variable.dataSync() as Float32Array))]
  }
  let wanted: number[][]
  beforeAll(async () => {
    await init({ device: 'reference' })
    wanted = [...results(), ...assigned()]
  })
  afterAll(() => init({ device: 'wasm' }))

  test.each(comparedDevices)('on %s', async (device) => {
    await init({ device })
    const got = [...results(), ...assigned()]
    expect(got).toHaveLength(wanted.length)
    for (const [i, values] of wanted.entries())
      expect(
        firstDifference(Float64Array.from(got[i] as number[]), Float64Array.from(values), () => 1e-5),
      ).toBeUndefined()
  })
})
