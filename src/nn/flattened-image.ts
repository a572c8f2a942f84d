// The image behind a vector: found in the graph, so that whoever flattens, a layer or a call, is seen alike.

import { equalShapes } from '../core/shape.ts'
import type { Node, OpNode } from '../ops/node.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** Extents of an image: [H, W, C]. */
export type ImageShape = readonly [height: number, width: number, channels: number]

/** Elementwise ops that may lie between: an activation, or a dropout, is a handful. */
const mostOps = 16

/** The image [H, W, C] that each row of `x`, [N, H W C], was before it was flattened, if it was one; activations and dropout may lie between. */
export function flattenedImage(x: Tensor): ImageShape | undefined {
  let node: Node | undefined = x.node
  for (let i = 0; i < mostOps && node?.kind === 'op'; i++) {
    if (node.op.name === 'reshape') return imageOf(node)
    if (node.op.family !== 'elementwise') return undefined
    const { shape }: OpNode = node
    node = node.inputs.find((input) => input.kind === 'op' && input.dtype !== 'bool' && equalShapes(input.shape, shape))
  }
  return undefined
}

function imageOf({ shape, inputs: [source] }: OpNode): ImageShape | undefined {
  const [samples, height, width, channels] = source?.shape ?? []
  if (height === undefined || width === undefined || channels === undefined) return undefined
  const flattened = source?.shape.length === 4 && shape.length === 2 && shape[0] === samples
  return flattened ? [height, width, channels] : undefined
}
