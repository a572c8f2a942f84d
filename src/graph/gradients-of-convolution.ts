// How simplification writes the gradients of a convolution for the kernels: the input gradient as plain convolutions of a padded upstream gradient
// with flipped weights, the weight gradient in chunks of images that are summed at the end.

import { bytesOf } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { flip, pad, permute, reshape, sum } from '../ops/functions.ts'
import type { Node, OpNode } from '../ops/node.ts'
import { build } from '../ops/op.ts'
import { geometryOf, type PhaseAxis, phasesOf } from '../ops/phases.ts'

/** Rows and columns of the input gradient that are wanted. */
interface Region {
  readonly origin: readonly [number, number]
  readonly size: readonly [number, number]
}

/** Chunks of images have weight gradients of their own while these together stay below so many bytes. */
const chunkBytes = 4 * 2 ** 20
/** Chunks at most: enough for as many threads. */
const mostChunks = 16

function phaseConvolution(g: Node, flipped: Node, node: OpNode, { origin, size }: Region): Node {
  const { stride, dilation, groups } = geometryOf(node.attributes)
  const halos = ([0, 1] as const).map((i) => {
    const axis: PhaseAxis = {
      size: size[i],
      start: origin[i],
      kernel: flipped.shape[i] as number,
      stride: stride[i],
      dilation: dilation[i],
      halo: 0,
    }
    const reads = phasesOf(axis).filter(({ count }) => count > 0)
    const first = Math.min(0, ...reads.map((taps) => taps.origin))
    const last = Math.max(0, ...reads.map((taps) => taps.origin + (taps.count - 1) * taps.step + taps.positions))
    return { before: -first, after: Math.max(0, last - (g.shape[i + 1] as number)) }
  })
  const [down, across] = halos as [(typeof halos)[0], (typeof halos)[0]]
  return build(
    'phaseConvolution',
    [pad(g, [0, down.before, across.before, 0], [0, down.after, across.after, 0]), flipped],
    { stride, dilation, groups, size, origin, halo: [down.before, across.before] },
  )
}

/** The whole input gradient. */
export function inputGradientAsPhases(node: OpNode, g: Node, weights: Node): Node {
  const size = node.attributes.size as [number, number]
  const flipped = permute(flip(weights, [0, 1]), [0, 1, 3, 2])
  return phaseConvolution(g, flipped, node, { origin: [0, 0], size })
}

/** A slice of rows and columns of an input gradient, computed alone; undefined when the slice takes other than a plain region. */
export function sliceOfPhases(slice: OpNode, gradient: OpNode): Node | undefined {
  const { starts, steps } = slice.attributes as { starts: readonly number[]; steps: readonly number[] }
  if (steps.some((step) => step !== 1)) return undefined
  if (slice.shape[0] !== gradient.shape[0] || slice.shape[3] !== gradient.shape[3]) return undefined
  const [padded, flipped] = gradient.inputs as [Node, Node]
  const g = padded.kind === 'op' && padded.op.name === 'pad' ? (padded.inputs[0] as Node) : padded
  const origin = gradient.attributes.origin as [number, number]
  return phaseConvolution(g, flipped, gradient, {
    origin: [origin[0] + (starts[1] as number), origin[1] + (starts[2] as number)],
    size: [slice.shape[1] as number, slice.shape[2] as number],
  })
}

/** The largest number of equal chunks within the bounds; it depends on shapes alone. */
function chunksOf(images: number, node: OpNode): number {
  const most = Math.min(mostChunks, Math.max(1, Math.floor(chunkBytes / (sizeOf(node.shape) * bytesOf(node.dtype)))))
  for (let chunks = Math.min(most, images); chunks > 1; chunks--) if (images % chunks === 0) return chunks
  return 1
}

export function weightGradientInChunks(node: OpNode, x: Node, g: Node): Node {
  const chunks = chunksOf(x.shape[0] as number, node)
  return reshape(sum(build('chunkedWeightGradient', [x, g], { ...node.attributes, chunks }), [0]), node.shape)
}
