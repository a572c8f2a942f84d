// Initial weights have the ranges and variances of their papers.

import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import {
  constant,
  fans,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  xavierNormal,
  xavierUniform,
  zeros,
} from '../../../src/nn/initializers.ts'
import { Variable } from '../../../src/tensor/variable.ts'

const shape = [300, 200]
const cases: [string, Initializer, number, number][] = [
  ['xavierUniform', xavierUniform, 2 / 500, Math.sqrt(6 / 500)],
  ['xavierNormal', xavierNormal, 2 / 500, Number.POSITIVE_INFINITY],
  ['kaimingUniform', kaimingUniform, 2 / 300, Math.sqrt(6 / 300)],
  ['kaimingNormal', kaimingNormal, 2 / 300, Number.POSITIVE_INFINITY],
]

describe.each(cases)('%s', (_, initializer, variance, bound) => {
  const values = Array.from(initializer(shape, new Random(1)).dataSync())

  it('has its variance within 2 % and mean zero', () => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const found = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(Math.abs(found / variance - 1)).toBeLessThan(0.02)
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / values.length))
  })

  it('keeps to its range, and reaches its ends', () => {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expect(largest).toBeLessThanOrEqual(bound)
    expect(largest).toBeGreaterThan(Math.min(bound * 0.999, 3 * Math.sqrt(variance)))
  })

  it('is the same for the same seed only', () => {
    expect(Array.from(initializer(shape, new Random(1)).dataSync())).toEqual(values)
    expect(Array.from(initializer(shape, new Random(2)).dataSync())).not.toEqual(values)
  })
})

it.each([
  ['uniform', kaimingUniform, Math.sqrt(6 / 5), 'uniform'],
  ['normal', kaimingNormal, Math.sqrt(2 / 5), 'normal'],
] as const)('%s weights are those of draws one by one, whenever they are asked for', (_, initializer, scale, kind) => {
  const [late, soon] = [new Random(7, 3), new Random(7, 3)]
  const draw = (): number => (kind === 'normal' ? soon.normal(0, scale) : soon.uniform(-scale, scale))
  const wanted = [20, 30].map((length) => Array.from({ length }, () => Math.fround(draw())))
  const [first, second] = [initializer([5, 4], late), initializer([5, 6], late)]
  // What is drawn next does not depend on whether the weights were looked at, nor they on the order.
  expect(late.state).toEqual(soon.state)
  expect(Array.from(second.dataSync())).toEqual(wanted[1])
  expect(Array.from(first.dataSync())).toEqual(wanted[0])
  expect(Array.from(new Variable(initializer([5, 4], new Random(7, 3))).dataSync())).toEqual(wanted[0])
})

it('constants are constant', () => {
  expect(constant(0.25)([2, 2], new Random(0)).toArray()).toEqual([
    [0.25, 0.25],
    [0.25, 0.25],
  ])
  expect(zeros([3], new Random(0)).toArray()).toEqual([0, 0, 0])
})

it('fans count the whole field of a convolution', () => {
  expect(fans([1024, 64])).toEqual({ inputs: 1024, outputs: 64 })
  expect(fans([3, 3, 16, 32])).toEqual({ inputs: 144, outputs: 288 })
})
