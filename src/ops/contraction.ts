// Contractions: products summed over shared axes. One kernel family serves them all, and each one's gradients are contractions again.

import { isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { equalShapes, formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { matmul, transpose } from './functions.ts'
import type { Node } from './node.ts'
import type { HostValue, Op, Sample, Typed } from './op.ts'

function inferProduct(inputs: readonly Typed[]): Typed {
  const [a, b] = inputs as [Typed, Typed]
  if (a.dtype !== b.dtype || !isFloat(a.dtype)) {
    throw new DTypeError(
      `matmul: takes two inputs of one float dtype, not ${a.dtype} and ${b.dtype}; cast one${atSite()}`,
    )
  }
  const rank = a.shape.length
  if (rank < 2 || b.shape.length !== rank || !equalShapes(a.shape.slice(0, -2), b.shape.slice(0, -2))) {
    throw new ShapeError(
      `matmul: ${formatShape(a.shape)} x ${formatShape(b.shape)}: takes two matrices, or two stacks with equal leading axes${atSite()}`,
    )
  }
  const [k, other] = [a.shape[rank - 1] as number, b.shape[rank - 2] as number]
  if (k !== other) {
    throw new ShapeError(
      `matmul: inner dimensions differ: ${formatShape(a.shape)} x ${formatShape(b.shape)} (${k} and ${other})${atSite()}`,
    )
  }
  return { shape: [...a.shape.slice(0, -1), b.shape[rank - 1] as number], dtype: a.dtype }
}

/** The triple loop, each dot product accumulated in f64. */
function multiplyMatrices(a: HostValue, b: HostValue, output: HostValue): void {
  const [rows, inner] = a.shape.slice(-2) as [number, number]
  const columns = b.shape.at(-1) as number
  const totals = new Float64Array(columns)
  for (let row = 0; row < sizeOf(a.shape.slice(0, -2)) * rows; row++) {
    const matrix = Math.floor(row / rows)
    totals.fill(0)
    for (let k = 0; k < inner; k++) {
      const scale = a.data[row * inner + k] as number
      const base = (matrix * inner + k) * columns
      for (let column = 0; column < columns; column++)
        totals[column] = (totals[column] as number) + scale * (b.data[base + column] as number)
    }
    output.data.set(totals, row * columns)
  }
}

function productSamples(shape: Shape): Sample[] {
  if (shape.length < 2) return []
  const [rows, inner] = shape.slice(-2) as [number, number]
  return [3, 17].map((columns) => ({
    inputs: [
      { shape: [...shape.slice(0, -2), rows, inner], dtype: 'float', low: -2, high: 2 },
      { shape: [...shape.slice(0, -2), inner, columns], dtype: 'float', low: -2, high: 2 },
    ],
    attributes: {},
  }))
}

const matmulOp: Op = {
  name: 'matmul',
  family: 'contraction',
  doc: 'Matrix product of the last two axes: [.., M, K] x [.., K, N] gives [.., M, N].',
  infer: inferProduct,
  derivative: {
    kind: 'multilinear',
    transpose(upstream, node, index) {
      const [a, b] = node.inputs as [Node, Node]
      return index === 0 ? matmul(upstream, transpose(b)) : matmul(transpose(a), upstream)
    },
  },
  cost(inputs, output) {
    const pairs = sizeOf(output.shape) * ((inputs[0] as Typed).shape.at(-1) as number)
    return { multiplyAdds: pairs, flops: Math.max(0, 2 * pairs - sizeOf(output.shape)) }
  },
  evaluate: (inputs, output) => multiplyMatrices(inputs[0] as HostValue, inputs[1] as HostValue, output),
  tolerance: 1e-5,
  samples: productSamples,
}

export const contractionOps: readonly Op[] = [matmulOp]
