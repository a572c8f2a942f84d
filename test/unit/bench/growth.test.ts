// How the benchmark reads the times of kernels, and says why a shape stands out.

import { describe, expect, it } from 'vitest'
import { growthChart, logarithmicTicks } from '../../../bench/growth/chart.ts'
import { explanationPage, kernelTimes } from '../../../bench/growth/profile.ts'
import { spread } from '../../../bench/growth/shapes.ts'

const run = (first: number, second: number): string => `
    ${first} ms    49.6 GFLOP/s     1.9 GB/s  convolution add
    ${second} ms     0.1 GFLOP/s     0.1 GB/s  sum multiply
    0.010 ms     0.1 GFLOP/s     0.1 GB/s  sum multiply
    ${first + second} ms in 3 kernels`

describe('times of kernels', () => {
  it('are the best of each kernel, added up by name, without the runs of smaller programs', () => {
    const other = '\n    0.001 ms    1.0 GFLOP/s     1.9 GB/s  convolution add\n    0.001 ms in 1 kernel'
    const found = kernelTimes(`${other}${run(0.5, 0.2)}${run(0.4, 0.3)}`, 10)
    expect(found.get('convolution add')).toBeCloseTo(4)
    expect(found.get('sum multiply')).toBeCloseTo(2.1)
  })
})

describe('the chart of a family', () => {
  it.each([
    [0.0204, 0.051, [0.02, 0.05, 0.1]],
    [0.019, 0.145, [0.01, 0.02, 0.05, 0.1, 0.2]],
    [3, 3, [2, 5]],
    [1, 1, [1, 2]],
    [0.01, 0.1, [0.01, 0.02, 0.05, 0.1]],
  ])('from %d to %d has ticks at 1, 2 and 5 around all values', (low, high, expected) => {
    expect(logarithmicTicks(low, high)).toEqual(expected)
  })

  it('names both axes with their units, and draws equal factors equally far apart', () => {
    const line = [1, 2, 4].map((size) => ({ size, cost: 0.01 * size }))
    const chart = growthChart({ title: 'T', axis: 'batch', lines: new Map([['native', line]]) })
    expect(chart).toContain('nanoseconds per multiply-add')
    expect(chart).toMatch(/>batch</)
    const places = (chart.match(/points="([^"]*)"/)?.[1] ?? '').trim().split(' ')
    const [first = [], second = [], third = []] = places.map((place) => place.split(',').map(Number))
    for (const axis of [0, 1]) {
      const [a = 0, b = 0, c = 0] = [first[axis], second[axis], third[axis]]
      expect(c - b).toBeCloseTo(b - a, 1)
      expect(b).not.toBe(a)
    }
  })
})

describe('the sizes of a family', () => {
  it('have awkward numbers between the round ones', () => {
    expect(spread(8, 20)).toEqual([8, 9, 10, 12, 14, 16, 17, 20])
  })
})

describe('the explanation of a shape', () => {
  const point = { family: 'f', size: 17, ms: 1, cost: 3, standsOut: 1.5, device: 'native' as const }
  const kernels = [{ kernel: 'convolution add sum multiply', here: 2.4, around: 1.6 }]
  const explanation = {
    point,
    title: 'T',
    neighbours: [16, 20],
    byLanes: 1.45,
    lanes: 16,
    kernels,
    profiled: 1.48,
  } as const

  it('says what lanes alone would make, and which kernel makes the difference', () => {
    const page = explanationPage(explanation)
    expect(page).toMatch(/17 fill 53 % .* 16 and 20 fill 100 % and 63 %/)
    expect(page).toMatch(/stand out 1.45 times/)
    expect(page).toMatch(/in `convolution add sum`/)
    expect(page).toMatch(/\| 1.50 \|/)
  })

  it('says so where the kernels do not show it', () => {
    expect(explanationPage({ ...explanation, profiled: 1.1 })).toMatch(/the machine, not the shape/)
  })
})
