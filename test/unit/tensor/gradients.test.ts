// Gradients of compositions, against their closed forms; ties; second derivatives; vector-Jacobian and Jacobian-vector products.

import { beforeAll, describe, expect, test } from 'vitest'
import { deviceNames, gradients, init, jvp, ones, type Tensor, tensor, Variable } from '../../../src/index.ts'

const list = (x: Tensor): number[] => [...x.dataSync()]
const f64 = (values: number[]): Tensor => tensor(values, { dtype: 'f64' })
const gradient = (y: Tensor, x: Tensor): Tensor => gradients(y, [x])[0] as Tensor

function expectClose(got: Tensor, wanted: readonly number[], tolerance = 1e-13): void {
  const values = list(got)
  expect(values).toHaveLength(wanted.length)
  for (const [i, value] of wanted.entries()) expect(Math.abs((values[i] as number) - value)).toBeLessThan(tolerance)
}

describe.each(deviceNames)('on %s', (device) => {
  beforeAll(() => init({ device }))

  test('the gradient of log-sum-exp is the softmax, and its derivative diag(p) - p p^T', () => {
    const values = [0.5, -1, 2, 0.25]
    const x = f64(values)
    const total = values.reduce((sum, value) => sum + Math.exp(value), 0)
    const p = values.map((value) => Math.exp(value) / total)
    const first = gradient(x.exp().sum().log(), x)
    const second = p.map((_, row) => gradient(first.at(row), x))
    expectClose(first, p)
    for (const [row, value] of p.entries()) {
      expectClose(
        second[row] as Tensor,
        p.map((other, column) => (row === column ? value : 0) - value * other),
      )
    }
    // The probabilities add up to 1 whatever x is; that `first` was read does not matter.
    expectClose(gradient(first.sum(), x), [0, 0, 0, 0])
  })

  test('the gradient of the variance is 2 (x - mean) / n', () => {
    const values = [1, 4, -2, 7, 0]
    const x = f64(values)
    expectClose(
      gradient(x.variance(), x),
      values.map((value) => (2 * (value - 2)) / 5),
    )
  })

  test('the gradient of x^T A x is (A + A^T) x', () => {
    const a = f64([1, 2, 3, 4]).reshape([2, 2])
    const x = f64([5, -6])
    expectClose(gradient(x.dot(a.matmul(x)), x), [2 * 5 + 5 * -6, 5 * 5 + 8 * -6])
  })

  test('broadcast operands receive the sum over what they were repeated to', () => {
    const [row, column] = [f64([1, 2, 3]), f64([4, 5]).reshape([2, 1])]
    const y = row.multiply(column).sum()
    expectClose(gradient(y, row), [9, 9, 9])
    expectClose(gradient(y, column), [6, 6])
  })

  test('ties share the gradient: of a maximum over an axis, and of the larger of two', () => {
    const x = f64([3, 1, 3, 3])
    expectClose(gradient(x.max(), x), [1 / 3, 0, 1 / 3, 1 / 3])
    const y = f64([3, 2, 0, 3])
    expectClose(gradient(x.maximum(y).sum(), x), [0.5, 0, 1, 0.5])
    expectClose(gradient(x.minimum(y).sum(), x), [0.5, 1, 0, 0.5])
  })

  test('at its kink relu has the derivative 0, and |x| has 0', () => {
    const x = f64([0, -1, 2])
    expectClose(gradient(x.relu().sum(), x), [0, 0, 1])
    expectClose(gradient(x.abs().sum(), x), [0, -1, 1])
  })

  test('a value used twice adds both gradients; a stopped one adds none', () => {
    const x = f64([2, 3])
    expectClose(gradient(x.multiply(x).multiply(x).sum(), x), [12, 27])
    expectClose(gradient(x.stopGradient().multiply(x).sum(), x), [2, 3])
  })

  test('rows taken twice receive twice; a cut receives zeros around it', () => {
    const x = f64([1, 2, 3, 4, 5, 6]).reshape([3, 2])
    const rows = tensor([2, 0, 2], { dtype: 'i32' })
    expectClose(gradient(x.take(rows).sum(), x), [1, 1, 0, 0, 2, 2])
    expectClose(gradient(x.at([1, 3], 0).square().sum(), x), [0, 0, 6, 0, 10, 0])
  })

  test('third derivatives: d^3/dx^3 sin x = -cos x', () => {
    const x = f64([0.3, 2])
    const third = gradient(gradient(gradient(x.sin().sum(), x).sum(), x).sum(), x)
    expectClose(third, [-Math.cos(0.3), -Math.cos(2)])
  })

  test('with upstream the output may be a tensor: the vector-Jacobian product', () => {
    const x = f64([1, 2, 3])
    const [product] = gradients(x.square(), [x], { upstream: f64([1, 10, 100]) }) as [Tensor]
    expectClose(product, [2, 40, 600])
  })

  test('jvp gives the value and the directional derivative', () => {
    const { value, tangent } = jvp(
      (x, y) => x.multiply(y).exp(),
      [f64([0, 1]), f64([2, 0.5])],
      [f64([1, 1]), f64([0, 2])],
    )
    expectClose(value, [1, Math.exp(0.5)])
    expectClose(tangent, [2, 2.5 * Math.exp(0.5)])
    expectClose(jvp((x) => x.stopGradient(), [f64([1])], [f64([1])]).tangent, [0])
  })

  test('forward over reverse: a Hessian-vector product', () => {
    const x = f64([1, 2, 3])
    const { tangent } = jvp((y) => gradient(y.multiply(y).multiply(y).sum(), y), [x], [f64([1, 0, -1])])
    expectClose(tangent, [6, 0, -18])
  })

  test('of a variable, before and after it was assigned', () => {
    const v = new Variable(f64([1, 2]))
    expectClose(gradient(v.square().sum(), v), [2, 4])
    v.assign(f64([5, 6]))
    expectClose(gradient(v.square().sum(), v), [10, 12])
  })

  test('through a value of a variable that was read in between', () => {
    const v = new Variable(f64([1, 2]))
    const y = v.multiply(3)
    expect(list(y)).toEqual([3, 6])
    expectClose(gradient(y.square().sum(), v), [18, 36])
  })

  test('reading a value changes no derivative', () => {
    const x = f64([3])
    const y = x.multiply(2)
    expect(y.item()).toBe(6)
    expectClose(gradient(y.add(x).sum(), x), [3])
    expectClose(gradient(y.square().sum(), y), [12])
    const read = (z: Tensor): Tensor => {
      const twice = z.multiply(2)
      twice.item()
      return twice.add(z)
    }
    expectClose(jvp(read, [x], [f64([1])]).tangent, [3])
  })

  test('below a thousand values read one on top of the other there is no history, and asking for it is an error', () => {
    const x = f64([0])
    let y = x.add(1)
    for (let i = 1; i < 1500; i++) {
      y.item()
      y = y.add(1)
    }
    expect(y.item()).toBe(1500)
    expect(() => gradient(y.add(x).sum(), x)).toThrow(
      /^gradients: the value of add, at gradients\.test\.ts:\d+, was read on top/,
    )
  })

  test('jvp moves each input by itself, and holds what is captured', () => {
    const x = f64([3])
    expectClose(jvp((a, b) => a.add(b), [x, x], [f64([1]), f64([10])]).tangent, [11])
    expectClose(jvp((a) => a.multiply(x), [x], [f64([1])]).tangent, [3])
    const v = new Variable(f64([3]))
    expectClose(jvp((a, b) => a.multiply(2).add(b), [v, v], [f64([1]), f64([10])]).tangent, [12])
    expectClose(jvp(() => v.square(), [v], [f64([1])]).tangent, [6])
  })

  test('x^0 is 1 with the derivative 0', () => {
    const x = f64([2, 0, Number.NaN])
    expect(list(x.power(0))).toEqual([1, 1, 1])
    expect(list(gradient(x.power(0).sum(), x))).toEqual([0, 0, 0])
  })

  test('a chain of a thousand ops', () => {
    const x = ones([3], 'f64')
    let y = x
    for (let i = 0; i < 1000; i++) y = y.multiply(i % 2 === 0 ? 2 : 0.5)
    expectClose(gradient(y.sum(), x), [1, 1, 1])
  })
})
