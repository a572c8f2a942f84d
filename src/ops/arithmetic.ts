// Elementwise arithmetic: forward rule and derivative of each op side by side.

import {
  cast,
  compare,
  divide,
  fill,
  log,
  logic,
  multiply,
  negate,
  power,
  select,
  subtract,
  unary,
} from './functions.ts'
import type { Node } from './node.ts'
import type { Op } from './op.ts'
import { pointwise, real } from './pointwise.ts'

const twoReals = [real, real] as const

export const arithmeticOps: readonly Op[] = [
  pointwise({
    name: 'add',
    doc: 'a + b',
    value: (a, b) => (a as number) + (b as number),
    partials: ([a]) => [fill(1, a as Node), fill(1, a as Node)],
    domains: twoReals,
    takes: 'number',
  }),
  pointwise({
    name: 'subtract',
    doc: 'a - b',
    value: (a, b) => (a as number) - (b as number),
    partials: ([a]) => [fill(1, a as Node), fill(-1, a as Node)],
    domains: twoReals,
    takes: 'number',
  }),
  pointwise({
    name: 'multiply',
    doc: 'a * b',
    value: (a, b) => (a as number) * (b as number),
    valueOfIntegers: (a, b) => Math.imul(a as number, b as number),
    partials: ([a, b]) => [b, a],
    domains: twoReals,
    takes: 'number',
  }),
  pointwise({
    name: 'divide',
    doc: 'a / b',
    value: (a, b) => (a as number) / (b as number),
    partials: ([, b], output) => [divide(1, b as Node), negate(divide(output, b as Node))],
    domains: [real, [0.5, 3]],
  }),
  pointwise({
    name: 'power',
    doc: 'a ^ b as Math.pow; d/da = b a^(b-1), 0 where b = 0; d/db = a^b ln a (for a > 0), 0 where a = 0 and b >= 0',
    value: (a, b) => (a as number) ** (b as number),
    partials: ([a, b], output) => [slopeOfBase(a as Node, b as Node), slopeOfExponent(a as Node, b as Node, output)],
    domains: [
      [0.2, 3],
      [-2, 2],
    ],
    tolerance: 2e-6,
    flops: 2,
  }),
  pointwise({
    name: 'maximum',
    doc: 'the larger of a and b, NaN where either is, either zero of 0 and -0; at a tie each input gets half the gradient',
    value: (a, b) => Math.max(a as number, b as number),
    partials: ([a, b]) => [share(a as Node, b as Node), share(b as Node, a as Node)],
    domains: twoReals,
    kink: (a, b) => (a as number) - (b as number),
    takes: 'number',
  }),
  pointwise({
    name: 'minimum',
    doc: 'the smaller of a and b, NaN where either is, either zero of 0 and -0; at a tie each input gets half the gradient',
    value: (a, b) => Math.min(a as number, b as number),
    partials: ([a, b]) => [share(b as Node, a as Node), share(a as Node, b as Node)],
    domains: twoReals,
    kink: (a, b) => (a as number) - (b as number),
    takes: 'number',
  }),
  pointwise({
    name: 'negate',
    doc: '-x',
    value: (x) => -(x as number),
    partials: ([x]) => [fill(-1, x as Node)],
    domains: [real],
    takes: 'number',
  }),
  pointwise({
    name: 'abs',
    doc: '|x|; derivative sign(x)',
    value: (x) => Math.abs(x as number),
    partials: ([x]) => [unary('sign', x as Node)],
    domains: [real],
    kink: (x) => x as number,
    takes: 'number',
  }),
]

/** b a^(b-1), without the infinity that a = 0 gives beside b = 0. */
function slopeOfBase(a: Node, b: Node): Node {
  return select(compare('equal', b, 0), 0, multiply(b, power(a, subtract(b, 1))))
}

/** a^b ln a, without the infinity that a = 0 gives. */
function slopeOfExponent(a: Node, b: Node, output: Node): Node {
  const flat = logic('and', [compare('equal', a, 0), compare('lessEqual', 0, b)])
  return select(flat, 0, multiply(output, log(a)))
}

/** 1 where a > b, 1/2 where they are equal, 0 elsewhere: the share of a in max(a, b). */
function share(a: Node, b: Node): Node {
  return select(compare('equal', a, b), fill(0.5, a), cast(compare('less', b, a), a.dtype))
}
