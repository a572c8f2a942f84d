// Which compositions simplification writes: depthwise convolutions without a matrix, pooling and variance without kernels, sums sample by sample.

import { describe, expect, test } from 'vitest'
import '../../../src/index.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import { makeGraph } from '../../../src/graph/graph.ts'
import { simplify } from '../../../src/graph/simplify.ts'
import {
  convolution,
  convolutionInputGradient,
  convolutionWeightGradient,
  maxPool,
  mean,
  sum,
  variance,
} from '../../../src/ops/functions.ts'
import { arrayNode, type Node, topologicalOrder } from '../../../src/ops/node.ts'

function leaf(...shape: number[]): Node {
  return arrayNode(new Float32Array(sizeOf(shape)), shape, 'f32')
}

/** The ops of the simplified graph of some values, `name[axes]` for reductions, each as often as it stands there. */
function opsOf(...nodes: Node[]): string[] {
  const { outputs } = simplify(makeGraph(nodes))
  return topologicalOrder(outputs).flatMap((node) =>
    node.kind === 'op' ? [`${node.op.name}${'axes' in node.attributes ? `[${node.attributes.axes}]` : ''}`] : [],
  )
}

const attributes = { stride: [1, 1], dilation: [1, 1], groups: 4 } as const

describe('a convolution of each channel by itself is a sum over windows:', () => {
  const [x, g, weights] = [leaf(2, 6, 6, 4), leaf(2, 4, 4, 4), leaf(3, 3, 1, 4)]
  const pairs: readonly (readonly [string, Node, string])[] = [
    ['forward', convolution(x, weights, attributes), 'sum[3,4]'],
    ['input gradient', convolutionInputGradient(g, weights, { ...attributes, size: [6, 6] }), 'sum[3,4]'],
    ['weight gradient', convolutionWeightGradient(x, g, { ...attributes, kernel: [3, 3] }), 'sum[1,2]'],
  ]

  test.each(pairs)('%s', (_, node, reduction) => {
    const ops = opsOf(node)
    expect(ops).toContain('windows')
    expect(ops).toContain(reduction)
    expect(ops.filter((name) => /convolution|overlapAdd/i.test(name))).toEqual([])
  })

  test('input gradient with a stride', () => {
    const strided = { ...attributes, stride: [2, 2] } as const
    const ops = opsOf(convolutionInputGradient(leaf(2, 2, 2, 4), weights, { ...strided, size: [6, 6] }))
    expect(ops).toContain('overlapAdd')
    expect(ops.filter((name) => /convolution/i.test(name))).toEqual([])
  })

  test('but not with two outputs for each channel', () => {
    expect(opsOf(convolution(x, leaf(3, 3, 1, 8), attributes)).some((name) => name === 'convolution')).toBe(true)
  })
})

test('the largest of each window is a reduction', () => {
  const ops = opsOf(maxPool(leaf(2, 6, 6, 4), { size: [2, 2], stride: [2, 2], dilation: [1, 1] }))
  expect(ops).toEqual(['windows', 'max[3,4]', 'reshape'])
})

describe('a sum for each channel is taken sample by sample first', () => {
  test('over all but the last axis', () => {
    expect(opsOf(sum(leaf(5, 4, 3, 2), [0, 1, 2]))).toEqual(['sum[1,2]', 'sum[0]'])
    expect(opsOf(sum(leaf(5, 4, 3, 2), [0, 2]))).toEqual(['sum[2]', 'sum[0]'])
  })

  test('but not over the last axis, the samples alone, one sample, or rows', () => {
    expect(opsOf(sum(leaf(5, 4, 3), [0, 1, 2]))).toEqual(['sum[0,1,2]'])
    expect(opsOf(sum(leaf(5, 4, 3), [0]))).toEqual(['sum[0]'])
    expect(opsOf(sum(leaf(1, 4, 3), [0, 1]))).toEqual(['sum[1]'])
    expect(opsOf(sum(leaf(5, 4), [0]))).toEqual(['sum[0]'])
  })

  test('and so is the variance, which shares its sums with the mean', () => {
    const x = leaf(5, 4, 3, 2)
    const reductions = opsOf(mean(x, [0, 1, 2]), variance(x, [0, 1, 2])).filter((name) => name.startsWith('sum'))
    // Of x and of squared distances within samples; over the samples: of x's sums, of those squares, and of the means' distances.
    expect(reductions.sort()).toEqual(['sum[0]', 'sum[0]', 'sum[0]', 'sum[1,2]', 'sum[1,2]'])
  })
})
