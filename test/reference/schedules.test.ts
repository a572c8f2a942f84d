// The learning rates of 100 steps, and averages of weights, against PyTorch.

import { describe, expect, it } from 'vitest'
import { Linear } from '../../src/nn/linear.ts'
import {
  cosine,
  exponential,
  oneCycle,
  reduceOnPlateau,
  type Schedule,
  steps,
  warmUp,
} from '../../src/optim/learning-rate-schedules.ts'
import { WeightAverage } from '../../src/optim/weight-average.ts'
import { compile } from '../../src/tensor/compile.ts'
import { type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { torchFixture } from './fixture.ts'

const fixture = torchFixture<{
  readonly rates: Readonly<Record<string, readonly number[]>>
  readonly losses: readonly number[]
  readonly averages: Readonly<Record<string, readonly number[]>>
}>('schedules.json')

const schedules: Readonly<Record<string, Schedule>> = {
  step: exponential({ start: 0.3, factor: 0.8, every: 7 }),
  'multi-step': steps({ start: 0.3, at: [30, 60, 85] }),
  exponential: exponential({ start: 0.3, factor: 0.95 }),
  cosine: cosine({ start: 0.3, end: 0.01 }),
  'one cycle': oneCycle({ max: 0.3 }),
  'one cycle, late peak': oneCycle({ max: 0.3, rising: 0.55, startDivisor: 10, endDivisor: 100 }),
  'warm-up': warmUp(0.3, { steps: 20 }),
  'warm-up and cosine': warmUp(cosine({ start: 0.3 }), { steps: 10 }),
  plateau: reduceOnPlateau({ start: 0.3, patience: 3 }),
  'plateau with rest': reduceOnPlateau({
    start: 0.3,
    factor: 0.5,
    patience: 1,
    cooldown: 4,
    threshold: 0.01,
    least: 0.02,
  }),
  'plateau to its end': reduceOnPlateau({ start: 0.3, factor: 0.01, patience: 0 }),
  'plateau from below the least': reduceOnPlateau({ start: 0.3, patience: 0, least: 0.5 }),
}

describe('schedules give the rates of PyTorch over 100 steps', () => {
  it('covers every case of the fixture', () => {
    expect(Object.keys(schedules)).toEqual(Object.keys(fixture.rates))
  })

  it.each(Object.keys(schedules))('%s', (name) => {
    const expected = fixture.rates[name] as readonly number[]
    expect(expected).toHaveLength(100)
    for (const [step, rate] of expected.entries()) {
      const time = { step, epoch: step, steps: 100, losses: fixture.losses.slice(0, step) }
      expect(Math.abs((schedules[name] as Schedule)(time) - rate)).toBeLessThan(1e-12)
    }
  })
})

describe('averages of weights are those of PyTorch over 100 steps', () => {
  it.each(Object.keys(fixture.averages))('%s', (name) => {
    const model = new Linear({ inputs: 1, outputs: 1, bias: false })
    const average = new WeightAverage(model, name === 'equal' ? {} : { decay: Number(name) })
    const walk = compile((weight: Tensor) => {
      model.weight.assign(weight)
      average.update()
    })
    for (const [step, expected] of (fixture.averages[name] as readonly number[]).entries()) {
      const weight = Math.fround(Math.sin(step * 0.37) + step / 50)
      walk(tensor([[weight]]))
      const restore = average.apply()
      expect(Math.abs(model.weight.item() - expected)).toBeLessThan(1e-6)
      restore()
      expect(model.weight.item()).toBe(weight)
    }
    expect(average.updates).toBe(100)
  })
})
