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
    // A value that was read and depends on no variable is a constant from then on: ask for all derivatives first.
    const second = p.map((_, row) => gradient(first.at(row), x))
    expectClose(first, p)
    for (const [row, value] of p.entries()) {
      expectClose(
        second[row] as Tensor,
        p.map((other, column) => (row === column ? value : 0) - value * other),
      )
    }
    expect(() => gradient(first.sum(), x)).toThrow('its value was read before, which made it a constant')
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

  test('a chain of a thousand ops', () => {
    const x = ones([3], 'f64')
    let y = x
    for (let i = 0; i < 1000; i++) y = y.multiply(i % 2 === 0 ? 2 : 0.5)
    expectClose(gradient(y.sum(), x), [1, 1, 1])
  })
})
