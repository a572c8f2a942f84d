// Mini-batches: every sample once per epoch, orders that depend on seed and epoch alone, and resuming from any position.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/core/errors.ts'
import { Batches, type BatchesOptions } from '../../../src/data/batches.ts'

const take = (batches: Batches, count: number) => Array.from({ length: count }, () => [...batches.next()])
const sorted = (values: number[]) => values.toSorted((a, b) => a - b)

describe('Batches', () => {
  it('visits every sample once per epoch, the last batch being smaller', () => {
    const batches = new Batches(10, { batchSize: 4 })
    expect(batches.perEpoch).toBe(3)
    for (let epoch = 0; epoch < 3; epoch++) {
      const drawn = take(batches, 3)
      expect(drawn.map((batch) => batch.length)).toEqual([4, 4, 2])
      expect(sorted(drawn.flat())).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    }
  })

  it('drops the last batch on request', () => {
    const batches = new Batches(10, { batchSize: 4, last: 'drop' })
    expect(batches.perEpoch).toBe(2)
    expect([...batches.epoch()].map((batch) => batch.length)).toEqual([4, 4])
    expect(batches.position).toEqual({ epoch: 1, batch: 0 })
  })

  it('draws a new order every epoch, or one for all, beginning with the same', () => {
    const reshuffled = new Batches(50, { batchSize: 50, seed: 7 })
    const once = new Batches(50, { batchSize: 50, seed: 7, order: 'once' })
    const [first, second] = take(reshuffled, 2)
    expect(second).not.toEqual(first)
    expect(take(once, 3)).toEqual([first, first, first])
    expect(take(new Batches(50, { batchSize: 50, seed: 8 }), 1)).not.toEqual([first])
  })

  it('keeps the order of the data on request', () => {
    expect(take(new Batches(5, { batchSize: 2, order: 'sequential' }), 3)).toEqual([[0, 1], [2, 3], [4]])
  })

  it('resumes from any position to the same sequence', () => {
    const options = fc.record({
      batchSize: fc.integer({ min: 1, max: 9 }),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      order: fc.constantFrom('reshuffled', 'once', 'sequential'),
      last: fc.constantFrom('keep', 'drop'),
    }) satisfies fc.Arbitrary<BatchesOptions>
    fc.assert(
      fc.property(options, fc.integer({ min: 9, max: 40 }), fc.nat(60), (chosen, length, before) => {
        const whole = new Batches(length, chosen)
        take(whole, before)
        const resumed = new Batches(length, chosen)
        resumed.seek(JSON.parse(JSON.stringify(whole.position)))
        expect(take(resumed, 20)).toEqual(take(whole, 20))
      }),
    )
  })

  it('shuffles evenly: each of 5 samples comes first in a fifth of 5,000 epochs', () => {
    const batches = new Batches(5, { batchSize: 5 })
    const firsts = [0, 0, 0, 0, 0]
    for (const [first] of take(batches, 5000)) firsts[first as number]! += 1
    // Four degrees of freedom: chi-squared exceeds 18.5 once in a thousand.
    const chiSquared = firsts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    expect(chiSquared).toBeLessThan(18.5)
  })

  it('refuses sizes, seeds and positions that make no sense', () => {
    expect(() => new Batches(10, { batchSize: 0 })).toThrow(
      new UsageError('batchSize must be a whole number of 1 or more, not 0'),
    )
    expect(() => new Batches(0, { batchSize: 4 })).toThrow(UsageError)
    expect(() => new Batches(3, { batchSize: 4, last: 'drop' })).toThrow('3 samples make no batch of 4')
    expect(() => new Batches(10, { batchSize: 4, seed: -1 })).toThrow('seed')
    expect(() => new Batches(10, { batchSize: 4 }).seek({ epoch: 0, batch: 3 })).toThrow(
      'there is no batch 3 in epoch 0',
    )
  })
})
