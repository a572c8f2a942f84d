// Threefry-2x32-20 against the known answers of its authors: Random123's kat_vectors (Salmon et al., SC 2011).

import { beforeAll, describe, expect, test } from 'vitest'
import { threefry2x32 } from '../../../src/core/random.ts'
import { deviceNames, startDevice } from '../../../src/devices/registry.ts'
import { random } from '../../../src/ops/functions.ts'
import { scalarNode } from '../../../src/ops/node.ts'
import '../../../src/ops/table.ts'
import { evaluate } from '../../conformance/evaluate.ts'

/** key 0, key 1, counter 0, counter 1, result 0, result 1. */
const known = [
  [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
  [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
  [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
] as const

test.each(known)('key %i %i, counter %i %i', (k0, k1, c0, c1, r0, r1) => {
  expect(threefry2x32(k0, k1, c0, c1)).toEqual([r0, r1])
})

describe.each(deviceNames)('random on %s', (name) => {
  let draw: (seed: number, call: number, stream: number, count: number) => number[]

  beforeAll(() => {
    const device = startDevice(name)
    draw = (seed, call, stream, count) => {
      const key = (value: number): ReturnType<typeof scalarNode> => scalarNode(() => value | 0, 'i32')
      return [...(evaluate(device, [random(key(seed), key(call), [count], stream, 'f32')])[0] as Float32Array)]
    }
  })

  test('is the upper 24 bits of the first word, for counter (element, stream) under key (seed, call)', () => {
    expect(draw(0, 0, 0, 1)).toEqual([(0x6b200159 >>> 8) / 2 ** 24])
    for (const [seed, call, stream] of [
      [1, 2, 3],
      [-5, 77, 0],
      [2 ** 31 - 1, -(2 ** 31), 9],
    ] as const) {
      const wanted = Array.from({ length: 21 }, (_, i) => (threefry2x32(seed, call, i, stream)[0] >>> 8) / 2 ** 24)
      expect(draw(seed, call, stream, 21)).toEqual(wanted)
    }
  })

  test('is uniform: mean, variance and bins of 60,000 draws', () => {
    const values = draw(4, 5, 6, 60_000)
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length
    // Four standard deviations of the mean and of the variance of a uniform sample.
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 / Math.sqrt(12 * values.length))
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(4 / Math.sqrt(180 * values.length))
    const bins = new Array<number>(100).fill(0)
    for (const value of values) bins[Math.floor(value * 100)] = (bins[Math.floor(value * 100)] as number) + 1
    const chiSquare = bins.reduce((a, count) => a + (count - 600) ** 2 / 600, 0)
    // 99 degrees of freedom: mean 99, standard deviation 14.
    expect(chiSquare).toBeLessThan(99 + 5 * 14.1)
  })
})
