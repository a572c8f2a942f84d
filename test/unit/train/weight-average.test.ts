// A trainer that averages weights: the averages by their formula, what is validated with them, and going on to the same bits.

import { describe, expect, it } from 'vitest'
import type { CheckpointStore } from '../../../src/train/checkpoint.ts'
import { Trainer } from '../../../src/train/trainer.ts'
import { network, outcome, samples, workload } from './workload.ts'

const { train, valid } = samples
const decay = 0.8
const averaged = (epochs: number) => ({ ...workload(epochs), average: { decay } })

function memoryStore(): CheckpointStore {
  const files = new Map<string, Uint8Array>()
  return {
    name: 'memory',
    read: async (name) => files.get(name),
    write: async (name, bytes) => {
      files.set(name, bytes)
    },
  }
}

const valuesOf = (model: ReturnType<typeof network>): number[] =>
  model.parameters().flatMap((parameter) => Array.from(parameter.dataSync() as Float32Array))

describe('average of the weights', () => {
  it('is the first weights, then decay average + (1 - decay) weight, and is what the model has in the end', async () => {
    const model = network()
    const trainer = new Trainer(model, { ...averaged(2), keep: 'last' })
    let expected: number[] | undefined
    trainer.on('step', () => {
      const weights = valuesOf(model)
      expected = expected?.map((value, i) => decay * value + (1 - decay) * (weights[i] as number)) ?? weights
    })
    const { history } = await trainer.fit(train, { valid })
    const found = valuesOf(model)
    for (const [i, value] of (expected ?? []).entries()) expect(found[i]).toBeCloseTo(value, 5)
    expect(expected).toHaveLength(found.length)
    // The last epoch was validated with what the model has now.
    expect(history.at(-1)?.valid?.loss).toBe((await trainer.evaluate(valid)).loss)
  })

  it('goes on from an abort in an epoch and from one during validation, bit for bit', async () => {
    const whole = network()
    const expected = outcome(whole, await new Trainer(whole, averaged(3)).fit(train, { valid }))
    const store = memoryStore()
    for (const last of [4, 6]) {
      const controller = new AbortController()
      const stopped = new Trainer(network(), { ...averaged(3), checkpoint: store })
      stopped.on('step', ({ step }) => {
        if (step === last) controller.abort()
      })
      await expect(stopped.fit(train, { valid, signal: controller.signal })).rejects.toThrow('aborted')
    }
    const model = network(7)
    const result = await new Trainer(model, { ...averaged(3), checkpoint: store }).fit(train, { valid })
    expect(outcome(model, result)).toBe(expected)
  })

  it('is not mixed with a training that keeps none', async () => {
    const store = memoryStore()
    await new Trainer(network(), { ...workload(1), checkpoint: store }).fit(train)
    await expect(new Trainer(network(), { ...averaged(1), checkpoint: store }).fit(train)).rejects.toThrow(
      /^memory\/checkpoint\.safetensors belongs to a training without an average of the weights; give another folder/,
    )
  })
})
