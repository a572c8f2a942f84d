// Kernels that add windows where they came from: image by image, one pass per position within the window, in fixed order.

import type { Expression, Stage } from '../kernels/kernel.ts'
import type { Node } from '../ops/node.ts'
import { combine, flatten } from './expressions.ts'
import type { Group } from './fuse.ts'
import { builderFor, type Places } from './places.ts'
import { bySlab, type SlabStages } from './slabs.ts'

export function overlapStages(group: Group, places: Places): SlabStages {
  const { root } = group
  const source = root.inputs[0] as Node
  const { stride, dilation } = root.attributes as { stride: readonly number[]; dilation: readonly number[] }
  const [images, rows, columns, height, width, channels] = source.shape as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const { dtype } = root
  const [buffer] = places.destinations(root) as [number]
  const whole = [...root.shape]
  const everywhere = flatten(
    whole.map((_, axis) => combine(whole.length, 0, [[axis, 1]])),
    whole,
    whole.length,
  )
  const zero: Stage = {
    kind: 'materialise',
    slabRole: 'parallel',
    axes: whole,
    stores: [{ access: { buffer, slab: 0, ...everywhere }, value: { kind: 'literal', value: 0, dtype }, dtype }],
  }
  const axes = [images, rows, columns, channels]
  const at = (axis: number, scale = 1, offset = 0): ReturnType<typeof combine> =>
    combine(axes.length, offset, [[axis, scale]])
  const taps = Array.from({ length: height * width }, (_, tap): Stage => {
    const [down, across] = [Math.floor(tap / width), tap % width]
    const builder = builderFor(group, places, axes.length, () => undefined)
    const value = builder.build(source, [
      at(0),
      at(1),
      at(2),
      combine(axes.length, down, []),
      combine(axes.length, across, []),
      at(3),
    ])
    const target = flatten(
      [
        at(0),
        at(1, stride[0], down * (dilation[0] as number)),
        at(2, stride[1], across * (dilation[1] as number)),
        at(3),
      ],
      root.shape,
      axes.length,
    )
    const access = { buffer, slab: 0, ...target }
    const before: Expression = { kind: 'load', access, dtype }
    return {
      kind: 'materialise',
      slabRole: 'parallel',
      axes,
      stores: [{ access, value: { kind: 'apply', op: 'add', inputs: [before, value], dtype }, dtype }],
    }
  })
  return { slabs: images, steps: 1, opening: [], stages: [zero, ...taps].map((stage) => bySlab(stage)) }
}
