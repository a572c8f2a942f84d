// Stages that add windows where they came from: one pass per position within the window, in fixed order.

import type { Expression, Stage } from '../kernels/kernel.ts'
import type { Node } from '../ops/node.ts'
import { accessAt, combine } from './expressions.ts'
import type { Group } from './fuse.ts'
import { builderFor, type Places } from './places.ts'

/** Do windows lie side by side on the whole image, so that each pixel is in exactly one? */
function tile(source: readonly number[], size: readonly number[], stride: readonly number[]): boolean {
  return [0, 1].every((i) => {
    const [count, extent] = [source[1 + i] as number, source[3 + i] as number]
    return stride[i] === extent && count * extent === size[i]
  })
}

/** Stages over all images, whose first axis is the image. */
export function overlapStages(group: Group, places: Places): Stage[] {
  const { root } = group
  const source = root.inputs[0] as Node
  const { stride, dilation, size } = root.attributes as Readonly<
    Record<'stride' | 'dilation' | 'size', readonly number[]>
  >
  const [images, rows, columns, height, width, channels] = source.shape as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const { dtype } = root
  const place = places.destination(root)
  const whole = [...root.shape]
  const everywhere = whole.map((_, axis) => combine(whole.length, 0, [[axis, 1]]))
  const zero: Stage = {
    kind: 'materialise',
    slabRole: 'parallel',
    axes: whole,
    stores: [
      {
        access: accessAt(place, root.shape, everywhere, whole.length),
        value: { kind: 'literal', value: 0, dtype },
        dtype,
      },
    ],
  }
  const axes = [images, rows, columns, channels]
  const at = (axis: number, scale = 1, offset = 0): ReturnType<typeof combine> =>
    combine(axes.length, offset, [[axis, scale]])
  const alone = tile(source.shape, size, stride) && dilation.every((step) => step === 1)
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
    const target = [
      at(0),
      at(1, stride[0], down * (dilation[0] as number)),
      at(2, stride[1], across * (dilation[1] as number)),
      at(3),
    ]
    const access = accessAt(place, root.shape, target, axes.length)
    const before: Expression = { kind: 'load', access, dtype }
    const sum: Expression = { kind: 'apply', op: 'add', inputs: [before, value], dtype }
    return { kind: 'materialise', slabRole: 'parallel', axes, stores: [{ access, value: alone ? value : sum, dtype }] }
  })
  return alone ? taps : [zero, ...taps]
}
