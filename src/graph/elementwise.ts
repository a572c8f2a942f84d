// From a group whose root is elementwise to its stage.

import { denseShape } from '../core/shape.ts'
import type { Stage } from '../kernels/kernel.ts'
import { axisAffine } from './expressions.ts'
import type { Group } from './fuse.ts'
import { builderFor, type Places, storesOf } from './places.ts'

/** The stage that computes an elementwise group, over the axes of its root. */
export function elementwiseStage(group: Group, places: Places): Stage {
  const axes = denseShape(group.root.shape)
  const builder = builderFor(group, places, axes.length, () => undefined)
  const index = axes.map((_, axis) => axisAffine(axes.length, axis))
  const stores = storesOf(group, places, builder, index, axes.length)
  return { kind: 'materialise', slabRole: 'broadcast', axes, stores }
}
