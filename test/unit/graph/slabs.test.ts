// Stages of one image: where the images of a batch lead, and that a single one leads nowhere, wherever it was taken from.

import { describe, expect, test } from 'vitest'
import '../../../src/index.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import { makeGraph } from '../../../src/graph/graph.ts'
import { scheduleGraph } from '../../../src/graph/schedule.ts'
import { splitKernel } from '../../../src/graph/split.ts'
import type { Kernel } from '../../../src/kernels/kernel.ts'
import { convolution, slice } from '../../../src/ops/functions.ts'
import { arrayNode, type Node } from '../../../src/ops/node.ts'

function leaf(...shape: number[]): Node {
  return arrayNode(new Float32Array(sizeOf(shape)), shape, 'f32')
}

/** The convolution 3x3 of `images`, as its kernel. */
function kernelOf(images: Node): Kernel {
  const y = convolution(images, leaf(3, 3, 2, 5), { stride: [1, 1], dilation: [1, 1], groups: 1 })
  const found = scheduleGraph(makeGraph([y])).kernels.find(({ name }) => name === 'convolution')
  if (found === undefined) throw new Error('no kernel for the convolution')
  return found
}

function walked(kernel: Kernel): readonly number[] {
  return kernel.stages.flatMap((stage) => (stage.kind === 'contract' ? [stage.a.slab] : []))
}

describe('images and slabs', () => {
  test('a batch walks image by image', () => {
    expect(walked(kernelOf(leaf(4, 40, 1031, 2)))).toEqual([40 * 1031 * 2])
  })

  test('an image out of a larger batch walks nowhere, so that threads can share bands of its rows', () => {
    const image = slice(leaf(3, 40, 1031, 2), [1, 0, 0, 0], [2, 40, 1031, 2])
    const whole = kernelOf(image)
    expect(walked(whole)).toEqual([0])
    const [split] = splitKernel(whole, 2) as readonly [Kernel]
    const rows = 38 / split.slabs
    expect(split.slabs).toBeGreaterThan(1)
    expect(walked(split)).toEqual([rows * 1031 * 2])
  })
})
