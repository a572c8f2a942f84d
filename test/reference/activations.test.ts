// Activations and their gradients against PyTorch, in f64.

import { describe, expect, it } from 'vitest'
import { gelu, geluTanh, logSoftmax, relu, sigmoid, softmax, tanh } from '../../src/nn/activations.ts'
import { gradients } from '../../src/tensor/gradients.ts'
import { type Nested, tensor } from '../../src/tensor/tensor.ts'
import { largestError, torchFixture } from './fixture.ts'

interface Expected {
  readonly value: Nested
  readonly gradient: Nested
}

const fixture = torchFixture<{
  points: number[]
  elementwise: Record<string, Expected>
  rows: number[][]
  weights: number[][]
  alongRows: Record<string, Expected>
}>('activations.json')

describe.each(Object.entries({ relu, sigmoid, tanh, gelu, geluTanh }))('%s', (name, activation) => {
  const expected = fixture.elementwise[name] as Expected
  const x = tensor(fixture.points.slice(0, (expected.value as Nested[]).length), { dtype: 'f64' })

  it('has the values of PyTorch, up to ±1e4', () => {
    expect(largestError(activation(x), expected.value)).toBeLessThan(1e-13)
  })

  it('has the gradient of PyTorch', () => {
    const [gradient] = gradients(activation(x).sum(), [x])
    expect(largestError(gradient!, expected.gradient)).toBeLessThan(1e-13)
  })
})

describe.each(Object.entries({ softmax, logSoftmax }))('%s', (name, activation) => {
  const expected = fixture.alongRows[name] as Expected
  const x = tensor(fixture.rows, { dtype: 'f64' })

  it('has the values of PyTorch, with a logit of 1e4', () => {
    expect(largestError(activation(x), expected.value)).toBeLessThan(1e-13)
  })

  it('has the gradient of PyTorch', () => {
    const weighted = activation(x).multiply(tensor(fixture.weights, { dtype: 'f64' }))
    const [gradient] = gradients(weighted.sum(), [x])
    expect(largestError(gradient!, expected.gradient)).toBeLessThan(1e-13)
  })
})
