// The largest pixel of each window. Its gradient goes to one pixel: the first that is as large.

import { isFloat } from '../core/dtype.ts'
import { DTypeError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import {
  add,
  broadcastTo,
  compare,
  iota,
  logic,
  multiply,
  overlapAdd,
  reduceMin,
  reshape,
  select,
  sum,
  windows,
} from './functions.ts'
import type { Node, OpNode } from './node.ts'
import type { HostValue, Op, Typed } from './op.ts'
import { imageShape, type Sliding, slidingSamples, visitTaps, windowGrid } from './sliding.ts'

/** The axes of the taps among [N, OH, OW, kh, kw, C]. */
const taps: readonly number[] = [3, 4]

/** [N, OH, OW, C] beside each tap of its window: [N, OH, OW, kh, kw, C]. */
function besideTaps(x: Node, { size }: Sliding): Node {
  const [images, rows, columns, channels] = x.shape as [number, number, number, number]
  return broadcastTo(reshape(x, [images, rows, columns, 1, 1, channels]), [images, rows, columns, ...size, channels])
}

/** Where the maximum is taken from: true at the first tap, row by row, that equals it, or at the first NaN. */
function chosenTaps(node: OpNode): Node {
  const sliding = node.attributes as Sliding
  const seen = windows(node.inputs[0] as Node, sliding)
  const equal = compare('equal', seen, besideTaps(node, sliding))
  const best = isFloat(seen.dtype) ? logic('or', [equal, compare('notEqual', seen, seen)]) : equal
  const [height, width] = sliding.size
  const position = add(multiply(iota(seen.shape, 3), width), iota(seen.shape, 4))
  const first = reduceMin(select(best, position, height * width), taps)
  return compare('equal', position, broadcastTo(first, seen.shape))
}

const maxPoolOp: Op = {
  name: 'maxPool',
  family: 'reduce',
  doc: 'Largest pixel of each window of images [N, H, W, C], channel by channel, NaN if there is one: [N, OH, OW, C]. The gradient goes to the first largest, row by row (to the first NaN).',
  infer(inputs, attributes) {
    const { shape, dtype } = inputs[0] as Typed
    if (dtype === 'bool' || dtype === 'u8')
      throw new DTypeError(`maxPool: takes f32, f64 or i32 values, not ${dtype}; cast the input first${atSite()}`)
    const grid = windowGrid('maxPool', shape, attributes as Sliding)
    return { shape: [shape[0] as number, ...grid, shape[3] as number], dtype }
  },
  derivative: {
    kind: 'general',
    reverse(upstream, node) {
      const { stride, dilation } = node.attributes as Sliding
      const [, height, width] = (node.inputs[0] as Node).shape as [number, number, number]
      const spread = select(chosenTaps(node), besideTaps(upstream, node.attributes as Sliding), 0)
      return [overlapAdd(spread, { stride, dilation, size: [height, width] })]
    },
    forward([tangent], node) {
      if (tangent === undefined) return undefined
      const moved = select(chosenTaps(node), windows(tangent, node.attributes as Sliding), 0)
      return reshape(sum(moved, taps), node.shape)
    },
  },
  // The largest of K values takes K - 1 comparisons.
  cost: (_, output, attributes) => ({
    multiplyAdds: 0,
    flops: sizeOf(output.shape) * (sizeOf((attributes as Sliding).size) - 1),
  }),
  evaluate(inputs, output, attributes) {
    const { data, shape } = inputs[0] as HostValue
    const channels = shape[3] as number
    const largest = new Float64Array(output.data.length).fill(Number.NEGATIVE_INFINITY)
    visitTaps(shape, attributes as Sliding, (pixel, window) => {
      for (let c = 0; c < channels; c++) {
        const to = window * channels + c
        largest[to] = Math.max(largest[to] as number, data[pixel * channels + c] as number)
      }
    })
    output.data.set(largest)
  },
  tolerance: 0,
  samples: (shape) =>
    slidingSamples(imageShape(shape)).map((sliding) => ({
      inputs: [{ shape: imageShape(shape), dtype: 'float', low: -2, high: 2 }],
      attributes: sliding,
    })),
}

export const poolingOps: readonly Op[] = [maxPoolOp]
