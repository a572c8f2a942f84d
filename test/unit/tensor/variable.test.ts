// Variables: what they start with, without an array where one number says it all.

import { afterAll, describe, expect, test } from 'vitest'
import { compile, full, init, ones, tensor, Variable, zeros } from '../../../src/index.ts'
import { testedDevices } from '../../conformance/tested-devices.ts'

afterAll(() => init({ device: 'wasm' }))

describe.each(testedDevices)('on %s', (device) => {
  test.each(['f32', 'f64', 'i32', 'u8', 'bool'] as const)(
    'zeros and ones in %s are held, and replaced',
    async (dtype) => {
      await init({ device })
      const [low, high] = [new Variable(zeros([2, 3], dtype)), new Variable(ones([2, 3], dtype))]
      expect([...low.dataSync()]).toEqual(new Array(6).fill(0))
      low.assign(high)
      high.fill((values) => values.fill(0))
      expect([...low.dataSync()]).toEqual(new Array(6).fill(1))
      expect([...high.dataSync()]).toEqual(new Array(6).fill(0))
    },
  )

  test('a compiled function adds to what a variable of one number starts with', async () => {
    await init({ device })
    const [ones23, halves] = [new Variable(ones([2, 3])), new Variable(full([2, 3], 0.5))]
    const step = compile(() => ones23.assign(ones23.add(halves)))
    step()
    step()
    expect([...ones23.dataSync()]).toEqual(new Array(6).fill(2))
    expect([...halves.dataSync()]).toEqual(new Array(6).fill(0.5))
  })

  test('an empty one and a single number', async () => {
    await init({ device })
    expect([...new Variable(zeros([0, 3])).dataSync()]).toEqual([])
    expect(new Variable(ones([])).item()).toBe(1)
    expect(new Variable(tensor(3)).item()).toBe(3)
  })
})
