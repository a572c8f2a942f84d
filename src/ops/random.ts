// Random numbers inside programs: a pure function of key, stream and element, so that any device and a recomputation give the same.

import type { DType } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { threefry2x32 } from '../core/random.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { noCost, type Op } from './op.ts'

const randomOp: Op = {
  name: 'random',
  family: 'random',
  doc: 'Uniform in [0, 1) with 24 random bits: Threefry-2x32-20 of counter (element, stream) under the key (seed, call).',
  infer(inputs, attributes) {
    for (const { shape, dtype } of inputs) {
      if (dtype !== 'i32') throw new DTypeError(`random: seed and call are i32, not ${dtype}${atSite()}`)
      if (shape.length !== 0)
        throw new ShapeError(`random: seed and call are scalars, not ${formatShape(shape)}${atSite()}`)
    }
    return { shape: attributes.shape as Shape, dtype: attributes.dtype as DType }
  },
  derivative: { kind: 'none', reason: 'a pseudo-random function of an integer key' },
  cost: noCost,
  evaluate(inputs, output, attributes) {
    const [seed, call] = inputs.map(({ data }) => data[0]) as [number, number]
    for (let i = 0; i < output.data.length; i++) {
      output.data[i] = (threefry2x32(seed, call, i, attributes.stream as number)[0] >>> 8) * 2 ** -24
    }
  },
  tolerance: 0,
  samples: (shape) =>
    ['f32', 'f64'].map((dtype) => ({
      inputs: [
        { shape: [], dtype: 'i32', low: 0, high: 1000 },
        { shape: [], dtype: 'i32', low: 0, high: 1000 },
      ],
      attributes: { shape, stream: 3, dtype },
    })),
}

export const randomOps: readonly Op[] = [randomOp]
