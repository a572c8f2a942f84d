// What becomes of max pools: activations that wait for them, and padding that nobody reads.

import { describe, expect, test } from 'vitest'
import '../../../src/index.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import { type Graph, makeGraph } from '../../../src/graph/graph.ts'
import { scheduleGraph } from '../../../src/graph/schedule.ts'
import { simplify } from '../../../src/graph/simplify.ts'
import { splitKernel } from '../../../src/graph/split.ts'
import type { Kernel } from '../../../src/kernels/kernel.ts'
import { gelu, geluTanh, leakyRelu, relu, sigmoid, silu, tanh } from '../../../src/nn/activations.ts'
import { topologicalOrder } from '../../../src/ops/node.ts'
import type { MaxPoolingOptions } from '../../../src/tensor/pooling.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { whileTracing } from '../../../src/tensor/trace.ts'

const shape = [1, 8, 8, 4] as const
const image = (): Tensor => tensor(new Float32Array(sizeOf(shape)), { shape: [...shape] })
const halving: MaxPoolingOptions = { size: 2 }

/** The graph of a function of an image, as a compiled function has it. */
function graphOf(fn: (x: Tensor) => Tensor | Tensor[]): Graph {
  const { result } = whileTracing(() => [fn(image())].flat())
  return makeGraph(result.map(({ node }) => node))
}

/** Rows that ops of a name see after simplification. */
function rowsOf(name: string, fn: (x: Tensor) => Tensor | Tensor[]): (number | undefined)[] {
  const { outputs } = simplify(graphOf(fn))
  return topologicalOrder(outputs).flatMap((node) =>
    node.kind === 'op' && node.op.name === name ? [node.shape[1]] : [],
  )
}

function kernelsOf(fn: (x: Tensor) => Tensor): readonly string[] {
  return scheduleGraph(graphOf(fn)).kernels.map(({ name }) => name)
}

describe('an activation before a max pool', () => {
  test.each([
    ['tanh', tanh, 'tanh', 1],
    ['sigmoid', sigmoid, 'sigmoid', 1],
    ['exp', (x: Tensor) => x.exp(), 'exp', 1],
    ['GELU', gelu, 'erf', 2],
    ['SiLU', silu, 'sigmoid', 2],
    ["GELU's approximation", geluTanh, 'tanh', 2],
  ] as const)('%s is computed of what was pooled', (_, activation, op, times) => {
    const rows = (padding: number): unknown => rowsOf(op, (x) => activation(x).maxPool2d({ ...halving, padding }))
    expect(rows(0)).toEqual(new Array(times).fill(4))
    expect(rows(1)).toEqual(new Array(times).fill(5))
  })

  test('stays where others use it, or where the graph leaves it', () => {
    const twice = (x: Tensor): Tensor => {
      const y = gelu(x)
      return y.maxPool2d(halving).add(y.averagePool2d(halving))
    }
    const left = (x: Tensor): Tensor[] => {
      const y = gelu(x)
      return [y.maxPool2d(halving), y]
    }
    expect(rowsOf('erf', twice)).toEqual([8])
    expect(rowsOf('erf', left)).toEqual([8])
  })

  test('stays where the pool leaves as many values', () => {
    expect(rowsOf('tanh', (x) => tanh(x).maxPool2d({ size: 3, stride: 1, padding: 1 }))).toEqual([8])
    expect(rowsOf('erf', (x) => gelu(x).maxPool2d({ size: 2, stride: [2, 1], padding: [0, 1] }))).toEqual([8])
  })

  test.each([
    ['sin', (x: Tensor) => x.sin()],
    ['relu', relu],
    ['select', leakyRelu],
    // Not defined below 0: a NaN there must reach the result.
    ['log', (x: Tensor) => x.log()],
    // GELU with another factor inside.
    ['erf', (x: Tensor) => x.multiply(0.5).multiply(x.multiply(0.7).erf().add(1))],
  ] as const)('stays where it is no known one, or costs nothing: %s', (op, fn) => {
    expect(rowsOf(op, (x) => fn(x).maxPool2d(halving))).toEqual([8])
  })

  test('takes the largest and the least in one walk', () => {
    const kernels = kernelsOf((x) => gelu(x.multiply(3)).maxPool2d(halving))
    expect(kernels).toHaveLength(1)
    expect(kernels[0]).toMatch(/max.* min|min.* max/)
  })
})

test('threads share the inside of a pool, apart from its edges', () => {
  const large = tensor(new Float32Array(112 * 112 * 64), { shape: [1, 112, 112, 64] })
  const { node } = large.maxPool2d({ size: 3, stride: 2, padding: 1 })
  const [kernel, ...others] = scheduleGraph(makeGraph([node])).kernels as readonly [Kernel]
  expect(others).toEqual([])
  const [edges, inside, ...rest] = splitKernel(kernel, 2) as readonly [Kernel, Kernel]
  expect(rest).toEqual([])
  expect([edges.slabs, edges.stages.length]).toEqual([1, 3])
  expect(inside.slabs).toBeGreaterThan(1)
  expect(edges.flops + inside.flops).toBeCloseTo(kernel.flops, 0)
})

describe('padding around a pool', () => {
  test('is not made where windows can do without', () => {
    for (const pool of [
      (x: Tensor) => x.maxPool2d({ size: 3, stride: 2, padding: 1 }),
      (x: Tensor) => x.averagePool2d({ size: 3, stride: 2, padding: 1, countIncludePad: false }),
      (x: Tensor) => x.maxPool2d({ size: 3, stride: 2, ceilMode: true }),
    ])
      expect(kernelsOf(pool).some((name) => name.includes('pad'))).toBe(false)
  })

  test('is made where windows see nothing else, and where they are of many kinds', () => {
    expect(kernelsOf((x) => x.maxPool2d({ size: 2, dilation: 9, padding: 1 }))).toContain('pad')
    expect(kernelsOf((x) => x.maxPool2d({ size: 7, stride: 1, padding: 3 }))).toContain('pad')
  })
})
