// Random small networks of image layers with all their gradients: what convolutions, pooling and norms become when they are fused with each other.

import { allocateArray } from '../../../src/core/dtype.ts'
import { ShapeError } from '../../../src/core/errors.ts'
import { Random } from '../../../src/core/random.ts'
import { type Shape, sizeOf } from '../../../src/core/shape.ts'
import type { Node } from '../../../src/ops/node.ts'
import { concat } from '../../../src/tensor/creation.ts'
import { gradients } from '../../../src/tensor/gradients.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { whileTracing } from '../../../src/tensor/trace.ts'

export interface RandomNetwork {
  /** The loss and its gradients by the images and all weights. */
  readonly outputs: readonly Node[]
  /** What the last layer gives. */
  readonly result: Node
  readonly description: string
}

/** Elements that a layer may give at most: reference evaluation is slow. */
const largest = 4000

class Draw {
  readonly parameters: Tensor[] = []
  readonly #random: Random
  readonly #dtype: 'f32' | 'f64'

  constructor(seed: number, dtype: 'f32' | 'f64') {
    this.#random = new Random(seed)
    this.#dtype = dtype
  }

  /** A whole number from `low` to `high`. */
  integer(low: number, high: number): number {
    return low + this.#random.integer(high - low + 1)
  }

  pair(low: number, high: number): [number, number] {
    return [this.integer(low, high), this.integer(low, high)]
  }

  choice<T>(items: readonly T[]): T {
    return items[this.#random.integer(items.length)] as T
  }

  /** Numbers in [-1, 1] that gradients are taken by. */
  parameter(shape: Shape): Tensor {
    const data = allocateArray(this.#dtype, sizeOf(shape))
    for (let i = 0; i < data.length; i++) data[i] = this.#random.uniform(-1, 1)
    const made = tensor(data, { shape })
    this.parameters.push(made)
    return made
  }
}

type Layer = (x: Tensor, draw: Draw) => Tensor

const channelsOf = (x: Tensor): number => x.shape[3] as number

const layers: Readonly<Record<string, Layer>> = {
  convolution(x, draw) {
    const channels = channelsOf(x)
    const groups = draw.choice([1, 2, 3].filter((number) => channels % number === 0))
    const weights = draw.parameter([...draw.pair(1, 3), channels / groups, groups * draw.integer(1, 6)])
    const padding = [draw.pair(0, 2), draw.pair(0, 2)] as const
    const y = x.conv2d(weights, { stride: draw.pair(1, 3), dilation: draw.pair(1, 2), padding, groups })
    return draw.choice([y, y.add(draw.parameter([channelsOf(y)]))])
  },
  depthwise(x, draw) {
    const channels = channelsOf(x)
    const weights = draw.parameter([...draw.pair(1, 3), 1, channels])
    return x.conv2d(weights, { stride: draw.pair(1, 2), dilation: draw.pair(1, 2), padding: 1, groups: channels })
  },
  transposed(x, draw) {
    const channels = channelsOf(x)
    const groups = draw.choice([1, 2].filter((number) => channels % number === 0))
    const stride = draw.pair(1, 3)
    const weights = draw.parameter([...draw.pair(1, 3), draw.integer(1, 4), channels])
    const outputPadding = [draw.integer(0, stride[0] - 1), draw.integer(0, stride[1] - 1)] as const
    return x.convTranspose2d(weights, { stride, padding: draw.pair(0, 1), outputPadding, groups })
  },
  norm(x, draw) {
    const centred = x.subtract(x.mean([0, 1, 2]))
    const scaled = centred.divide(x.variance([0, 1, 2]).add(0.1).sqrt())
    return scaled.multiply(draw.parameter([channelsOf(x)])).add(draw.parameter([channelsOf(x)]))
  },
  maxPool(x, draw) {
    const size = draw.pair(1, 3)
    const padding = [draw.integer(0, size[0] >> 1), draw.integer(0, size[1] >> 1)] as const
    return x.maxPool2d({ size, padding, stride: draw.pair(1, 3), ceilMode: draw.choice([true, false]) })
  },
  averagePool(x, draw) {
    const countIncludePad = draw.choice([true, false])
    return x.averagePool2d({ size: draw.pair(2, 3), padding: 1, stride: draw.pair(1, 3), countIncludePad })
  },
  upsample: (x, draw) => x.upsample2d({ scale: draw.choice([2, 1.5]), mode: draw.choice(['nearest', 'bilinear']) }),
  relu: (x) => x.maximum(0),
  sigmoid: (x) => x.sigmoid(),
  gelu: (x) => x.multiply(0.5).multiply(x.multiply(Math.SQRT1_2).erf().add(1)),
  /** Side by side: two convolutions, and what they see, once or twice. */
  branches(x, draw) {
    const channels = channelsOf(x)
    const along = (size: number): Tensor =>
      x.conv2d(draw.parameter([size, size, channels, draw.integer(1, 8)]), { padding: (size - 1) / 2 })
    const parts = draw.choice([
      [along(1), along(3)],
      [along(3).maximum(0), x, along(1).sigmoid()],
      [x, along(3), x],
    ])
    return concat(parts, 3)
  },
  /** Ready as it is, or after an activation that another layer reads, too. */
  residual(x, draw) {
    const weights = draw.parameter([1, 1, channelsOf(x), channelsOf(x)])
    return draw.choice([x.maximum(0).conv2d(weights).add(x), x.conv2d(weights).maximum(0).add(x)])
  },
}

/** A layer of what fits: one that finds no room for its windows, or gives too much, is left out again. */
function extended(x: Tensor, name: string, draw: Draw): Tensor {
  const before = draw.parameters.length
  try {
    const y = (layers[name] as Layer)(x, draw)
    if (y.size <= largest) return y
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
  }
  draw.parameters.length = before
  return x
}

/** Every second one as a compiled function has it: its numbers are known. */
export function randomNetwork(seed: number): RandomNetwork {
  return seed % 2 === 0 ? makeNetwork(seed) : whileTracing(() => makeNetwork(seed)).result
}

function makeNetwork(seed: number): RandomNetwork {
  const dtype = seed % 3 === 2 ? 'f32' : 'f64'
  const draw = new Draw(seed, dtype)
  const images = draw.parameter([draw.integer(1, 5), ...draw.pair(3, 9), draw.choice([1, 2, 3, 4, 6, 8, 16, 17])])
  const description = [`${dtype}[${images.shape}]`]
  let x = images
  for (let depth = draw.integer(1, 6); depth > 0; depth--) {
    const name = draw.choice(Object.keys(layers))
    const y = extended(x, name, draw)
    if (y !== x) description.push(`${name} [${y.shape}]`)
    x = y
  }
  const loss = x.multiply(draw.parameter(x.shape)).sum()
  const found = gradients(loss, draw.parameters, { allowUnused: true })
  const outputs = [loss, ...found].map(({ node }) => node)
  return { outputs, result: x.node, description: description.join(', ') }
}
