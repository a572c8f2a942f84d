// From groups to kernels: axes, accesses and expressions for each family of root.

import type { DType } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import {
  type Access,
  blockElements,
  type ContractionRole,
  type Expression,
  expressionParts,
  type Kernel,
  panelElements,
  type Stage,
  type Store,
  sumParts,
} from '../kernels/kernel.ts'
import { type Node, type OpNode, topologicalOrder } from '../ops/node.ts'
import { elementwiseStage } from './elementwise.ts'
import { type Affine, axisAffine, ExpressionBuilder, flatten } from './expressions.ts'
import type { Fused, Group } from './fuse.ts'
import { imageStages } from './image-stages.ts'
import { mergeAxes } from './merge-axes.ts'
import { isConvolution } from './op-roles.ts'
import { builderFor, type Places, storesOf } from './places.ts'
import { reduceStages } from './reductions.ts'
import type { SlabStages } from './slabs.ts'

/** Rows that share a panel must be worth the copy. */
const packedRows = 48
/** Columns that must share a block of rows. */
const packedColumns = 128
/** Steps of a sum that count when blocks of rows are weighed against the second cache, and elements that would not stay there. */
const packedSteps = 256
const leastPacked = 480 * packedSteps
/** From this distance on, the lines of a panel's columns crowd the same sets of a cache. */
const farColumns = 256

/** Is a panel of `b` copied before use? Always when its columns are not neighbours; else when they lie far apart and many rows use them. */
function packsPanel(b: Access, axes: readonly number[], rank: number): boolean {
  const [rows, columns] = [axes[rank - 2] as number, axes[rank - 1] as number]
  if (columns > 1 && b.strides[rank - 1] !== 1) return true
  return rows >= packedRows && (b.strides[rank] as number) >= farColumns
}

/** Are blocks of rows of `a` copied before use? When they would not stay in the second cache while the panels pass, or crowd its sets. */
function packsRows(a: Access, axes: readonly number[], rank: number): boolean {
  const [rows, columns, sum] = [axes[rank - 2] as number, axes[rank - 1] as number, axes[rank] as number]
  const far = Math.max(a.strides[rank - 2] as number, a.strides[rank] as number)
  return columns >= packedColumns && rows * Math.min(sum, packedSteps) > leastPacked && far >= farColumns
}

/** The row of the running sums: where the result itself goes, unless the epilogue still reads what lies there. None for one block. */
function partialRow(
  stores: readonly Store[],
  sum: number,
  dtype: 'f32' | 'f64',
  fresh: () => number,
): number | undefined {
  if (sumParts(sum, dtype).count === 1) return undefined
  const plain = stores.find(({ value }) => value.kind === 'result')?.access.buffer
  const read = expressionParts(stores.map(({ value }) => value)).some(
    (part) => part.kind === 'load' && part.access.buffer === plain,
  )
  return plain === undefined || read ? fresh() : plain
}

function contract(group: Group, places: Places): Stage[] {
  const { root } = group
  const [a, b] = root.inputs as [Node, Node]
  const rank = root.shape.length
  const outer = root.shape.slice(0, -2)
  const axes = [...root.shape, a.shape[rank - 1] as number]
  const roles: ContractionRole[] = [...outer.map(() => 'outer' as const), 'row', 'column', 'sum']
  const axis = (i: number): Affine => axisAffine(axes.length, i)
  const outerIndex = outer.map((_, i) => axis(i))
  const [row, column, sum] = [axis(rank - 2), axis(rank - 1), axis(rank)]
  const dtype = root.dtype as 'f32' | 'f64'
  const builder = builderFor(group, places, axes.length, (node) =>
    node === root ? { kind: 'result', index: 0, dtype } : undefined,
  )
  const rootIndex = [...outerIndex, row, column]
  const stores = storesOf(
    group,
    places,
    builder,
    rootIndex.filter((_, i) => root.shape[i] !== 1),
    axes.length,
  )
  const weights = builder.access(b, [...outerIndex, sum, column])
  const inputs = builder.access(a, [...outerIndex, row, sum])
  const partial = partialRow(stores, axes[rank] as number, dtype, () => places.shared(dtype, sizeOf(root.shape)))
  const panel = packsPanel(weights, axes, rank) ? places.local(dtype, panelElements) : undefined
  const block = packsRows(inputs, axes, rank) ? places.local(dtype, blockElements) : undefined
  return [
    {
      kind: 'contract',
      slabRole: 'broadcast',
      axes,
      roles,
      a: inputs,
      b: weights,
      dtype,
      ...(partial === undefined ? {} : { partial }),
      ...(panel === undefined ? {} : { panel }),
      ...(block === undefined ? {} : { block }),
      stores,
    },
  ]
}

/** Writes `node`'s values into the part of the root that begins at `corner`. */
function placeStage(group: Group, places: Places, node: Node, corner: readonly number[]): Stage {
  const { root } = group
  const axes = [...node.shape]
  const builder = builderFor(group, places, axes.length, () => undefined)
  const index = axes.map((_, axis) => axisAffine(axes.length, axis))
  const value = builder.build(node, index)
  const target = flatten(
    index.map(({ strides }, axis) => ({ offset: corner[axis] as number, strides })),
    root.shape,
    axes.length,
  )
  const { buffer } = places.destination(root)
  const stores: Store[] = [{ access: { buffer, slab: 0, ...target }, value, dtype: root.dtype }]
  return { kind: 'materialise', slabRole: 'broadcast', axes, stores }
}

/** Writes a number everywhere in a box of the root. */
function boxStage({ root }: Group, places: Places, corner: readonly number[], box: readonly number[]): Stage {
  const value: Expression = {
    kind: 'literal',
    value: (root.attributes.value as number | undefined) ?? 0,
    dtype: root.dtype,
  }
  const at = box.map((_, axis) => ({ ...axisAffine(box.length, axis), offset: corner[axis] as number }))
  const access = { buffer: places.destination(root).buffer, slab: 0, ...flatten(at, root.shape, box.length) }
  return { kind: 'materialise', slabRole: 'broadcast', axes: box, stores: [{ access, value, dtype: root.dtype }] }
}

/** The margins, axis by axis, each between those of the axes before it; then what they surround, unless it lies there already. */
function pad(group: Group, places: Places): Stage[] {
  const { root } = group
  const input = root.inputs[0] as Node
  const before = root.attributes.before as readonly number[]
  const margins = root.shape.flatMap((extent, axis) => {
    const corner = before.map((start, i) => (i < axis ? start : 0))
    const box = root.shape.map((whole, i) => (i < axis ? (input.shape[i] as number) : whole))
    const start = before[axis] as number
    const end = start + (input.shape[axis] as number)
    return [
      boxStage(group, places, corner, box.with(axis, start)),
      boxStage(group, places, corner.with(axis, end), box.with(axis, extent - end)),
    ]
  })
  return places.liesIn(input, root) ? margins : [...margins, placeStage(group, places, input, before)]
}

function concat(group: Group, places: Places): Stage[] {
  const { root } = group
  const along = root.attributes.axis as number
  let start = 0
  return root.inputs.flatMap((input) => {
    const corner = root.shape.map((_, axis) => (axis === along ? start : 0))
    start += input.shape[along] as number
    return places.liesIn(input, root) ? [] : [placeStage(group, places, input, corner)]
  })
}

function wholeStages(group: Group, places: Places): Stage[] {
  switch (group.root.op.name) {
    case 'sum':
    case 'max':
    case 'min':
      return reduceStages(group, places)
    case 'matmul':
      return contract(group, places)
    case 'pad':
      return pad(group, places)
    case 'concat':
      return concat(group, places)
    default:
      return [elementwiseStage(group, places)]
  }
}

/** Does a stage write any element? Axes that it reduces may be empty: the sum over nothing is stored all the same. */
function storesSomething(stage: Stage): boolean {
  return stage.axes.every((extent, axis) => extent > 0 || isReduced(stage, axis))
}

function isReduced(stage: Stage, axis: number): boolean {
  if (stage.kind === 'reduce') return stage.reduced[axis] === true
  return stage.kind === 'contract' && stage.roles[axis] === 'sum'
}

/** The ops that a kernel computes: the groups' members, and what they use that lies in no memory. */
function computedOps(group: Pick<Fused, 'members'>, places: Places): OpNode[] {
  const own = new Set<Node>(group.members)
  const inputsOf = (node: Node): readonly Node[] =>
    own.has(node) || places.locate(node) === undefined ? node.inputs : []
  const order = topologicalOrder(group.members, inputsOf)
  return order.filter(
    (node): node is OpNode => node.kind === 'op' && (own.has(node) || places.locate(node) === undefined),
  )
}

function stagesOf({ groups, byImage, local }: Fused, places: Places): SlabStages {
  const [first] = groups as readonly [Group, ...Group[]]
  const { root } = first
  // A single image is a loop over images as well, with nothing to share.
  if (byImage || isConvolution(root) || root.op.name === 'overlapAdd') return imageStages(groups, local, places)
  return { slabs: 1, steps: 1, opening: [], stages: wholeStages(first, places) }
}

function tidy(stages: readonly Stage[]): Stage[] {
  return stages.filter(storesSomething).map(mergeAxes)
}

/** The kernel that computes `group`, whose buffers `places` gives. */
export function makeKernel(group: Fused, places: Places): Kernel {
  const flops = computedOps(group, places).reduce(
    (sum, { op, inputs, attributes, ...output }) => sum + op.cost(inputs, output, attributes).flops,
    0,
  )
  const name = group.members.map(({ op }) => op.name).join(' ')
  const { slabs, steps, opening, stages } = stagesOf(group, places)
  return {
    name,
    slabs,
    steps,
    // Without slabs there is nothing to write, without steps nothing to add.
    opening: slabs === 0 ? [] : tidy(opening),
    stages: slabs * steps === 0 ? [] : tidy(stages),
    flops,
  }
}

/** A kernel that only copies `node` (a leaf, or views of one) to a row. */
export function makeCopy(node: Node, places: Pick<Places, 'locate' | 'isSkipped'>, buffer: number): Kernel {
  const axes = [...node.shape]
  const builder = new ExpressionBuilder({ axes: axes.length, ...places, result: () => undefined })
  const index = axes.map((_, axis) => axisAffine(axes.length, axis))
  const access: Access = { buffer, slab: 0, ...flatten(index, node.shape, axes.length) }
  const stage: Stage = {
    kind: 'materialise',
    slabRole: 'broadcast',
    axes,
    stores: [{ access, value: builder.build(node, index), dtype: node.dtype }],
  }
  return { name: 'copy', slabs: 1, steps: 1, opening: [], stages: tidy([stage]), flops: 0 }
}

/** Copies a buffer as it lies. */
export function copyRow(from: number, to: number, dtype: DType, elements: number): Kernel {
  const walk = { offset: 0, slab: 0, strides: [1] }
  const value = { kind: 'load', access: { buffer: from, ...walk }, dtype } as const
  const stores = [{ access: { buffer: to, ...walk }, value, dtype }]
  return {
    name: 'copy',
    slabs: 1,
    steps: 1,
    opening: [],
    stages: elements === 0 ? [] : [{ kind: 'materialise', slabRole: 'broadcast', axes: [elements], stores }],
    flops: 0,
  }
}
