// Losses and their gradients against PyTorch, in f64.

import { describe, expect, it } from 'vitest'
import {
  binaryCrossEntropy,
  binaryCrossEntropyOfProbabilities,
  crossEntropy,
  type Loss,
  meanSquaredError,
  smoothedCrossEntropy,
  summedCrossEntropy,
  summedSquaredError,
} from '../../src/nn/losses.ts'
import { gradients } from '../../src/tensor/gradients.ts'
import { type Nested, type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { largestError, torchFixture } from './fixture.ts'

interface Expected {
  readonly value: number
  readonly gradient: Nested
}

const fixture = torchFixture<
  Record<'logits' | 'labels' | 'soft' | 'predicted' | 'target' | 'probabilities', Nested> & Record<string, Expected>
>('losses.json')

const f64 = (values: Nested): Tensor => tensor(values, { dtype: 'f64' })
const labels = tensor(fixture.labels, { dtype: 'i32' })

const cases: Record<string, { loss: Loss; output: Nested; target: Tensor }> = {
  crossEntropy: { loss: crossEntropy, output: fixture.logits, target: labels },
  softCrossEntropy: { loss: crossEntropy, output: fixture.logits, target: f64(fixture.soft) },
  summedCrossEntropy: { loss: summedCrossEntropy, output: fixture.logits, target: labels },
  smoothedCrossEntropy: { loss: smoothedCrossEntropy(0.1), output: fixture.logits, target: labels },
  smoothedSoftCrossEntropy: { loss: smoothedCrossEntropy(0.25), output: fixture.logits, target: f64(fixture.soft) },
  meanSquaredError: { loss: meanSquaredError, output: fixture.predicted, target: f64(fixture.target) },
  summedSquaredError: { loss: summedSquaredError, output: fixture.predicted, target: f64(fixture.target) },
  binaryCrossEntropy: { loss: binaryCrossEntropy, output: fixture.predicted, target: f64(fixture.target) },
}

describe.each(Object.entries(cases))('%s', (name, { loss, output, target }) => {
  const expected = fixture[name] as Expected
  const x = f64(output)

  it('has the value of PyTorch', () => {
    expect(largestError(loss(x, target), expected.value)).toBeLessThan(1e-13)
  })

  it('has the gradient of PyTorch, at a logit of exactly 0 too', () => {
    const [gradient] = gradients(loss(x, target), [x])
    expect(largestError(gradient!, expected.gradient)).toBeLessThan(1e-13)
  })
})

it('takes binary cross-entropy of probabilities as PyTorch does, at 0 and 1 too', () => {
  const p = f64(fixture.probabilities)
  const loss = binaryCrossEntropyOfProbabilities(p, f64(fixture.target))
  const gradient = gradients(loss, [p])[0]!
  expect(largestError(loss, (fixture.binaryCrossEntropyOfProbabilities as Expected).value)).toBeLessThan(1e-13)
  expect(gradient.dataSync().every(Number.isFinite)).toBe(true)
})
