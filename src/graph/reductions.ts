// From a group whose root is a reduction to its stage.

import type { Reduce } from '../kernels/kernel.ts'
import type { Node } from '../ops/node.ts'
import { axisAffine, spreadIndex } from './expressions.ts'
import type { Group } from './fuse.ts'
import { builderFor, type Places, storesOf } from './places.ts'

/** The reduction that is a group's root, with the rest of the group as its epilogue. */
export function reduceStage(group: Group, places: Places): Reduce {
  const { root } = group
  const input = root.inputs[0] as Node
  const over = root.attributes.axes as readonly number[]
  const kept = input.shape.map((_, axis) => axis).filter((axis) => input.shape[axis] !== 1)
  const axes = kept.map((axis) => input.shape[axis] as number)
  const reduced = kept.map((axis) => over.includes(axis))
  const builder = builderFor(group, places, axes.length, (node) =>
    node === root ? { kind: 'result', index: 0, dtype: root.dtype } : undefined,
  )
  const positions = axes.map((_, axis) => axisAffine(axes.length, axis))
  const value = builder.build(input, spreadIndex(positions, input.shape, axes.length))
  const outer = positions.filter((_, axis) => !reduced[axis])
  const stores = storesOf(group, places, builder, outer, axes.length)
  return {
    kind: 'reduce',
    slabRole: 'broadcast',
    axes,
    reduced,
    reductions: [{ by: root.op.name as 'sum', value }],
    stores,
  }
}
