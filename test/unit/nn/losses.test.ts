// Activations, losses and metrics: identities, extremes, and what they refuse.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accuracy, wilsonInterval } from '../../../src/nn/accuracy.ts'
import { logSoftmax, sigmoid, softmax, tanh } from '../../../src/nn/activations.ts'
import { Linear } from '../../../src/nn/linear.ts'
import {
  angularLoss,
  binaryCrossEntropy,
  crossEntropy,
  l2Penalty,
  meanSquaredError,
  smoothedCrossEntropy,
  summedCrossEntropy,
} from '../../../src/nn/losses.ts'
import { compile } from '../../../src/tensor/compile.ts'
import { gradients } from '../../../src/tensor/gradients.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'

const f64 = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'f64' })
const finite = fc.double({ min: -1e4, max: 1e4, noNaN: true })
const rows = fc.array(fc.array(finite, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 4 })
const runs = { numRuns: 60 }

describe('softmax', () => {
  it('has rows that sum to 1 for any finite logits', () => {
    fc.assert(
      fc.property(rows, (logits) => {
        for (const sum of softmax(f64(logits)).sum(-1).dataSync()) expect(Math.abs(sum - 1)).toBeLessThan(1e-12)
        for (const sum of softmax(tensor(logits)).sum(-1).dataSync()) expect(Math.abs(sum - 1)).toBeLessThan(1e-6)
      }),
      runs,
    )
  })

  it('does not change when all logits move together', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: -64, max: 64 }), (logits, shift) => {
        const exact = f64(logits.map((row) => row.map(Math.round)))
        expect(softmax(exact.add(shift)).dataSync()).toEqual(softmax(exact).dataSync())
      }),
      runs,
    )
  })

  it('is the exponential of logSoftmax, along any axis', () => {
    const x = f64([
      [1, 2, 3],
      [-1, 0, 900],
    ])
    for (const axis of [0, 1]) {
      const [a, b] = [softmax(x, axis).dataSync(), logSoftmax(x, axis).exp().dataSync()]
      for (const [i, value] of a.entries()) expect(Math.abs(value - b[i]!)).toBeLessThan(1e-15)
    }
  })
})

describe('sigmoid and tanh', () => {
  it('obey tanh x = 2 sigmoid(2x) - 1 and sigmoid’ = sigmoid (1 - sigmoid)', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 8 }), (values) => {
        const x = f64(values)
        const [left, right] = [tanh(x).dataSync(), sigmoid(x.multiply(2)).multiply(2).subtract(1).dataSync()]
        for (const [i, value] of left.entries()) expect(Math.abs(value - right[i]!)).toBeLessThan(1e-15)
        const s = sigmoid(x)
        const slope = gradients(s.sum(), [x])[0]!.dataSync()
        const formula = s.multiply(s.multiply(-1).add(1)).dataSync()
        for (const [i, value] of slope.entries()) expect(Math.abs(value - formula[i]!)).toBeLessThan(1e-15)
      }),
      runs,
    )
  })

  it('neither overflow nor give NaN at ±1e4', () => {
    expect(sigmoid(tensor([-1e4, 1e4])).toArray()).toEqual([0, 1])
    expect(gradients(sigmoid(tensor([-1e4, 1e4])).sum(), [tensor([0])], { allowUnused: true })).toHaveLength(1)
  })
})

describe('crossEntropy', () => {
  it('is log C for equal logits, and its gradient softmax less one-hot, over N', () => {
    const logits = f64([
      [2, 2, 2, 2],
      [0, 0, 0, 0],
    ])
    const loss = crossEntropy(logits, tensor([1, 3], { dtype: 'i32' }))
    const [gradient] = gradients(loss, [logits])
    expect(loss.item()).toBeCloseTo(Math.log(4), 14)
    const expected = [
      [0.125, -0.375, 0.125, 0.125],
      [0.125, 0.125, 0.125, -0.375],
    ]
    for (const [i, value] of gradient!.dataSync().entries()) expect(value).toBeCloseTo(expected.flat()[i]!, 14)
  })

  it('sums or averages', () => {
    const [logits, labels] = [
      f64([
        [1, 2],
        [3, 4],
        [0, 9],
      ]),
      tensor([0, 1, 1], { dtype: 'u8' }),
    ]
    expect(summedCrossEntropy(logits, labels).item()).toBeCloseTo(3 * crossEntropy(logits, labels).item(), 13)
    expect([crossEntropy.reduction, summedCrossEntropy.reduction]).toEqual([undefined, 'sum'])
  })

  it('refuses a label that is no class, or gives NaN where labels come later', () => {
    const logits = tensor([[1, 2, 3]])
    expect(() => crossEntropy(logits, tensor([3]))).toThrow('crossEntropy: label 3 is no class; the classes are 0 to 2')
    expect(() => crossEntropy(logits, tensor([0.5]))).toThrow('label 0.5 is no class')
    const later = compile((labels: Tensor) => crossEntropy(logits, labels))
    expect(later(tensor([2])).item()).toBeGreaterThan(0)
    expect(later(tensor([-1])).item()).toBeNaN()
  })

  it('with smoothed labels is that of the truth mixed with all classes alike', () => {
    const logits = f64([
      [1, -2, 0.5],
      [3, 4, -900],
    ])
    const mixed = f64([
      [0.8 + 0.2 / 3, 0.2 / 3, 0.2 / 3],
      [0.2 / 3, 0.8 + 0.2 / 3, 0.2 / 3],
    ])
    const smoothed = smoothedCrossEntropy(0.2)(logits, tensor([0, 1])).item()
    expect(Math.abs(smoothed / crossEntropy(logits, mixed).item() - 1)).toBeLessThan(1e-14)
    expect(smoothedCrossEntropy(0)).toBe(crossEntropy)
    for (const wrong of [1, -0.1, Number.NaN]) {
      expect(() => smoothedCrossEntropy(wrong)).toThrow(`smoothing must be at least 0 and below 1, not ${wrong}`)
    }
    expect(() => smoothedCrossEntropy(0.1)(logits, tensor([0, 3]))).toThrow('smoothedCrossEntropy: label 3 is no class')
  })

  it('refuses shapes that do not fit', () => {
    expect(() => crossEntropy(tensor([[1, 2]]), tensor([[0], [1]]))).toThrow(
      'logits [1, 2] and labels [2, 1] do not fit',
    )
  })
})

describe('other losses', () => {
  it('angularLoss takes the short way round', () => {
    const pairs: [number, number, number][] = [
      [350, 10, 20],
      [10, 350, 20],
      [0, 180, 180],
      [90, 45, 45],
      [725, 0, 5],
      [-10, 10, 20],
    ]
    for (const [a, b, distance] of pairs) expect(angularLoss(f64([a]), f64([b])).item()).toBeCloseTo(distance, 10)
  })

  it('angularLoss pulls the short way round', () => {
    const angle = f64([350, 30])
    const [gradient] = gradients(angularLoss(angle, f64([10, 10])), [angle])
    expect(gradient!.toArray()).toEqual([-0.5, 0.5])
  })

  it('l2Penalty is lambda/2 sum W^2 over weights, not biases', () => {
    const model = new Linear({
      inputs: 2,
      outputs: 2,
      initializer: () =>
        tensor([
          [1, 2],
          [3, 4],
        ]),
    })
    model.bias!.assign(tensor([100, 100]))
    const penalty = l2Penalty(model, 0.1)
    const [slope] = gradients(penalty, [model.weight])
    expect(penalty.item()).toBeCloseTo(1.5, 6)
    for (const [i, value] of slope!.dataSync().entries()) expect(value).toBeCloseTo(0.1 * (i + 1), 6)
    expect(l2Penalty([model.bias!], 2).item()).toBe(20000)
    expect(() => l2Penalty([], 1)).toThrow('there are no weights')
  })

  it.each([meanSquaredError, binaryCrossEntropy, angularLoss])('refuse shapes that differ', (loss) => {
    expect(() => loss(tensor([[1], [2]]), tensor([1, 2]))).toThrow('the output has shape [2, 1], the target [2]')
  })
})

describe('accuracy', () => {
  it('is the share of rows whose largest output is at the label', () => {
    const outputs = tensor([
      [1, 2, 0],
      [5, 2, 0],
      [0, 0, 1],
      [3, 1, 2],
    ])
    expect(accuracy(outputs, tensor([1, 0, 1, 0], { dtype: 'i32' })).item()).toBe(0.75)
    expect(() => accuracy(outputs, tensor([1, 2]))).toThrow('the output has shape [4, 3], the labels [2]')
  })

  it('has Wilson’s interval', () => {
    // Wilson's formula for 8 of 10 (Agresti and Coull 1998 give 0.490 to 0.943), and at the ends 1 / (1 + z^2/n).
    const [low, high] = wilsonInterval(8, 10)
    expect([low.toFixed(3), high.toFixed(3)]).toEqual(['0.490', '0.943'])
    const z = 1.959963984540054
    expect(wilsonInterval(50, 50)[0]).toBeCloseTo(1 / (1 + z ** 2 / 50), 12)
    expect(wilsonInterval(50, 50)[1]).toBe(1)
    expect(wilsonInterval(0, 50)[0]).toBe(0)
    expect(() => wilsonInterval(3, 2)).toThrow('3 of 2 is no share')
  })
})
