// Classifiers by hand, and linear regression as the smallest example.

import { expect, it } from 'vitest'
import { Linear } from '../../../src/nn/linear.ts'
import { crossEntropy, meanSquaredError, summedCrossEntropy } from '../../../src/nn/losses.ts'
import { Sgd } from '../../../src/optim/sgd.ts'
import { compile } from '../../../src/tensor/compile.ts'
import { gradients } from '../../../src/tensor/gradients.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { linearClassifier, twoLayerNet } from '../../../src/train/classifier.ts'
import { points } from './workload.ts'

const data = points(60)
const x = tensor(data.inputs.data, { shape: [60, 6] })
const labels = tensor(data.labels)

it.each([
  ['linear', () => linearClassifier({ inputs: 6, classes: 3 })],
  ['two-layer', () => twoLayerNet({ inputs: 6, hidden: 10, classes: 3, regularization: 1e-3 })],
])('a %s classifier learns by forward, backward and a step by hand', async (_, make) => {
  const classifier = make()
  const first = classifier.loss(x, labels).item()
  for (let step = 0; step < 60; step++) {
    const { loss, gradients: found } = classifier.backward(x, labels)
    expect(loss.size).toBe(1)
    expect([...found.keys()]).toEqual([...classifier.namedParameters().keys()])
    const changes = [...classifier.namedParameters()].map(
      ([name, parameter]) => [parameter, parameter.subtract(found.get(name)!.multiply(0.5))] as const,
    )
    for (const [, value] of changes) value.dataSync()
    for (const [parameter, value] of changes) parameter.assign(value)
  }
  expect(classifier.loss(x, labels).item()).toBeLessThan(0.6 * first)
  const predicted = classifier.predict(x)
  expect(predicted.shape).toEqual([60])
  expect(predicted.equal(labels).cast('f32').mean().item()).toBeGreaterThan(0.75)
  for (const sum of classifier.probabilities(x).sum(-1).dataSync()) expect(sum).toBeCloseTo(1, 6)

  const copy = make()
  expect((await copy.load(await classifier.save())).complete).toBe(true)
  expect(copy.forward(x).dataSync()).toEqual(classifier.forward(x).dataSync())
})

it('adds the penalty on weights to the loss, and takes another loss', () => {
  const classifier = linearClassifier({ inputs: 6, classes: 3, regularization: 0.2, loss: summedCrossEntropy })
  const logits = classifier.forward(x)
  const weight = classifier.parameters()[0]!
  const expected = crossEntropy(logits, labels).item() * 60 + 0.1 * weight.square().sum().item()
  expect(classifier.loss(x, labels).item()).toBeCloseTo(expected, 3)
  expect(() => linearClassifier({ inputs: 1, classes: 2, regularization: -1 })).toThrow(
    'regularization must be 0 or more',
  )
})

it('a linear regression finds the line that made the data', () => {
  const model = new Linear({ inputs: 2, outputs: 1 })
  const optimizer = new Sgd(model.parameters(), { learningRate: 0.3 })
  const inputs = tensor([
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ])
  const targets = tensor([[1], [3], [0], [2]])
  const step = compile((inputs: Tensor, targets: Tensor) => {
    const loss = meanSquaredError(model.forward(inputs), targets)
    optimizer.step(gradients(loss, model.parameters()))
    return loss
  })
  for (let i = 0; i < 300; i++) step(inputs, targets)
  const found = [...model.weight.dataSync(), model.bias!.dataSync()[0]!]
  for (const [i, value] of [2, -1, 1].entries()) expect(found[i]).toBeCloseTo(value, 4)
})
