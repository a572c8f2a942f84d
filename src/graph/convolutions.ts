// Kernels of convolutions and their gradients: image by image, so that threads share the images and a slab's data stay in cache.

import { sizeOf } from '../core/shape.ts'
import type { Access, Contract, ContractionRole, Expression, Stage } from '../kernels/kernel.ts'
import type { Node, OpNode } from '../ops/node.ts'
import { geometryOf, phaseAxes, phasesOf } from '../ops/phases.ts'
import { type Affine, axisAffine, combine, flatten, type Place } from './expressions.ts'
import { type Group, isView } from './fuse.ts'
import { builderFor, type Places, storesOf } from './places.ts'
import { joinReductions, reduceStage } from './reductions.ts'
import { imagesOf, isConvolution, isPadding, slabOperands } from './slab-fusion.ts'
import { bySlab, type SlabStages, shareImages } from './slabs.ts'

/** A contraction over images, groups and the axes of one convolution, with positions of operands and result. */
interface Walk {
  readonly axes: readonly number[]
  readonly roles: readonly ContractionRole[]
  readonly a: readonly Affine[]
  readonly b: readonly Affine[]
  readonly output: readonly Affine[]
}

/** From this distance on, the steps of a narrow panel of weights crowd few sets of a cache. */
const farSteps = 128
/** Pixels that must share a panel to be worth its copy. */
const panelPixels = 32
/** Columns of a panel that is copied, at most: a line of the cache. */
const panelColumns = 16
/** Steps of the sum from which on a panel is copied: shorter ones stay in the first cache as they are. */
const panelSteps = 400

/** Elements of a copied panel of weights; 0 where weights are read in place. */
function panelOf({ axes, roles }: Walk, weights: Access): number {
  const product = (role: ContractionRole): number =>
    axes.reduce((extents, extent, axis) => (roles[axis] === role ? extents * extent : extents), 1)
  const steps = product('sum')
  const far = Math.abs(weights.strides[axes.length - 1] as number) >= farSteps
  return far && steps >= panelSteps && product('row') >= panelPixels ? steps * panelColumns : 0
}

function contraction(group: Group, places: Places, locals: LocalOperands, walk: Walk): Contract {
  const { root } = group
  const [a, b] = root.inputs as [Node, Node]
  const rank = walk.axes.length
  const dtype = root.dtype as 'f32' | 'f64'
  const result: Expression = { kind: 'result', index: 0, dtype }
  const operands = builderFor(group, locals, rank, () => undefined)
  const builder = builderFor(group, places, rank, (node) => (node === root ? result : undefined))
  const dense = walk.output.filter((_, i) => root.shape[i] !== 1)
  const weights = operands.access(b, walk.b)
  const panel = panelOf(walk, weights)
  return {
    kind: 'contract',
    slabRole: 'parallel',
    axes: walk.axes,
    roles: walk.roles,
    a: operands.access(a, walk.a),
    b: weights,
    dtype,
    ...(panel === 0 ? {} : { panel: places.local(dtype, panel) }),
    stores: storesOf(group, places, builder, dense, rank),
  }
}

/** output[n, y, x, o] = sum over taps and channels of input[n, y * stride + tap * dilation, …, c] * weights[tap, c, o]. */
function forward(group: Group, places: Places, locals: LocalOperands): Stage[] {
  const { root } = group
  const weights = root.inputs[1] as OpNode
  const { stride, dilation, groups } = geometryOf(root.attributes)
  const [images, height, width, outputs] = root.shape as [number, number, number, number]
  const [kernelHeight, kernelWidth, channels] = weights.shape as [number, number, number]
  const perGroup = outputs / groups
  // Axes: image, group, y, x, output, tap down, tap across, channel.
  const axes = [images, groups, height, width, perGroup, kernelHeight, kernelWidth, channels]
  const at = (...terms: readonly (readonly [axis: number, stride: number])[]): Affine => combine(axes.length, 0, terms)
  const stage = contraction(group, places, locals, {
    axes,
    roles: ['outer', 'outer', 'row', 'row', 'column', 'sum', 'sum', 'sum'],
    a: [
      at([0, 1]),
      at([2, stride[0]], [5, dilation[0]]),
      at([3, stride[1]], [6, dilation[1]]),
      at([1, channels], [7, 1]),
    ],
    b: [at([5, 1]), at([6, 1]), at([7, 1]), at([1, perGroup], [4, 1])],
    output: [at([0, 1]), at([2, 1]), at([3, 1]), at([1, perGroup], [4, 1])],
  })
  return [stage]
}

/** One plain convolution for each pair of phases, each writing every stride-th position. */
function phases(group: Group, places: Places, locals: LocalOperands): Stage[] {
  const { root } = group
  const weights = root.inputs[1] as OpNode
  const { stride, groups } = geometryOf(root.attributes)
  const [down, across] = phaseAxes(root.attributes, weights.shape)
  const images = root.shape[0] as number
  const [outputs, channels] = weights.shape.slice(2) as [number, number]
  const perGroup = outputs / groups
  return phasesOf(down).flatMap((vertical) =>
    phasesOf(across).map((horizontal) => {
      // Axes: image, group, y, x, input channel, tap down, tap across, output channel.
      const axes = [
        images,
        groups,
        vertical.positions,
        horizontal.positions,
        channels,
        vertical.count,
        horizontal.count,
        perGroup,
      ]
      const at = (offset: number, ...terms: readonly (readonly [axis: number, stride: number])[]): Affine =>
        combine(axes.length, offset, terms)
      return contraction(group, places, locals, {
        axes,
        roles: ['outer', 'outer', 'row', 'row', 'column', 'sum', 'sum', 'sum'],
        a: [
          at(0, [0, 1]),
          at(vertical.origin, [2, 1], [5, vertical.step]),
          at(horizontal.origin, [3, 1], [6, horizontal.step]),
          at(0, [1, perGroup], [7, 1]),
        ],
        b: [
          at(vertical.first, [5, vertical.every]),
          at(horizontal.first, [6, horizontal.every]),
          at(0, [1, perGroup], [7, 1]),
          at(0, [4, 1]),
        ],
        output: [
          at(0, [0, 1]),
          at(vertical.phase, [2, stride[0]]),
          at(horizontal.phase, [3, stride[1]]),
          at(0, [1, channels], [4, 1]),
        ],
      })
    }),
  )
}

/** Each chunk of images adds to a gradient of its own, image after image. */
function weightGradient(
  group: Group,
  places: Places,
  locals: LocalOperands,
  steps: number,
): { opening: Stage; adding: Stage } {
  const { root } = group
  const g = root.inputs[1] as OpNode
  const { stride, dilation, groups } = geometryOf(root.attributes)
  const [, kernelHeight, kernelWidth, channels, outputs] = root.shape as [number, number, number, number, number]
  const [images, height, width] = g.shape as [number, number, number]
  const perGroup = outputs / groups
  // Axes: image, group, tap down, tap across, channel, output, y, x.
  const axes = [images, groups, kernelHeight, kernelWidth, channels, perGroup, height, width]
  const at = (...terms: readonly (readonly [axis: number, stride: number])[]): Affine => combine(axes.length, 0, terms)
  const builder = builderFor(group, locals, axes.length, () => undefined)
  const dtype = root.dtype as 'f32' | 'f64'
  const one = root.shape.slice(1)
  const size = sizeOf(one)
  const target = flatten([at([2, 1]), at([3, 1]), at([4, 1]), at([1, perGroup], [5, 1])], one, axes.length)
  const [buffer] = places.destinations(root) as [number]
  const adding = bySlab(
    {
      kind: 'contract',
      slabRole: 'reduced',
      axes,
      roles: ['outer', 'outer', 'row', 'row', 'row', 'column', 'sum', 'sum'],
      a: builder.access(root.inputs[0] as Node, [
        at([0, 1]),
        at([6, stride[0]], [2, dilation[0]]),
        at([7, stride[1]], [3, dilation[1]]),
        at([1, channels], [4, 1]),
      ]),
      b: builder.access(g, [at([0, 1]), at([6, 1]), at([7, 1]), at([1, perGroup], [5, 1])]),
      dtype,
      accumulates: true,
      stores: [{ access: { buffer, slab: 0, ...target }, value: { kind: 'result', index: 0, dtype }, dtype }],
    },
    steps,
  )
  return {
    adding: {
      ...adding,
      stores: adding.stores.map((store) => ({ ...store, access: { ...store.access, slab: size } })),
    },
    opening: {
      kind: 'materialise',
      slabRole: 'parallel',
      axes: [size],
      stores: [
        { access: { buffer, offset: 0, slab: size, strides: [1] }, value: { kind: 'literal', value: 0, dtype }, dtype },
      ],
    },
  }
}

/** Operands that a kernel makes for itself, one image at a time, in scratch of the running thread. */
class LocalOperands {
  readonly #places: Places
  readonly #known = new Map<Node, Place>()

  constructor(places: Places) {
    this.#places = places
  }

  /** Where an operand lies for the running image. */
  readonly locate = (node: Node): Place | undefined => this.#known.get(node) ?? this.#places.locate(node)

  /** Stages that make those operands of `group` that are nowhere yet: what is done once, and for each image. */
  make(group: Group, steps: number): { opening: Stage[]; stages: Stage[] } {
    const opening: Stage[] = []
    const stages: Stage[] = []
    for (const operand of slabOperands(group.root)) {
      if (operand.kind !== 'op' || this.#known.has(operand) || hasAddress(operand, this.#places)) continue
      const made = this.#operand(group, operand, steps)
      opening.push(...made.opening)
      stages.push(made.stage)
    }
    return { opening, stages }
  }

  #operand(group: Group, operand: OpNode, steps: number): { opening: Stage[]; stage: Stage } {
    const { shape, dtype } = operand
    const image = [1, ...shape.slice(1)]
    const buffer = this.#places.local(dtype, sizeOf(image))
    const padded = isPadding(operand)
    const source = padded ? (operand.inputs[0] as Node) : operand
    const corner = padded ? (operand.attributes.before as readonly number[]) : shape.map(() => 0)
    const axes = [...source.shape]
    const index = axes.map((_, axis) => axisAffine(axes.length, axis))
    const builder = builderFor(group, this.#places, axes.length, () => undefined)
    const target = flatten(
      index.map((position, axis) =>
        axis === 0 ? combine(axes.length, 0, []) : { ...position, offset: corner[axis] as number },
      ),
      image,
      axes.length,
    )
    const value = builder.build(source, index)
    const stage = bySlab(
      {
        kind: 'materialise',
        slabRole: 'parallel',
        axes,
        stores: [{ access: { buffer, slab: 0, ...target }, value, dtype }],
      },
      steps,
    )
    this.#known.set(operand, { buffer, offset: 0, image: { shape: image, corner: shape.map(() => 0) } })
    // What is padded can be read inside its halo as well.
    if (padded) this.#known.set(source, { buffer, offset: 0, image: { shape: image, corner } })
    const fill: Stage = {
      kind: 'materialise',
      slabRole: 'parallel',
      axes: [sizeOf(image)],
      stores: [
        {
          access: { buffer, offset: 0, slab: 0, strides: [1] },
          value: { kind: 'literal', value: (operand.attributes.value as number | undefined) ?? 0, dtype },
          dtype,
        },
      ],
    }
    return { opening: padded ? [fill] : [], stage }
  }
}

/** Is `node`, behind its views, in memory? */
function hasAddress(node: Node, places: Places): boolean {
  let base = node
  while (places.locate(base) === undefined && isView(base)) base = base.inputs[0] as Node
  return places.locate(base) !== undefined
}

/** A kernel over images: operands are made, contracted, and what was computed is summed, while an image's data stay in cache. */
export function convolutionStages(groups: readonly Group[], places: Places): SlabStages {
  const [{ root: first }] = groups as readonly [Group, ...Group[]]
  const images = imagesOf(first)
  const summed = groups.find(({ root }) => root.op.name === 'chunkedWeightGradient')?.root
  const { slabs, steps } =
    summed === undefined
      ? shareImages(images)
      : { slabs: summed.shape[0] as number, steps: images / (summed.shape[0] as number) }
  const locals = new LocalOperands(places)
  const opening: Stage[] = []
  const stages: Stage[] = []
  for (const group of groups) {
    const { root } = group
    if (!isConvolution(root)) {
      stages.push(bySlab(reduceStage(group, places), steps))
      continue
    }
    const made = locals.make(group, steps)
    opening.push(...made.opening)
    stages.push(...made.stages)
    if (root.op.name === 'chunkedWeightGradient') {
      const gradient = weightGradient(group, places, locals, steps)
      opening.push(gradient.opening)
      stages.push(gradient.adding)
    } else {
      const contractions =
        root.op.name === 'convolution' ? forward(group, places, locals) : phases(group, places, locals)
      stages.push(...contractions.map((stage) => bySlab(stage, steps)))
    }
  }
  return { slabs, steps, opening, stages: joinReductions(stages) }
}
