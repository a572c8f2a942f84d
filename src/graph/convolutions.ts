// Stages of convolutions and their gradients.

import { sizeOf } from '../core/shape.ts'
import {
  type Access,
  type Contract,
  type ContractionRole,
  copiedColumns,
  type Expression,
  type Stage,
} from '../kernels/kernel.ts'
import type { Node, OpNode } from '../ops/node.ts'
import { geometryOf, phaseAxes, phasesOf } from '../ops/phases.ts'
import { type Affine, combine, flatten } from './expressions.ts'
import type { Group } from './fuse.ts'
import { builderFor, type Places, storesOf } from './places.ts'
import { bySlab } from './slabs.ts'

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
/** Steps of the sum from which on a panel is copied: shorter ones stay in the first cache as they are, and a product of one block has fewer. */
const panelSteps = 400

/** Elements of a copied panel of weights; 0 where weights are read in place. */
function panelOf({ axes, roles }: Walk, weights: Access): number {
  const product = (role: ContractionRole): number =>
    axes.reduce((extents, extent, axis) => (roles[axis] === role ? extents * extent : extents), 1)
  const steps = product('sum')
  const far = Math.abs(weights.strides[axes.length - 1] as number) >= farSteps
  return far && steps >= panelSteps && product('row') >= panelPixels ? steps * copiedColumns : 0
}

function contraction(group: Group, places: Places, walk: Walk): Contract {
  const { root } = group
  const [a, b] = root.inputs as [Node, Node]
  const rank = walk.axes.length
  const dtype = root.dtype as 'f32' | 'f64'
  const result: Expression = { kind: 'result', index: 0, dtype }
  const operands = builderFor(group, places, rank, () => undefined)
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
export function forward(group: Group, places: Places): Stage {
  const { root } = group
  const weights = root.inputs[1] as OpNode
  const { stride, dilation, groups } = geometryOf(root.attributes)
  const [images, height, width, outputs] = root.shape as [number, number, number, number]
  const [kernelHeight, kernelWidth, channels] = weights.shape as [number, number, number]
  const perGroup = outputs / groups
  // Axes: image, group, y, x, output, tap down, tap across, channel.
  const axes = [images, groups, height, width, perGroup, kernelHeight, kernelWidth, channels]
  const at = (...terms: readonly (readonly [axis: number, stride: number])[]): Affine => combine(axes.length, 0, terms)
  return contraction(group, places, {
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
}

/** One plain convolution for each pair of phases, each writing every stride-th position. */
export function phases(group: Group, places: Places): Stage[] {
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
      return contraction(group, places, {
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
export function weightGradient(group: Group, places: Places, steps: number): { opening: Stage; adding: Stage } {
  const { root } = group
  const g = root.inputs[1] as OpNode
  const { stride, dilation, groups } = geometryOf(root.attributes)
  const [, kernelHeight, kernelWidth, channels, outputs] = root.shape as [number, number, number, number, number]
  const [images, height, width] = g.shape as [number, number, number]
  const perGroup = outputs / groups
  // Axes: image, group, tap down, tap across, channel, output, y, x.
  const axes = [images, groups, kernelHeight, kernelWidth, channels, perGroup, height, width]
  const at = (...terms: readonly (readonly [axis: number, stride: number])[]): Affine => combine(axes.length, 0, terms)
  const builder = builderFor(group, places, axes.length, () => undefined)
  const dtype = root.dtype as 'f32' | 'f64'
  const one = root.shape.slice(1)
  const size = sizeOf(one)
  const target = flatten([at([2, 1]), at([3, 1]), at([4, 1]), at([1, perGroup], [5, 1])], one, axes.length)
  const { buffer } = places.destination(root)
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
