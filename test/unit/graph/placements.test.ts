// Parts of concatenations and insides of pads: written where they end up, unless someone reads them otherwise.

import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../../src/core/shape.ts'
import { makeGraph } from '../../../src/graph/graph.ts'
import { scheduleGraph } from '../../../src/graph/schedule.ts'
import { concat, type Tensor, tensor } from '../../../src/index.ts'
import { type Kernel, kernelStages, stageReads } from '../../../src/kernels/kernel.ts'
import { whileTracing } from '../../../src/tensor/trace.ts'

function filled(...shape: number[]): Tensor {
  return tensor(new Float32Array(sizeOf(shape)).fill(1), { shape })
}

function kernelsOf(fn: (x: Tensor) => Tensor | Tensor[]): readonly Kernel[] {
  const { result } = whileTracing(() => [fn(filled(1, 6, 6, 8))].flat())
  return scheduleGraph(makeGraph(result.map(({ node }) => node))).kernels
}

/** Elements that kernels with this op read, one after the other: what they copy. */
function copied(name: string, fn: (x: Tensor) => Tensor | Tensor[]): number {
  const stages = kernelsOf(fn)
    .filter((kernel) => kernel.name.split(' ').includes(name))
    .flatMap(kernelStages)
  return stages.reduce((sum, stage) => sum + (stageReads(stage).size > 0 ? sizeOf(stage.axes) : 0), 0)
}

const convolved = (x: Tensor, padding = 1): Tensor => {
  const size = 2 * padding + 1
  return x.conv2d(filled(size, size, x.shape[3] as number, 8), { padding }).relu()
}
const pixels = 6 * 6 * 8

describe('a concatenation', () => {
  test('of results that nobody else uses is no kernel', () => {
    const names = kernelsOf((x) => concat([convolved(x), convolved(x, 0)], 3).sum()).map(({ name }) => name)
    expect(names.filter((name) => name.includes('concat'))).toEqual([])
    expect(names.filter((name) => name.startsWith('convolution'))).toHaveLength(2)
  })

  test('copies what others use, too, and what it has twice', () => {
    const shared = (x: Tensor): Tensor => {
      const y = convolved(x)
      return concat([y, convolved(x, 0)], 3)
        .sum()
        .add(y.sum())
    }
    const twice = (x: Tensor): Tensor => {
      const y = convolved(x)
      return concat([y, convolved(x, 0), y], 3).sum()
    }
    expect(copied('concat', shared)).toBe(pixels)
    expect(copied('concat', twice)).toBe(2 * pixels)
  })

  test('copies what comes from outside, and products, whose running sums lie where their result goes', () => {
    expect(copied('concat', (x) => concat([x, convolved(x)], 3).sum())).toBe(pixels)
    const product = (x: Tensor): Tensor => x.reshape([36, 8]).matmul(filled(8, 8))
    expect(copied('concat', (x) => concat([product(x), product(x).exp()], 1).sum())).toBeGreaterThan(0)
  })

  test('that leaves the program is made of copies', () => {
    expect(copied('concat', (x) => concat([convolved(x), convolved(x, 0)], 3))).toBe(2 * pixels)
  })

  test('in another one is copied, once', () => {
    const nested = (x: Tensor): Tensor => concat([concat([convolved(x), convolved(x, 0)], 3), convolved(x)], 3).sum()
    expect(copied('concat', nested)).toBe(2 * pixels)
  })
})

describe('a pad', () => {
  test('of a result is its margins', () => {
    expect(copied('pad', (x) => convolved(convolved(x)))).toBe(pixels)
    // The second pad is the one that copies nothing: the first is of what comes from outside.
    expect(copied('pad', (x) => convolved(convolved(x, 0)))).toBe(0)
  })

  test('of what a residual adds is its margins', () => {
    const residual = (x: Tensor): Tensor => {
      const y = convolved(x, 0)
      return convolved(y).add(y)
    }
    expect(copied('pad', residual)).toBe(0)
  })

  test('and a concatenation of one value: it lies in the first and is copied to the other', () => {
    const both = (x: Tensor): Tensor => {
      const y = convolved(x, 0)
      return concat([y, convolved(y)], 3).sum()
    }
    expect(copied('pad', both)).toBe(0)
    expect(copied('concat', both)).toBe(pixels)
  })

  test('copies what a convolution of single pixels reads, what is flattened, and what leaves the program', () => {
    const pixelwise = (x: Tensor): Tensor => {
      const y = convolved(x, 0)
      return concat([convolved(y), convolved(y, 0)], 3).sum()
    }
    const flattened = (x: Tensor): Tensor => {
      const y = convolved(x, 0)
      return convolved(y)
        .sum()
        .add(y.reshape([1, pixels]).matmul(filled(pixels, 1)).sum())
    }
    const leaves = (x: Tensor): Tensor[] => {
      const y = convolved(x, 0)
      return [convolved(y), y]
    }
    for (const fn of [pixelwise, flattened, leaves]) expect(copied('pad', fn)).toBe(pixels)
  })
})
