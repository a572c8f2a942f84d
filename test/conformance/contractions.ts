// Matrix products beyond one block of everything: sums in parts, packed panels, packed rows, stacks, and epilogues over all of it.

import type { DType, TypedArray } from '../../src/core/dtype.ts'
import type { Device } from '../../src/devices/device.ts'
import { hostData, makeGraph } from '../../src/graph/graph.ts'
import { add, broadcastTo, matmul, slice, transpose, unary } from '../../src/ops/functions.ts'
import { arrayNode, type Node, type OpNode } from '../../src/ops/node.ts'
import { allowances, firstDifference } from './device-check.ts'
import { evaluate } from './evaluate.ts'
import type { MemoryWatch } from './fuzz/memory-watch.ts'
import { seededBy } from './samples.ts'

/** How an operand lies in memory: as it is, transposed, or as a part of longer rows. */
type Layout = 'plain' | 'transposed' | 'cut'

export interface Contraction {
  readonly outer?: number
  readonly rows: number
  readonly sum: number
  readonly columns: number
  readonly dtype: DType
  readonly a: Layout
  readonly b: Layout
  /** relu(product + bias) instead of the product. */
  readonly epilogue?: boolean
}

function leaf(shape: readonly number[], dtype: DType, seed: string): Node {
  const random = seededBy(shape, seed)
  const data = dtype === 'f64' ? new Float64Array(count(shape)) : new Float32Array(count(shape))
  for (let i = 0; i < data.length; i++) data[i] = (random.integer(4097) - 2048) / 1024
  return arrayNode(data, shape, dtype)
}

const count = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1)

function operand(shape: readonly number[], layout: Layout, dtype: DType, seed: string): Node {
  const [rows, columns] = shape.slice(-2) as [number, number]
  const outer = shape.slice(0, -2)
  if (layout === 'plain') return leaf(shape, dtype, seed)
  if (layout === 'transposed') return transpose(leaf([...outer, columns, rows], dtype, seed))
  const wide = leaf([...outer, rows, columns + 300], dtype, seed)
  const starts = shape.map((_, axis) => (axis === shape.length - 1 ? 7 : 0))
  return slice(
    wide,
    starts,
    shape.map((extent, axis) => extent + (starts[axis] as number)),
  )
}

/** The product, its operands, and what comes out in the end. */
export function makeContraction({ outer, rows, sum, columns, dtype, a: left, b: right, epilogue }: Contraction): {
  a: Node
  b: Node
  product: OpNode
  result: Node
} {
  const stack = outer === undefined ? [] : [outer]
  const a = operand([...stack, rows, sum], left, dtype, 'a')
  const b = operand([...stack, sum, columns], right, dtype, 'b')
  const product = matmul(a, b) as OpNode
  const bias = broadcastTo(leaf([columns], dtype, 'bias'), product.shape)
  return { a, b, product, result: epilogue ? unary('relu', add(product, bias)) : product }
}

/** The first wrong element, or byte written where it should not be, as text. */
export function checkContraction(
  device: Device,
  reference: Device,
  contraction: Contraction,
  watch: MemoryWatch,
): string | undefined {
  const { dtype } = contraction
  const { a, b, product, result } = makeContraction(contraction)
  const [wanted, truth, x, y] = evaluate(reference, [result, product, a, b]) as [
    TypedArray,
    TypedArray,
    TypedArray,
    TypedArray,
  ]
  const graph = makeGraph([result])
  const executable = device.compile(graph)
  const inputs = graph.inputs.map((node) => hostData(node, []))
  const [got] = executable.run({ inputs, scalars: [], variables: [] }) as [TypedArray]
  const host = [
    { shape: a.shape, dtype, data: x },
    { shape: b.shape, dtype, data: y },
  ]
  const allowed = allowances(product.op, host, { shape: product.shape, dtype, data: truth }, product)
  const difference =
    firstDifference(got, wanted, (i) => 2 * (allowed[i] as number)) ?? watch.violation(graph, executable, [])
  return difference === undefined ? undefined : `${JSON.stringify(contraction)}: ${difference}`
}

/** Sizes on both sides of every block: 256 steps of a sum, 48 rows of a panel, 128 and 512 columns, 240 and 480 rows. */
export const contractions: readonly Contraction[] = [
  { rows: 487, sum: 260, columns: 131, dtype: 'f32', a: 'cut', b: 'plain', epilogue: true },
  { rows: 491, sum: 260, columns: 517, dtype: 'f32', a: 'transposed', b: 'transposed' },
  ...(['f32', 'f64'] as const).flatMap(ofDtype),
]

function ofDtype(dtype: DType): Contraction[] {
  return [
    { rows: 1, sum: 600, columns: 37, dtype, a: 'plain', b: 'plain' },
    { rows: 1, sum: 300, columns: 21, dtype, a: 'plain', b: 'transposed', epilogue: true },
    { rows: 32, sum: 1024, columns: 64, dtype, a: 'plain', b: 'plain', epilogue: true },
    { rows: 67, sum: 257, columns: 35, dtype, a: 'transposed', b: 'plain' },
    { rows: 50, sum: 130, columns: 300, dtype, a: 'plain', b: 'plain', epilogue: true },
    { rows: 53, sum: 520, columns: 19, dtype, a: 'cut', b: 'cut' },
    { rows: 300, sum: 270, columns: 133, dtype, a: 'cut', b: 'plain', epilogue: true },
    { rows: 290, sum: 513, columns: 129, dtype, a: 'transposed', b: 'transposed' },
    { rows: 261, sum: 256, columns: 140, dtype, a: 'plain', b: 'cut' },
    { outer: 3, rows: 17, sum: 260, columns: 33, dtype, a: 'transposed', b: 'plain', epilogue: true },
    { outer: 2, rows: 49, sum: 40, columns: 9, dtype, a: 'plain', b: 'transposed' },
    { rows: 5, sum: 0, columns: 7, dtype, a: 'plain', b: 'plain', epilogue: true },
  ]
}
