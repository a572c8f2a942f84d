// The character network: shapes, names, sizes, refusals.

import { expect, it } from 'vitest'
import { Random, tensor, zeros } from '../../../src/index.ts'
import { CharacterMlp } from '../../../src/models/index.ts'
import { relu, summary } from '../../../src/nn/index.ts'

it('has 67,940 parameters at 1024-64-36, named by layer', () => {
  const model = new CharacterMlp()
  expect([...model.namedParameters().keys()]).toEqual([
    'layers.0.weight',
    'layers.0.bias',
    'layers.1.weight',
    'layers.1.bias',
  ])
  expect(summary(model, [1, 1024]).total.parameters).toBe(1024 * 64 + 64 + 64 * 36 + 36)
})

it('takes letters as rows and as images, and gives logits', () => {
  const model = new CharacterMlp({ hidden: [5, 4], classes: 3, inputs: 6 })
  expect(model.forward(zeros([2, 6])).shape).toEqual([2, 3])
  expect(model.forward(zeros([2, 2, 3, 1])).shape).toEqual([2, 3])
  expect(() => model.forward(zeros([2, 7]))).toThrow(/takes \[N, \.\.\] with 6 pixels per letter/)
})

it('computes W2 relu(W1 x + b1) + b2, and without hidden layers W x + b', () => {
  const x = tensor([[0.5, -1]])
  const model = new CharacterMlp({ inputs: 2, hidden: [2], classes: 2, activation: 'relu', random: new Random(3) })
  const [first, second] = model.layers
  const expected = relu(x.matmul(first!.weight).add(first!.bias!)).matmul(second!.weight).add(second!.bias!)
  expect([...model.forward(x).dataSync()]).toEqual([...expected.dataSync()])
  const linear = new CharacterMlp({ inputs: 2, hidden: [], classes: 2 })
  expect([...linear.forward(x).dataSync()]).toEqual([...x.matmul(linear.layers[0]!.weight).dataSync()])
})

it('the same generator gives the same weights', () => {
  const weights = (seed: number) => [
    ...new CharacterMlp({ inputs: 4, hidden: [3], random: new Random(seed) }).layers[0]!.weight.dataSync(),
  ]
  expect(weights(1)).toEqual(weights(1))
  expect(weights(1)).not.toEqual(weights(2))
})

it('refuses activations that do not exist', () => {
  const options = JSON.parse('{"activation":"swish"}')
  expect(() => new CharacterMlp(options)).toThrow(/no activation 'swish', the names are sigmoid, tanh, relu, gelu/)
})
