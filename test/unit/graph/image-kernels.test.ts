// Kernels over images: what shares one pass, and what then never crosses memory.

import { describe, expect, test } from 'vitest'
import '../../../src/index.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import { type Graph, makeGraph } from '../../../src/graph/graph.ts'
import { scheduleGraph } from '../../../src/graph/schedule.ts'
import { convolution, maxPool, multiply, pad, sum, unary } from '../../../src/ops/functions.ts'
import { arrayNode, type Node } from '../../../src/ops/node.ts'
import { gradients } from '../../../src/tensor/gradients.ts'
import { tensor } from '../../../src/tensor/tensor.ts'

const images = 4
const once = { stride: [1, 1], dilation: [1, 1], groups: 1 } as const

function leaf(...shape: number[]): Node {
  return arrayNode(new Float32Array(sizeOf(shape)), shape, 'f32')
}

function padded(x: Node): Node {
  return pad(x, [0, 1, 1, 0], [0, 1, 1, 0])
}

/** Bytes that all kernels share, and the ops of each kernel. */
function scheduled(graph: Graph): { names: string[]; scratch: number } {
  const { kernels, scratch } = scheduleGraph(graph)
  return { names: kernels.map(({ name }) => name), scratch }
}

describe('a kernel over images', () => {
  test('pads what it pools in scratch of its thread: shared memory holds input and result alone', () => {
    const x = leaf(images, 8, 8, 16)
    const pooled = maxPool(pad(unary('sigmoid', x), [0, 1, 1, 0], [0, 1, 1, 0], Number.NEGATIVE_INFINITY), {
      size: [2, 2],
      stride: [2, 2],
      dilation: [1, 1],
    })
    const { names, scratch } = scheduled(makeGraph([pooled]))
    expect(names).toHaveLength(1)
    const bytes = 4 * (sizeOf(x.shape) + sizeOf(pooled.shape))
    expect(scratch).toBeLessThan(bytes + 512)
  })

  test('takes the gradient of pooling, what is computed on it, and its sums together', () => {
    const x = tensor(new Float32Array(images * 8 * 8 * 16), { shape: [images, 8, 8, 16] })
    const scale = tensor(new Float32Array(16).fill(2), { shape: [16] })
    const loss = x.multiply(scale).sigmoid().maxPool2d({ size: 2 }).sum()
    const names = scheduled(makeGraph(gradients(loss, [x, scale]).map(({ node }) => node))).names
    const last = names.find((name) => name.includes('overlapAdd')) as string
    expect(last).toMatch(/overlapAdd .*sum/)
  })

  test('sums what a convolution gave, with a product that is not written for it', () => {
    const [x, z] = [leaf(images, 8, 8, 16), leaf(images, 8, 8, 16)]
    const y = convolution(padded(x), leaf(3, 3, 16, 16), once)
    const sums = [sum(y, [1, 2]), sum(multiply(y, z), [1, 2])]
    const { names, scratch } = scheduled(makeGraph([y, ...sums]))
    expect(names).toHaveLength(1)
    const bytes = 4 * (3 * sizeOf(x.shape) + 9 * 16 * 16 + 2 * images * 16)
    expect(scratch).toBeLessThan(bytes + 1024)
  })

  test('keeps a result in scratch that only it needs', () => {
    const x = leaf(images, 8, 8, 16)
    const inner = unary('relu', convolution(padded(x), leaf(3, 3, 16, 16), once))
    const total = sum(inner, [1, 2])
    const { names, scratch } = scheduled(makeGraph([total]))
    expect(names).toHaveLength(1)
    expect(scratch).toBeLessThan(4 * (sizeOf(x.shape) + 9 * 16 * 16 + images * 16) + 1024)
  })
})
