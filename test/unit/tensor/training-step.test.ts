// A training step of the character network (1024-64-36, sigmoid, softmax cross-entropy, SGD with momentum) equals the same step written
// out by hand in plain JavaScript, with gradients derived on paper.

import { beforeAll, describe, expect, test } from 'vitest'
import {
  compile,
  type DType,
  deviceNames,
  gradients,
  init,
  Random,
  type Tensor,
  tensor,
  Variable,
} from '../../../src/index.ts'

const [batch, inputs, hidden, classes] = [32, 1024, 64, 36]
const [rate, momentum] = [0.1, 0.9]

/** Rows x columns in row-major order. */
interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
}

function matrix(rows: number, columns: number, of: (row: number, column: number) => number): Matrix {
  return {
    rows,
    columns,
    data: Float64Array.from({ length: rows * columns }, (_, i) => of(Math.floor(i / columns), i % columns)),
  }
}

const at = ({ columns, data }: Matrix, row: number, column: number): number => data[row * columns + column] as number

/** Sum over k of left(row, k) right(k, column). */
function product(
  rows: number,
  columns: number,
  inner: number,
  term: (row: number, column: number, k: number) => number,
): Matrix {
  return matrix(rows, columns, (row, column) => {
    let total = 0
    for (let k = 0; k < inner; k++) total += term(row, column, k)
    return total
  })
}

interface Problem {
  readonly x: Matrix
  readonly labels: Int32Array
  readonly parameters: readonly Matrix[]
}

function makeProblem(): Problem {
  const random = new Random(5)
  const exact = (value: number): number => Math.fround(value)
  return {
    x: matrix(batch, inputs, () => exact(random.uniform())),
    labels: Int32Array.from({ length: batch }, () => random.integer(classes)),
    parameters: [
      matrix(inputs, hidden, () => exact(random.normal(0, 0.05))),
      matrix(1, hidden, () => exact(random.normal(0, 0.1))),
      matrix(hidden, classes, () => exact(random.normal(0, 0.2))),
      matrix(1, classes, () => exact(random.normal(0, 0.1))),
    ],
  }
}

interface State {
  readonly parameters: readonly Matrix[]
  readonly velocities: readonly Matrix[]
  readonly loss: number
}

/** One step by hand: with d = softmax - target over the batch, dW2 = h'd, db2 = sum d, dh = d W2' h (1 - h), dW1 = x'dh, db1 = sum dh. */
function stepByHand({ x, labels }: Problem, { parameters, velocities }: Omit<State, 'loss'>): State {
  const [w1, b1, w2, b2] = parameters as [Matrix, Matrix, Matrix, Matrix]
  const sum = product(batch, hidden, inputs, (n, j, k) => at(x, n, k) * at(w1, k, j))
  const h = matrix(batch, hidden, (n, j) => 1 / (1 + Math.exp(-(at(sum, n, j) + at(b1, 0, j)))))
  const scores = product(batch, classes, hidden, (n, c, j) => at(h, n, j) * at(w2, j, c))
  const logits = matrix(batch, classes, (n, c) => at(scores, n, c) + at(b2, 0, c))
  let loss = 0
  const totals = Array.from({ length: batch }, (_, n) => {
    let total = 0
    for (let c = 0; c < classes; c++) total += Math.exp(at(logits, n, c))
    loss += (Math.log(total) - at(logits, n, labels[n] as number)) / batch
    return total
  })
  const d = matrix(
    batch,
    classes,
    (n, c) => (Math.exp(at(logits, n, c)) / (totals[n] as number) - Number(labels[n] === c)) / batch,
  )
  const back = product(batch, hidden, classes, (n, j, c) => at(d, n, c) * at(w2, j, c))
  const dh = matrix(batch, hidden, (n, j) => at(back, n, j) * at(h, n, j) * (1 - at(h, n, j)))
  const slopes = [
    product(inputs, hidden, batch, (k, j, n) => at(x, n, k) * at(dh, n, j)),
    product(1, hidden, batch, (_, j, n) => at(dh, n, j)),
    product(hidden, classes, batch, (j, c, n) => at(h, n, j) * at(d, n, c)),
    product(1, classes, batch, (_, c, n) => at(d, n, c)),
  ]
  const faster = velocities.map((velocity, i) => combine(momentum, velocity, 1, slopes[i] as Matrix))
  return { loss, velocities: faster, parameters: parameters.map((p, i) => combine(1, p, -rate, faster[i] as Matrix)) }
}

function combine(a: number, x: Matrix, b: number, y: Matrix): Matrix {
  return { ...x, data: x.data.map((value, i) => a * value + b * (y.data[i] as number)) }
}

function asTensor({ rows, columns, data }: Matrix, dtype: DType): Tensor {
  return tensor(data, { shape: [rows, columns] }).cast(dtype)
}

/** The same steps as a compiled function; losses and parameters after `count` of them. */
function train(problem: Problem, dtype: DType, count: number): { losses: number[]; parameters: Float64Array[] } {
  const parameters = problem.parameters.map((p, i) => new Variable(asTensor(p, dtype), { label: `parameter ${i}` }))
  const velocities = parameters.map(
    ({ shape }) => new Variable(tensor(new Float64Array(shape[0]! * shape[1]!), { shape: [...shape] }).cast(dtype)),
  )
  const step = compile((x: Tensor, labels: Tensor) => {
    const [w1, b1, w2, b2] = parameters as [Variable, Variable, Variable, Variable]
    const logits = x.matmul(w1).add(b1).sigmoid().matmul(w2).add(b2)
    const shifted = logits.subtract(logits.max(-1, { keep: true }).stopGradient())
    const logProbabilities = shifted.subtract(shifted.exp().sum(-1, { keep: true }).log())
    const loss = logProbabilities.multiply(labels.oneHot(classes).cast(dtype)).sum(-1).mean().negate()
    for (const [i, gradient] of gradients(loss, parameters).entries()) {
      const [parameter, velocity] = [parameters[i] as Variable, velocities[i] as Variable]
      velocity.assign(velocity.multiply(momentum).add(gradient))
      parameter.assign(parameter.subtract(velocity.multiply(rate)))
    }
    return loss
  })
  const x = tensor(asTensor(problem.x, dtype).dataSync(), { shape: [batch, inputs] })
  const labels = tensor(problem.labels)
  const losses = Array.from({ length: count }, () => step(x, labels).item())
  return { losses, parameters: parameters.map((p) => Float64Array.from(p.dataSync())) }
}

const problem = makeProblem()
const byHand: State[] = []
let state: Omit<State, 'loss'> = {
  parameters: problem.parameters,
  velocities: problem.parameters.map((p) => matrix(p.rows, p.columns, () => 0)),
}
for (let i = 0; i < 3; i++) {
  const next = stepByHand(problem, state)
  byHand.push(next)
  state = next
}

describe.each(deviceNames)('on %s', (device) => {
  beforeAll(() => init({ device }))

  test.each([
    ['f64', 1e-12],
    ['f32', 2e-5],
  ] as const)('three steps in %s: losses and parameters agree to %d', (dtype, tolerance) => {
    const { losses, parameters } = train(problem, dtype, 3)
    for (const [i, { loss }] of byHand.entries())
      expect(Math.abs((losses[i] as number) - loss)).toBeLessThan(tolerance * loss)
    for (const [i, wanted] of (byHand[2] as State).parameters.entries()) {
      const got = parameters[i] as Float64Array
      const error = wanted.data.reduce((worst, value, j) => Math.max(worst, Math.abs(value - (got[j] as number))), 0)
      expect(error, `parameter ${i}`).toBeLessThan(tolerance)
    }
  })
})
