// The random surfaces have the mean, the deviation and the smoothness that they promise.

import { expect, test } from 'vitest'
import { GrainTile, SmoothNoise } from '../../../scripts/characters/smooth-noise.ts'
import { Random } from '../../../src/core/random.ts'

function moments(values: ArrayLike<number>): { mean: number; deviation: number } {
  const list = Array.from(values)
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length
  return { mean, deviation: Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length) }
}

test('a smooth surface has deviation 1, and a row of it is the same surface', () => {
  const noise = new SmoothNoise(new Random(3), 60, 60)
  const row = new Float32Array(400)
  const all: number[] = []
  for (let y = 0; y < 400; y++) {
    noise.fillRow((y + 0.5) / 400, row)
    all.push(...row)
    if (y % 100 === 7) expect(row[33]).toBeCloseTo(noise.at(33.5 / 400, (y + 0.5) / 400), 5)
  }
  const { mean, deviation } = moments(all)
  // 3600 independent cells: the standard error of the mean is about 0.03.
  expect(Math.abs(mean)).toBeLessThan(0.12)
  expect(Math.abs(deviation - 1)).toBeLessThan(0.08)
})

test('a smooth surface has no jumps', () => {
  const noise = new SmoothNoise(new Random(4), 5, 5)
  for (let i = 0; i < 1000; i++)
    expect(Math.abs(noise.at(i / 1000, 0.4) - noise.at((i + 1) / 1000, 0.4))).toBeLessThan(0.05)
})

test.each([0, 1, 2])('grain averaged over %i neighbours has deviation 1 and repeats', (radius) => {
  const tile = new GrainTile(new Random(5), 128, radius)
  const { mean, deviation } = moments(tile.values)
  expect(Math.abs(mean)).toBeLessThan(0.1)
  expect(Math.abs(deviation - 1)).toBeLessThan(0.06)
  expect(tile.at(130, 257)).toBe(tile.at(2, 1))
})
