// Checkpoints keep everything; scores do not depend on how samples are put into batches.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeSafetensors } from '../../../src/io/safetensors.ts'
import { accuracy } from '../../../src/nn/accuracy.ts'
import { crossEntropy, summedCrossEntropy } from '../../../src/nn/losses.ts'
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from '../../../src/train/checkpoint.ts'
import { ScoreKeeper } from '../../../src/train/scores.ts'

const number = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(Number.NaN, Infinity, -Infinity))
const count = fc.nat(1000)
const scores = fc.record({ loss: number, accuracy: number })
const tensors = fc
  .array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.float32Array({ maxLength: 5 })), { maxLength: 4 })
  .map(
    (entries) => new Map(entries.map(([name, data]) => [name, { dtype: 'f32' as const, shape: [data.length], data }])),
  )
const record = fc.record({
  epoch: count,
  steps: count,
  train: scores,
  valid: scores,
  learningRate: number,
  seconds: number,
})
const state: fc.Arbitrary<TrainingState> = fc.record({
  identity: fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string())),
  numberClass: fc.string(),
  steps: count,
  position: fc.record({ epoch: count, batch: count }),
  partial: fc.record({ samples: count, totals: fc.array(number) }),
  learningRate: number,
  norm: fc.option(number, { nil: undefined }),
  seconds: number,
  history: fc.array(record, { maxLength: 3 }),
  model: tensors,
  optimizer: fc.record({ steps: count, learningRate: fc.option(number, { nil: undefined }), tensors }),
  best: fc.option(fc.record({ epoch: count, score: number, weights: tensors }), { nil: undefined }),
})

/** As text that can be compared: tensors in the order of their names, and minus zero as zero, which is how it is written. */
const comparable = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => {
      if (inner instanceof Map)
        return [...inner].sort().map(([name, { data }]) => [name, Array.from(data as Float32Array, String)])
      return typeof inner === 'number' ? String(inner) : inner
    }),
  )

describe('checkpoints', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(state, (before) => {
        expect(comparable(decodeCheckpoint(encodeCheckpoint(before), 'x'))).toEqual(comparable(before))
      }),
      { numRuns: 100 },
    )
  })

  it('that are none are refused in a sentence', () => {
    const other = writeSafetensors({ weight: { dtype: 'f32', shape: [1], data: new Float32Array(1) } })
    expect(() => decodeCheckpoint(other, 'w.safetensors')).toThrow('w.safetensors is no checkpoint of a training')
    const later = writeSafetensors({}, { 'ocellus checkpoint': '2' })
    expect(() => decodeCheckpoint(later, 'x')).toThrow('x is a checkpoint of version 2, this program reads version 1')
  })
})

describe('scores', () => {
  it('are those of all samples, however they are put into batches, and after a break', () => {
    const samples = fc.array(fc.record({ loss: fc.double({ min: 0, max: 10, noNaN: true }), right: fc.boolean() }), {
      minLength: 1,
    })
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 7 }), (all, batchSize) => {
        const measures = { loss: crossEntropy, metrics: [accuracy] }
        let keeper = new ScoreKeeper(measures)
        for (let start = 0; start < all.length; start += batchSize) {
          const batch = all.slice(start, start + batchSize)
          const mean = (of: (sample: (typeof all)[number]) => number): number =>
            batch.reduce((sum, sample) => sum + of(sample), 0) / batch.length
          keeper.add(batch.length, [mean(({ loss }) => loss), Math.fround(mean(({ right }) => Number(right)))])
          keeper = new ScoreKeeper(measures, JSON.parse(JSON.stringify(keeper.partial)))
        }
        const right = all.filter((sample) => sample.right).length
        expect(keeper.scores.accuracy).toBe(right / all.length)
        expect(keeper.scores.loss).toBeCloseTo(all.reduce((sum, { loss }) => sum + loss, 0) / all.length, 10)
        expect(keeper.interval![0]).toBeLessThanOrEqual(right / all.length)
      }),
    )
  })

  it('of summed losses are sums', () => {
    const keeper = new ScoreKeeper({ loss: summedCrossEntropy, metrics: [] })
    keeper.add(3, [6])
    keeper.add(1, [1])
    expect(keeper.scores).toEqual({ loss: 7 })
    expect(keeper.interval).toBeUndefined()
  })
})
