// The part that each op plays in a kernel: a root that kernels begin with, a view that only moves, or computed on the way.

import type { Node, OpNode } from '../ops/node.ts'

/** Ops that make one number of many along axes. */
export const reductionNames: ReadonlySet<string> = new Set(['sum', 'max', 'min'])

/** The axes of the taps among windows [N, OH, OW, kh, kw, C]. */
export const tapAxes: readonly number[] = [3, 4]

/** A convolution and what simplification writes for its gradients. */
const convolutionNames: ReadonlySet<string> = new Set(['convolution', 'phaseConvolution', 'chunkedWeightGradient'])

/** Ops that become affine addresses. */
const viewNames = new Set(['reshape', 'permute', 'expand', 'slice', 'flip', 'windows'])
/** Roots that put values into a larger one; nothing is computed on their result. */
export const placingNames: ReadonlySet<string> = new Set(['pad', 'concat', 'overlapAdd'])
/** Ops that kernels begin with, elementwise ones aside. */
export const rootNames: ReadonlySet<string> = new Set([
  ...reductionNames,
  'matmul',
  ...convolutionNames,
  ...placingNames,
])
/** Families of ops that can be computed wherever their result is used. */
export const inlineFamilies: ReadonlySet<string> = new Set(['elementwise', 'random', 'gather'])

export function isConvolution(node: OpNode): boolean {
  return convolutionNames.has(node.op.name)
}

export function isPadding(node: Node): node is OpNode {
  return node.kind === 'op' && node.op.name === 'pad'
}

export function isView(node: Node): node is OpNode {
  return node.kind === 'op' && viewNames.has(node.op.name)
}

export function isPointwise(node: Node): node is OpNode {
  return node.kind === 'op' && inlineFamilies.has(node.op.family)
}
