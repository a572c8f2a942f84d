// Kernels of one stage in slabs that threads can share: blocks of an axis along which nothing is added up, so that results stay the same.

import { sizeOf } from '../core/shape.ts'
import { type Contract, type Kernel, type Stage, stageReads } from '../kernels/kernel.ts'
import { rewriteStage } from '../kernels/rewrite.ts'
import { chooseBlock, leastWork } from './slab-size.ts'

/** The stage of one slab: `block` positions of `axis`. */
function slabOf(stage: Stage, axis: number, block: number): Stage {
  const rewritten = rewriteStage(stage, (walk) => ({
    ...walk,
    slab: walk.slab + block * (walk.strides[axis] as number),
  }))
  const common = { axes: stage.axes.with(axis, block), slabRole: 'parallel' } as const
  return rewritten.kind === 'contract' ? { ...rewritten, ...common, whole: stage.axes } : { ...rewritten, ...common }
}

/** Columns of a product that one slab takes: the lowering keeps the running sums of so many, so that splitting there costs nothing. */
const columnsTogether = 256
/** Rows that must share a panel of columns, and how often the panels may be made. */
const rowsTogether = 32
const mostPanels = 16

/** The axis of a product to split and the block: matrices of their own first, then columns, then rows. */
function splitOfProduct(
  { axes, roles, panel }: Contract,
  threads: number,
): readonly [axis: number, block: number] | undefined {
  const extent = (axis: number): number => axes[axis] as number
  const split = (axis: number, least: number, multiple: number, most?: number): [number, number] | undefined => {
    const block =
      axis < 0 ? undefined : chooseBlock(extent(axis), { least, multiple, ...(most === undefined ? {} : { most }) })
    return block === undefined ? undefined : [axis, block]
  }
  const outer = roles.findIndex((role, axis) => role === 'outer' && extent(axis) > 1)
  const row = roles.indexOf('row')
  // Each slab copies the panels for itself: one slab for each thread, where that is even.
  const even = extent(row) % threads === 0 ? split(row, rowsTogether, 8, threads) : undefined
  return (
    split(outer, 1, 1) ??
    split(roles.indexOf('column'), columnsTogether, 16) ??
    (panel === undefined ? split(row, 8, 8) : (even ?? split(row, rowsTogether, 8, mostPanels))) ??
    split(roles.indexOf('column'), 16, 16)
  )
}

/**
 * The first axis that is not reduced and has a good block. The last one is walked in vectors: its blocks hold many whole ones. They must also hold more
 * columns than those of which a reduction makes several chains each (at most 32), or the order of its additions would depend on the split.
 */
function splitOfLoops(stage: Stage): readonly [axis: number, block: number] | undefined {
  const last = stage.axes.length - 1
  for (const [axis, extent] of stage.axes.entries()) {
    if (stage.kind === 'reduce' && stage.reduced[axis] === true) continue
    const block = chooseBlock(extent, axis === last ? { least: 64, multiple: 64 } : { least: 1, multiple: 1 })
    if (block !== undefined) return [axis, block]
  }
  return undefined
}

function productRank({ roles }: Contract): number {
  return roles.filter((role) => role !== 'outer').length
}

/** Pixels that a slab of a convolution has at least, enough for whole tiles; and slabs at most, since each walks all weights. */
const pixelsTogether = 28
const mostBands = 8

/** Bands of rows of a convolution of one image. */
function splitOfConvolution({
  axes,
  roles,
  accumulates,
}: Contract): readonly [axis: number, block: number] | undefined {
  const rows = [...roles.keys()].filter((axis) => roles[axis] === 'row')
  const [first, ...rest] = rows as [number, ...number[]]
  if (accumulates === true) return undefined
  const pixels = rest.reduce((product, axis) => product * (axes[axis] as number), 1)
  const least = Math.ceil(pixelsTogether / pixels)
  const block = chooseBlock(axes[first] as number, { least, multiple: 1, most: mostBands })
  return block === undefined ? undefined : [first, block]
}

function splitOf(stage: Stage, threads: number): readonly [axis: number, block: number] | undefined {
  if (stage.kind !== 'contract') return splitOfLoops(stage)
  return productRank(stage) === 3 && stage.accumulates !== true
    ? splitOfProduct(stage, threads)
    : splitOfConvolution(stage)
}

/** Do two stages neither read what the other writes? */
function areApart(a: Stage, b: Stage): boolean {
  const writes = (stage: Stage, rows: ReadonlySet<number>): boolean =>
    stage.stores.some(({ access }) => rows.has(access.buffer))
  return !writes(a, stageReads(b)) && !writes(b, stageReads(a))
}

/** The longest of a kernel's loops as a kernel of its own, behind the others, where these do without: parts of a pool, of a pad, of a concatenation. */
function longestApart(kernel: Kernel): readonly Kernel[] {
  const { stages, flops } = kernel
  const sizes = stages.map(({ axes }) => sizeOf(axes))
  const longest = sizes.indexOf(Math.max(...sizes))
  const [stage, size] = [stages[longest], sizes[longest] as number]
  const others = stages.filter((_, i) => i !== longest)
  if (stage === undefined || others.length === 0 || size < leastWork) return [kernel]
  if (stage.kind === 'contract' || !others.every((other) => areApart(stage, other))) return [kernel]
  const share = size / sizes.reduce((sum, each) => sum + each, 0)
  return [
    { ...kernel, stages: others, flops: flops * (1 - share) },
    { ...kernel, stages: [stage], flops: flops * share },
  ]
}

/** The kernel in slabs that `threads` threads can share, or several; itself where it has slabs already, or where no axis can be split. */
export function splitKernel(whole: Kernel, threads: number): readonly Kernel[] {
  if (whole.slabs > 1 || whole.steps > 1 || whole.opening.length > 0) return [whole]
  return longestApart(whole).map((kernel) => {
    const [stage] = kernel.stages
    if (stage === undefined || kernel.stages.length > 1 || sizeOf(stage.axes) < leastWork) return kernel
    const split = splitOf(stage, threads)
    if (split === undefined) return kernel
    const [axis, block] = split
    return { ...kernel, slabs: (stage.axes[axis] as number) / block, stages: [slabOf(stage, axis, block)] }
  })
}
