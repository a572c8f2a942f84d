// What becomes one kernel: elementwise chains, views in front of them, epilogues of products and reductions. And what must not.

import { describe, expect, test } from 'vitest'
import { makeGraph } from '../../../src/graph/graph.ts'
import { scheduleGraph } from '../../../src/graph/schedule.ts'
import * as ops from '../../../src/ops/functions.ts'
import { arrayNode, type Node } from '../../../src/ops/node.ts'
import '../../../src/ops/table.ts'

const array = (...shape: number[]): Node =>
  arrayNode(new Float32Array(shape.reduce((size, extent) => size * extent, 1)), shape, 'f32')

/** The ops of each kernel, in order. */
const kernels = (...outputs: Node[]): string[] => scheduleGraph(makeGraph(outputs)).kernels.map(({ name }) => name)

describe('one kernel', () => {
  test('for a chain of elementwise ops behind views', () => {
    const x = ops.permute(array(4, 5), [1, 0])
    expect(kernels(ops.exp(ops.add(ops.multiply(x, 2), ops.flip(array(5, 4), [0]))))).toHaveLength(1)
  })

  test('for a dense layer: product, bias, activation', () => {
    const product = ops.matmul(array(32, 64), array(64, 36))
    const layer = ops.unary('relu', ops.add(product, ops.broadcastTo(array(36), [32, 36])))
    expect(kernels(layer)).toHaveLength(1)
  })

  test('for a product of transposed operands', () => {
    expect(kernels(ops.matmul(ops.transpose(array(32, 64)), ops.transpose(array(36, 32))))).toHaveLength(1)
  })

  test('for a reduction and what follows it', () => {
    expect(kernels(ops.multiply(ops.sum(ops.square(array(8, 40)), [1]), 0.5))).toHaveLength(1)
  })

  test('for two outputs, one made from the other', () => {
    const y = ops.exp(array(50))
    expect(kernels(y, ops.add(y, 1))).toHaveLength(1)
  })
})

describe('common parts', () => {
  test('are computed once, however often they are written', () => {
    const x = array(30, 40)
    const norm = (): Node => ops.sum(ops.square(x), [0, 1])
    expect(kernels(ops.add(norm(), norm()))).toHaveLength(1)
  })

  test('random draws of two streams stay two', () => {
    const key = ops.cast(ops.reshape(arrayNode(new Float32Array(1), [1], 'f32'), []), 'i32')
    const draw = (stream: number): Node => ops.random(key, key, [8], stream, 'f32')
    const graph = makeGraph([ops.subtract(draw(0), draw(1))])
    expect(graph.key.match(/random/g)).toHaveLength(2)
  })
})

describe('what moves nothing costs nothing', () => {
  test('movements that cancel leave no kernel but the copy of an input', () => {
    const x = array(3, 4, 5)
    const moved = ops.permute(ops.permute(x, [2, 0, 1]), [1, 2, 0])
    expect(kernels(ops.reshape(ops.reshape(moved, [12, 5]), [3, 4, 5]))).toEqual(['copy'])
  })

  test('factors of one and stopped gradients disappear', () => {
    const x = array(7)
    const graph = scheduleGraph(makeGraph([ops.exp(ops.multiply(ops.stopGradient(x), 1))]))
    expect(graph.kernels.map(({ name }) => name)).toEqual(['exp'])
  })
})
