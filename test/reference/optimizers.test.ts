// 100 steps of each optimizer on a two-layer network against PyTorch: equal to 1e-6 in f32, and to rounding in f64.

import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../../src/nn/losses.ts'
import { Adam, AdamW } from '../../src/optim/adam.ts'
import { clipByNorm, clipByValue } from '../../src/optim/clipping.ts'
import { oneCycle } from '../../src/optim/learning-rate-schedules.ts'
import type { Optimizer } from '../../src/optim/optimizer.ts'
import { Sgd } from '../../src/optim/sgd.ts'
import { compile } from '../../src/tensor/compile.ts'
import { gradients } from '../../src/tensor/gradients.ts'
import { type Nested, type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { Variable } from '../../src/tensor/variable.ts'
import { largestError, torchFixture } from './fixture.ts'

interface Run {
  /** Every 11th. */
  readonly losses: number[]
  readonly parameters: Nested[]
}

const fixture = torchFixture<{
  x: Nested
  labels: Nested
  start: Nested[]
  cases: Record<string, { f32: Run; f64: Run }>
}>('optimizers.json')

const optimizers: Record<string, (parameters: Variable[]) => Optimizer> = {
  sgd: (p) => new Sgd(p, { learningRate: 0.1 }),
  momentum: (p) => new Sgd(p, { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 }),
  nesterov: (p) => new Sgd(p, { learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true }),
  weightsOnly: (p) =>
    new Sgd(p, { learningRate: 0.1, momentum: 0.9, weightDecay: 0.05, decay: (_, { rank }) => rank === 2 }),
  adam: (p) => new Adam(p, { learningRate: 0.01 }),
  adamDecay: (p) => new Adam(p, { learningRate: 0.01, weightDecay: 0.01, betas: [0.8, 0.99], epsilon: 1e-6 }),
  adamW: (p) => new AdamW(p, { learningRate: 0.01, weightDecay: 0.1 }),
  oneCycle: (p) => new Sgd(p, { learningRate: oneCycle({ max: 0.1, steps: 100 }), momentum: 0.9 }),
  clipByNorm: (p) => new Sgd(p, { learningRate: 0.1, momentum: 0.9 }),
  clipByValue: (p) => new Sgd(p, { learningRate: 0.1, momentum: 0.9 }),
}

const clipping: Record<string, (gradients: Tensor[]) => Tensor[]> = {
  clipByNorm: (found) => clipByNorm(found, 0.1),
  clipByValue: (found) => clipByValue(found, 0.02),
}

function train(name: string, dtype: 'f32' | 'f64', compiled: boolean, count = 100) {
  const parameters = fixture.start.map((values, i) => new Variable(tensor(values, { dtype }), { label: `p${i}` }))
  const [w1, b1, w2, b2] = parameters as [Variable, Variable, Variable, Variable]
  const x = tensor(fixture.x, { dtype })
  const labels = tensor(fixture.labels, { dtype: 'i32' })
  const optimizer = optimizers[name]!(parameters)
  const step = (): Tensor => {
    const loss = crossEntropy(x.matmul(w1).add(b1).tanh().matmul(w2).add(b2), labels)
    if (!compiled) loss.item()
    const found = gradients(loss, parameters)
    optimizer.step(clipping[name]?.(found) ?? found)
    return loss
  }
  const run = compiled ? compile(step) : step
  const losses: number[] = []
  for (let i = 0; i < count; i++) losses.push(run().item())
  return { parameters, losses, optimizer }
}

describe.each(Object.keys(optimizers))('%s', (name) => {
  it.each([
    ['f32', 1e-6],
    ['f64', 1e-12],
  ] as const)('makes the 100 steps of PyTorch in %s', (dtype, tolerance) => {
    const expected = fixture.cases[name]![dtype]
    const { parameters, losses, optimizer } = train(name, dtype, true)
    for (const [i, parameter] of parameters.entries()) {
      expect(largestError(parameter, expected.parameters[i] as Nested)).toBeLessThan(tolerance)
    }
    for (const [i, loss] of expected.losses.entries()) {
      expect(Math.abs(losses[i * 11]! - loss)).toBeLessThan(tolerance)
    }
    expect(optimizer.steps).toBe(100)
  })

  it('does the same outside compiled functions', () => {
    const [eager, compiled] = [train(name, 'f64', false, 5), train(name, 'f64', true, 5)]
    for (const [i, parameter] of eager.parameters.entries()) {
      expect(largestError(parameter, compiled.parameters[i]!.toArray())).toBeLessThan(1e-15)
    }
    expect(eager.optimizer.steps).toBe(5)
  })
})
