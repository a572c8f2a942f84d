// Reductions over windows that reach over the edge: what is padded with a neutral element is not padded at all; the windows there have fewer taps.

import type { Shape } from '../core/shape.ts'
import type { Reduce } from '../kernels/kernel.ts'
import { rewriteStage } from '../kernels/rewrite.ts'
import type { Node, OpNode } from '../ops/node.ts'
import { identityOf } from '../ops/reduce.ts'
import type { Sliding } from '../ops/sliding.ts'
import { isPadding, reductionNames } from './op-roles.ts'

/** Neighbouring windows along an axis that meet the image with the same taps. */
interface Span {
  readonly window: number
  readonly windows: number
  readonly tap: number
  readonly taps: number
}

/** Parts of a result that are worth a stage each rather than the padding. */
const mostParts = 16
/** The axes of rows and columns among [N, OH, OW, kh, kw, C], and those of their taps. */
const gridAxes = [1, 2] as const
export const tapAxes = [3, 4] as const

/** How the windows of a grid [N, OH, OW, …] along one axis of an image [N, H, W, C] meet it, which lies behind `before` other pixels. */
function spansAlong(axis: 0 | 1, image: Shape, grid: Shape, sliding: Sliding, before: readonly number[]): Span[] {
  const { size, stride, dilation } = sliding
  const extent = image[axis + 1] as number
  const spans: Span[] = []
  for (let window = 0; window < (grid[axis + 1] as number); window++) {
    const start = window * stride[axis] - (before[axis + 1] as number)
    const tap = Math.max(0, Math.ceil(-start / dilation[axis]))
    const end = Math.min(size[axis], Math.ceil((extent - start) / dilation[axis]))
    const last = spans.at(-1)
    if (last?.tap === tap && last.tap + last.taps === end)
      spans[spans.length - 1] = { ...last, windows: last.windows + 1 }
    else spans.push({ window, windows: 1, tap, taps: end - tap })
  }
  return spans
}

/** Along the height and along the width. */
function spansOf(windows: OpNode, pad: OpNode): readonly [Span[], Span[]] {
  const { shape } = pad.inputs[0] as Node
  const along = (axis: 0 | 1): Span[] =>
    spansAlong(axis, shape, windows.shape, windows.attributes as Sliding, pad.attributes.before as readonly number[])
  return [along(0), along(1)]
}

/** Does each window hold a pixel of the image itself, and are those at its edges few kinds? */
export function windowsMeetImage(image: Shape, grid: Shape, sliding: Sliding, before: readonly number[]): boolean {
  const [down, across] = ([0, 1] as const).map((axis) => spansAlong(axis, image, grid, sliding, before)) as [
    Span[],
    Span[],
  ]
  return down.length * across.length <= mostParts && [...down, ...across].every(({ taps }) => taps > 0)
}

/** A reduction over all taps of windows, and over nothing else. */
function reducesTaps({ op, attributes }: OpNode): boolean {
  return reductionNames.has(op.name) && String(attributes.axes) === String(tapAxes)
}

/**
 * Can all users of a pad do without it? They must be reductions over windows, to which its value adds nothing, and each of whose windows meets the
 * image. `usersOf` gives the users of a node, none of which the program must leave in memory.
 */
export function isNeutralPad(pad: OpNode, usersOf: (node: Node) => readonly OpNode[]): boolean {
  const { before, after, value = 0 } = pad.attributes as { before: number[]; after: number[]; value?: number }
  const users = usersOf(pad)
  const withinImages = [0, 3].every((axis) => before[axis] === 0 && after[axis] === 0)
  return (
    withinImages &&
    users.length > 0 &&
    users.every((windows) => {
      if (windows.op.name !== 'windows') return false
      const reductions = usersOf(windows)
      return (
        windowsMeetImage((pad.inputs[0] as Node).shape, windows.shape, windows.attributes as Sliding, before) &&
        reductions.length > 0 &&
        reductions.every((node) => reducesTaps(node) && identityOf(node.op.name, node.dtype) === value)
      )
    })
  )
}

/** The parts of `stage`, a reduction of `root` that reads what `isSkipped` pads surround: each with the taps that its windows have. */
export function withoutEdges(root: OpNode, stage: Reduce, isSkipped: (node: Node) => boolean): Reduce[] {
  const windows = root.inputs[0] as Node
  if (windows.kind !== 'op' || windows.op.name !== 'windows') return [stage]
  const pad = windows.inputs[0] as Node
  if (!isPadding(pad) || !isSkipped(pad)) return [stage]
  const kept = [...windows.shape.keys()].filter((axis) => windows.shape[axis] !== 1)
  const [rows, columns] = spansOf(windows, pad)
  return rows.flatMap((down) =>
    columns.map((across) => {
      const starts = new Map<number, number>()
      const extents = new Map<number, number>()
      for (const [i, span] of [down, across].entries()) {
        starts.set(gridAxes[i] as number, span.window).set(tapAxes[i] as number, span.tap)
        extents.set(gridAxes[i] as number, span.windows).set(tapAxes[i] as number, span.taps)
      }
      const part = rewriteStage(stage, (walk) => ({
        ...walk,
        offset: kept.reduce((sum, axis, i) => sum + (starts.get(axis) ?? 0) * (walk.strides[i] as number), walk.offset),
      }))
      return { ...part, axes: stage.axes.map((extent, i) => extents.get(kept[i] as number) ?? extent) }
    }),
  )
}
