// Values of graph nodes by the op table, each computed twice: as it is, and with rounding noise after every op. How far the two drift
// apart says how much a device may differ; values that no rounding touches must be equal to the bit.

import { allocateArray, isFloat, type TypedArray } from '../../../src/core/dtype.ts'
import type { Random } from '../../../src/core/random.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import { type Node, type OpNode, topologicalOrder } from '../../../src/ops/node.ts'
import type { HostValue } from '../../../src/ops/op.ts'
import { allowances } from '../device-check.ts'

export interface Value {
  readonly data: TypedArray
  readonly noisy: TypedArray
  /** No rounding has happened on the way: every device gives these bits. */
  readonly exact: boolean
}

/** Ops that round nothing when their result can be represented. */
const roundsNothing = new Set(
  'add subtract multiply maximum minimum negate abs relu sign floor ceil round less lessEqual equal notEqual and or not select cast stopGradient sum max min reshape permute expand slice flip pad concat gather scatterAdd iota random matmul'.split(
    ' ',
  ),
)
/** Ops whose intermediate sums must be small, too. */
const sums = new Set(['sum', 'matmul', 'scatterAdd'])

const grid = 2 ** -8
const bound = 2 ** 12

/** Multiples of 2^-8 below 2^12: sums and products of a few of them fit f32. */
function onGrid(data: TypedArray): boolean {
  return data.every((value) => Number.isInteger(value / grid) && Math.abs(value) <= bound)
}

export class NoisyValues {
  readonly #values = new Map<Node, Value>()
  readonly #random: Random
  readonly #leaf: (node: Node) => TypedArray

  /** `leaf` gives the data of nodes that are no ops. */
  constructor(random: Random, leaf: (node: Node) => TypedArray) {
    this.#random = random
    this.#leaf = leaf
  }

  of(node: Node): Value {
    for (const one of topologicalOrder([node], (n) => (this.#values.has(n) ? [] : n.inputs))) {
      if (!this.#values.has(one)) this.#values.set(one, this.#compute(one))
    }
    return this.#values.get(node) as Value
  }

  #compute(node: Node): Value {
    if (node.kind !== 'op') {
      const data = this.#leaf(node)
      return { data, noisy: data, exact: onGrid(data) }
    }
    const inputs = node.inputs.map((input) => this.#values.get(input) as Value)
    const data = run(
      node,
      inputs.map(({ data }) => data),
    )
    const exact = inputs.every((input) => input.exact) && isExact(node, inputs, data)
    return { data, noisy: exact ? data : this.#noise(node, inputs), exact }
  }

  #noise(node: OpNode, inputs: readonly Value[]): TypedArray {
    const noisy = run(
      node,
      inputs.map((input) => input.noisy),
    )
    if (!isFloat(node.dtype) || movesOnly(node)) return noisy
    const hosts = hostValues(
      node,
      inputs.map((input) => input.noisy),
    )
    const allowed = allowances(node.op, hosts, { shape: node.shape, dtype: node.dtype, data: noisy }, node)
    return noisy.map((value, i) => value + (allowed[i] as number) * this.#random.uniform(-1, 1))
  }
}

const moving = new Set(['movement', 'gather', 'random'])

function movesOnly({ op }: OpNode): boolean {
  return moving.has(op.family) && op.name !== 'scatterAdd'
}

function hostValues(node: OpNode, data: readonly TypedArray[]): HostValue[] {
  return node.inputs.map(({ shape, dtype }, i) => ({ shape, dtype, data: data[i] as TypedArray }))
}

function run(node: OpNode, data: readonly TypedArray[]): TypedArray {
  const output = allocateArray(node.dtype, sizeOf(node.shape))
  node.op.evaluate(hostValues(node, data), { shape: node.shape, dtype: node.dtype, data: output }, node.attributes)
  return output
}

function isExact(node: OpNode, inputs: readonly Value[], data: TypedArray): boolean {
  if (!roundsNothing.has(node.op.name)) return false
  if (!onGrid(data)) return node.op.name === 'random'
  if (!isFloat(node.dtype)) return true
  const output = { shape: node.shape, dtype: 'f64' as const, data: new Float64Array(data.length) }
  node.op.evaluate(
    hostValues(
      node,
      inputs.map((input) => input.data),
    ),
    output,
    node.attributes,
  )
  if (output.data.some((value, i) => value !== data[i])) return false
  if (!sums.has(node.op.name)) return true
  const sizes = node.inputs.map((input, i) => {
    const values = (inputs[i] as Value).data
    return { ...input, data: isFloat(input.dtype) ? values.map(Math.abs) : values }
  })
  node.op.evaluate(sizes, output, node.attributes)
  return output.data.every((value) => value <= bound)
}
