// Elementwise functions of one variable: forward rule and derivative of each side by side.

import { compare, cos, divide, exp, fill, multiply, negate, select, sin, square, subtract } from './functions.ts'
import type { Node } from './node.ts'
import type { Op } from './op.ts'
import { pointwise, positive, real } from './pointwise.ts'

/** erf by its Maclaurin series for small |x| and a continued fraction of erfc beyond; both to 1e-16 relative. */
function errorFunction(x: number): number {
  const z = Math.abs(x)
  if (Number.isNaN(x)) return x
  if (z > 6) return Math.sign(x)
  if (z < 2.5) {
    let term = z
    let total = z
    for (let n = 1; Math.abs(term) > 1e-18 * total; n++) {
      term *= (-z * z) / n
      total += term / (2 * n + 1)
    }
    return (Math.sign(x) * 2 * total) / Math.sqrt(Math.PI)
  }
  let fraction = 0
  for (let k = 80; k >= 1; k--) fraction = k / 2 / (z + fraction)
  return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction))
}

function sigmoidOf(x: number): number {
  const e = Math.exp(-Math.abs(x))
  return (x >= 0 ? 1 : e) / (1 + e)
}

const nearestEven = (x: number): number => {
  const rounded = Math.round(x)
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

/** A function of one variable: the derivative is given the input and the output. */
function curve(
  name: string,
  doc: string,
  value: (x: number) => number,
  derivative: ((x: Node, y: Node) => Node) | string,
  options: {
    domain?: readonly [number, number]
    kink?: (x: number) => number
    flops?: number
    tolerance?: number
  } = {},
): Op {
  const { domain = real, kink, ...rest } = options
  return pointwise({
    name,
    doc,
    value: (x) => value(x as number),
    ...(typeof derivative === 'string' ? { flat: derivative } : { partials: ([x], y) => [derivative(x as Node, y)] }),
    domains: [domain],
    ...(kink === undefined ? {} : { kink: (x) => kink(x as number) }),
    ...rest,
  })
}

const jumps = { kink: (x: number) => x - Math.round(x) }

export const transcendentalOps: readonly Op[] = [
  curve('sqrt', "square root; y' = 1 / (2 y)", Math.sqrt, (_, y) => divide(0.5, y), { domain: positive }),
  curve('exp', "e^x; y' = y", Math.exp, (_, y) => y),
  curve('log', "natural logarithm; y' = 1 / x", Math.log, (x) => divide(1, x), { domain: positive }),
  curve('sin', "sine; y' = cos x", Math.sin, (x) => cos(x), { domain: [-30, 30] }),
  curve('cos', "cosine; y' = -sin x", Math.cos, (x) => negate(sin(x)), { domain: [-30, 30] }),
  curve('tanh', "hyperbolic tangent; y' = 1 - y^2", Math.tanh, (_, y) => subtract(1, square(y)), { flops: 4 }),
  curve(
    'sigmoid',
    "1 / (1 + e^-x), stable for any finite x; y' = y (1 - y), from the output alone",
    sigmoidOf,
    (_, y) => multiply(y, subtract(1, y)),
    { flops: 4 },
  ),
  curve(
    'erf',
    "2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x; y' = 2 / sqrt(pi) e^(-x^2)",
    errorFunction,
    (x) => multiply(2 / Math.sqrt(Math.PI), exp(negate(square(x)))),
    { flops: 8 },
  ),
  // The derivative looks at the output: it is 0 exactly where x <= 0, and the input need not be kept. At 0 it is 0, as PyTorch's.
  curve(
    'relu',
    "max(x, 0), NaN stays NaN; y' = 1 where y > 0, else 0",
    (x) => (x <= 0 ? 0 : x),
    (_, y) => select(compare('lessEqual', y, 0), 0, fill(1, y)),
    { kink: (x) => x },
  ),
  curve('sign', '-1, 0 or 1', Math.sign, 'constant but for the jump at 0', { kink: (x) => x }),
  curve('floor', 'largest integer <= x', Math.floor, 'constant between its jumps', jumps),
  curve('ceil', 'smallest integer >= x', Math.ceil, 'constant between its jumps', jumps),
  curve('round', 'nearest integer, halves to even', nearestEven, 'constant between its jumps', {
    kink: (x) => x - Math.floor(x) - 0.5,
  }),
]
