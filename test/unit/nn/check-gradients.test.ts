// The gradient checker: finds right gradients right and wrong ones wrong.

import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import { gelu, relu, sigmoid, tanh } from '../../../src/nn/activations.ts'
import { BatchNorm2d } from '../../../src/nn/batch-norm.ts'
import { checkGradients } from '../../../src/nn/check-gradients.ts'
import { Conv2d } from '../../../src/nn/conv2d.ts'
import { Dropout } from '../../../src/nn/dropout.ts'
import { Flatten } from '../../../src/nn/flatten.ts'
import { Linear } from '../../../src/nn/linear.ts'
import { angularLoss, binaryCrossEntropy, crossEntropy, l2Penalty, meanSquaredError } from '../../../src/nn/losses.ts'
import { Residual } from '../../../src/nn/residual.ts'
import { Sequential, type TensorFunction } from '../../../src/nn/sequential.ts'
import { random } from '../../../src/tensor/creation.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { randomKey } from '../../../src/tensor/trace.ts'
import { linearClassifier, twoLayerNet } from '../../../src/train/classifier.ts'

const draw = new Random(11)
function drawn(...shape: number[]): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1)
  return tensor(
    Float64Array.from({ length: size }, () => draw.normal()),
    { shape },
  )
}

function net(inputs: number, hidden: number, outputs: number, activation: TensorFunction): Sequential {
  return new Sequential(
    new Linear({ inputs, outputs: hidden, random: draw }),
    activation,
    new Linear({ inputs: hidden, outputs, random: draw }),
  )
}

describe('right gradients', () => {
  it('of the NIST network are found within 1e-9 for each parameter', () => {
    const x = drawn(2, 1024)
    const labels = tensor([7, 35], { dtype: 'i32' })
    const report = checkGradients(net(1024, 64, 36, sigmoid), (m) => crossEntropy(m.forward(x), labels), {
      elements: 12,
    })
    expect(report.parameters.map(({ name, shape }) => `${name} ${shape}`)).toEqual([
      '0.weight 1024,64',
      '0.bias 64',
      '2.weight 64,36',
      '2.bias 36',
    ])
    for (const { error } of report.parameters) expect(error).toBeLessThan(1e-9)
    expect(report.passed).toBe(true)
  })

  it('of convolutions with batch norm, dropout and a shortcut are found within 1e-9, with the same places dropped each time', () => {
    const around = new Conv2d({ inputs: 4, outputs: 4, kernel: 3, padding: 1, random: draw })
    const model = new Sequential(
      new Conv2d({ inputs: 2, outputs: 4, kernel: 3, stride: 2, padding: 1, bias: false, random: draw }),
      new BatchNorm2d({ channels: 4 }),
      gelu,
      new Residual({ body: new Sequential(around, new Dropout({ rate: 0.4 })) }),
      new Flatten(),
      new Linear({ inputs: 36, outputs: 3, random: draw }),
    )
    const [x, labels] = [drawn(3, 6, 6, 2), tensor([0, 2, 1], { dtype: 'i32' })]
    const report = checkGradients(model, (m) => crossEntropy(m.forward(x), labels), { elements: 20 })
    expect(report.parameters).toHaveLength(7)
    expect(report.largestError).toBeLessThan(1e-9)
    expect(model.parameters().every(({ dtype }) => dtype === 'f32')).toBe(true)
  })

  it.each([
    linearClassifier({ inputs: 10, classes: 5 }),
    twoLayerNet({ inputs: 10, hidden: 8, classes: 5, activation: tanh }),
  ])('of classifiers are found within 1e-10 in all elements', (classifier) => {
    const [x, labels] = [drawn(6, 10), tensor([0, 1, 2, 3, 4, 0], { dtype: 'i32' })]
    const report = checkGradients(classifier, (m) => m.loss(x, labels), { elements: Infinity })
    expect(report.largestError).toBeLessThan(1e-10)
  })

  it.each(Object.entries({ crossEntropy, meanSquaredError, binaryCrossEntropy, angularLoss }))(
    'of %s',
    (name, loss) => {
      const target = name === 'crossEntropy' ? tensor([0, 2, 1], { dtype: 'i32' }) : drawn(3, 4).abs().clamp(0, 1)
      const x = drawn(3, 5)
      const report = checkGradients(net(5, 6, 4, gelu), (m) => loss(m.forward(x), target).add(l2Penalty(m, 0.1)))
      expect(report.largestError).toBeLessThan(1e-9)
    },
  )

  it('are found in spite of kinks', () => {
    const x = drawn(40, 5)
    const report = checkGradients(net(5, 30, 4, relu), (m) => m.forward(x).square().mean())
    expect(report.passed).toBe(true)
  })

  it('are found with random numbers in the model', () => {
    const x = drawn(4, 5)
    const noisy = net(5, 6, 2, (value) => value.multiply(random(value.shape)))
    expect(checkGradients(noisy, (m) => m.forward(x).square().sum()).largestError).toBeLessThan(1e-9)
  })

  it('are found by three points, less closely', () => {
    const x = drawn(4, 5)
    const report = checkGradients(net(5, 6, 2, tanh), (m) => m.forward(x).square().sum(), { points: 3 })
    expect(report.largestError).toBeGreaterThan(1e-13)
    expect(report.largestError).toBeLessThan(1e-7)
  })
})

describe('wrong gradients', () => {
  /** x, with the gradient of factor x. */
  const falsified = (x: Tensor, factor: number): Tensor => x.multiply(factor).add(x.multiply(1 - factor).stopGradient())

  it('are found, in the parameters where they are', () => {
    const x = drawn(3, 5)
    const wrong = net(5, 6, 2, (value) => falsified(tanh(value), 1.001))
    const report = checkGradients(wrong, (m) => m.forward(x).square().sum())
    expect(report.passed).toBe(false)
    const errors = Object.fromEntries(report.parameters.map(({ name, error }) => [name, error]))
    expect(errors['0.weight']).toBeGreaterThan(5e-4)
    expect(errors['0.bias']).toBeGreaterThan(5e-4)
    expect(errors['2.weight']).toBeLessThan(1e-9)
    expect(String(report)).toMatch(/0\.weight +\[5, 6\] +all +\d\.\d\de-[34] {2}wrong/)
    expect(String(report)).toMatch(/2\.bias +\[2\] +all +\d\.\d\de-\d+$/m)
  })

  it('are found in a single element that was not drawn', () => {
    const model = new Linear({ inputs: 50, outputs: 1, bias: false, random: draw })
    const mask = tensor(Float64Array.from({ length: 50 }, (_, i) => Number(i === 33)))
    const report = checkGradients(
      model,
      (m) => {
        const output = m.weight.reshape([50]).square()
        return output.add(falsified(output, 2).subtract(output).multiply(mask)).sum()
      },
      { elements: 5, seed: 3 },
    )
    expect(report.parameters[0]!.checked).toBe(5)
    expect(report.passed).toBe(false)
  })

  it('are found where a NaN stands', () => {
    const report = checkGradients(net(2, 2, 2, tanh), (m) => m.forward(drawn(1, 2)).sum().multiply(Number.NaN))
    expect(report.passed).toBe(false)
    expect(report.largestError).toBeNaN()
  })
})

it('leaves the model and the random key as they were', () => {
  const model = net(3, 4, 2, tanh)
  const [parameters, values, key] = [model.parameters(), model.parameters().map((p) => p.dataSync()), { ...randomKey }]
  checkGradients(model, (m) => m.forward(drawn(2, 3)).sum())
  expect(model.parameters()).toEqual(parameters)
  expect(model.parameters().map((p) => p.dataSync())).toEqual(values)
  expect(model.parameters().every(({ dtype }) => dtype === 'f32')).toBe(true)
  expect(randomKey).toEqual(key)
})

it('says what is wrong with a loss', () => {
  const model = net(3, 4, 2, tanh)
  expect(() => checkGradients(model, (m) => m.forward(drawn(2, 3)))).toThrow('reduce it to a scalar')
  expect(() => checkGradients(model, (m) => m.layers[0]!.forward(drawn(2, 3)).sum())).toThrow(
    'does not depend on variable 2.weight',
  )
  expect(() => checkGradients(model.freeze(), (m) => m.forward(drawn(2, 3)).sum())).toThrow('no parameters to train')
  expect(model.parameters()).toEqual([])
})
