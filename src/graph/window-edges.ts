// Reductions over windows that reach over the edge: what is padded with a neutral element is not padded at all; the windows there have fewer taps.

import type { Shape } from '../core/shape.ts'
import type { Reduce } from '../kernels/kernel.ts'
import { rewriteStage } from '../kernels/rewrite.ts'
import type { Node, OpNode } from '../ops/node.ts'
import { identityOf } from '../ops/reduce.ts'
import type { Sliding } from '../ops/sliding.ts'
import { isPadding, reductionNames, tapAxes } from './op-roles.ts'

/** Neighbouring windows along an axis that meet the image with the same taps. */
interface Span {
  readonly window: number
  readonly windows: number
  readonly tap: number
  readonly taps: number
}

/** Parts of a result that are worth a stage each rather than the padding. */
const mostParts = 16
/** The axes of rows and columns among [N, OH, OW, kh, kw, C], as those of their taps. */
const gridAxes = [1, 2] as const

/** Pixels before and after an image, axis by axis. */
type Margins = { readonly before: readonly number[]; readonly after: readonly number[] }

/** How the windows of a grid [N, OH, OW, …] meet an image [N, H, W, C] between margins: along its height, and along its width. */
function spansOf(image: Shape, grid: Shape, sliding: Sliding, { before }: Margins): readonly [Span[], Span[]] {
  const along = (axis: 0 | 1): Span[] => {
    const [size, stride, dilation] = [sliding.size[axis], sliding.stride[axis], sliding.dilation[axis]]
    const extent = image[axis + 1] as number
    const spans: Span[] = []
    for (let window = 0; window < (grid[axis + 1] as number); window++) {
      const start = window * stride - (before[axis + 1] as number)
      const tap = Math.max(0, Math.ceil(-start / dilation))
      const end = Math.min(size, Math.ceil((extent - start) / dilation))
      const last = spans.at(-1)
      if (last?.tap === tap && last.tap + last.taps === end)
        spans[spans.length - 1] = { ...last, windows: last.windows + 1 }
      else spans.push({ window, windows: 1, tap, taps: end - tap })
    }
    return spans
  }
  return [along(0), along(1)]
}

/** Does each window hold a pixel of its image, and are those at its edges few kinds? No where there are margins beside whole images or channels. */
export function windowsMeetImage(image: Shape, grid: Shape, sliding: Sliding, margins: Margins): boolean {
  if ([0, 3].some((axis) => margins.before[axis] !== 0 || margins.after[axis] !== 0)) return false
  const [down, across] = spansOf(image, grid, sliding, margins)
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
  const { value = 0, ...margins } = pad.attributes as Margins & { value?: number }
  const { shape } = pad.inputs[0] as Node
  const users = usersOf(pad)
  return (
    users.length > 0 &&
    users.every((windows) => {
      const reductions = usersOf(windows)
      return (
        windows.op.name === 'windows' &&
        windowsMeetImage(shape, windows.shape, windows.attributes as Sliding, margins) &&
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
  const { shape } = pad.inputs[0] as Node
  const [rows, columns] = spansOf(shape, windows.shape, windows.attributes as Sliding, pad.attributes as Margins)
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
