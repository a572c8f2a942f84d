// What a kernel over images can compute image by image: operands that it makes for itself, reductions within images, and what reads aligned values.

import { equalShapes, sizeOf } from '../core/shape.ts'
import type { Node, OpNode } from '../ops/node.ts'
import { isConvolution } from './op-roles.ts'

/** The images that a convolution kernel loops over. */
export function imagesOf(node: OpNode): number {
  return (node.inputs[0] as Node).shape[0] as number
}

/** The images that a kernel loops over whose first group has this root. */
export function imagesOver(root: OpNode): number {
  return isConvolution(root) ? imagesOf(root) : (root.shape[0] ?? 1)
}

/** Operands of which each image is used alone: all but the weights. */
export function slabOperands(node: OpNode): readonly Node[] {
  return node.op.name === 'chunkedWeightGradient' ? node.inputs : node.inputs.slice(0, 1)
}

/** Does a pad leave the images apart, so that each can be padded when it is used? */
export function padsWithinImages({ attributes, shape }: OpNode): boolean {
  const { before, after } = attributes as { before: readonly number[]; after: readonly number[] }
  return shape.length === 4 && (shape[0] as number) > 1 && before[0] === 0 && after[0] === 0
}

/** Does a reduction stay within images, so that it can follow the kernel that makes them? */
export function reducesWithinImages(node: OpNode, images: number): boolean {
  const input = node.inputs[0] as Node
  const axes = node.attributes.axes as readonly number[]
  const last = input.shape.length - 1
  return (
    input.shape.length > 1 &&
    input.shape[0] === images &&
    !axes.includes(0) &&
    // The last axis stays in the lanes, so the sums take little beside the contraction.
    !axes.includes(last) &&
    sizeOf(input.shape) > 0
  )
}

/** What one aligned op reads at the same image, and what it reads elsewhere. */
export function alignedInputs(node: OpNode, images: number): { same: readonly Node[]; other: readonly Node[] } {
  const { inputs, shape, attributes } = node
  const input = inputs[0] as Node
  switch (node.op.name) {
    case 'windows':
    case 'overlapAdd':
      return { same: inputs, other: [] }
    case 'slice': {
      const [start, step] = [attributes.starts, attributes.steps].map((of) => (of as readonly number[])[0])
      const whole = start === 0 && step === 1 && shape[0] === images && input.shape[0] === images
      return whole ? { same: inputs, other: [] } : { same: [], other: inputs }
    }
    case 'pad': {
      const { before, after } = attributes as { before: readonly number[]; after: readonly number[] }
      return before[0] === 0 && after[0] === 0 ? { same: inputs, other: [] } : { same: [], other: inputs }
    }
    case 'expand':
      return input.shape[0] === images ? { same: inputs, other: [] } : { same: [], other: inputs }
    case 'reshape':
      return input.shape[0] === images && shape[0] === images && sizeOf(shape) === sizeOf(input.shape)
        ? { same: inputs, other: [] }
        : { same: [], other: inputs }
    default:
      break
  }
  const pointwise = node.op.family === 'elementwise' || node.op.family === 'random'
  return pointwise && shape[0] === images && inputs.every((each) => equalShapes(each.shape, shape))
    ? { same: inputs, other: [] }
    : { same: [], other: inputs }
}
