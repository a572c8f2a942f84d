// Values for the samples of the op table: seeded, inside the declared domain, away from kinks, and apart from each other.

import { allocateArray, type DType, type TypedArray } from '../../src/core/dtype.ts'
import { Random } from '../../src/core/random.ts'
import { type Shape, sizeOf } from '../../src/core/shape.ts'
import { type ArrayNode, arrayNode, type Node } from '../../src/ops/node.ts'
import { build, type Op, type Sample, type SampleInput } from '../../src/ops/op.ts'

/** All values are multiples of this, so that steps of finite differences and casts to f32 are exact. */
const grid = 2 ** -16
/** Distance that samples keep from a kink; finite differences reach 2^-11 far. */
const margin = 2 ** -6

/** A generator that depends on `parts` alone. */
export function seededBy(...parts: readonly unknown[]): Random {
  let hash = 0x811c9dc5
  for (const character of JSON.stringify(parts)) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  return new Random(hash >>> 0)
}

/** `count` numbers in [low, high] in random order, no two nearer than half their mean distance: extremes and orders are clear. */
function spread(random: Random, count: number, low: number, high: number): Float64Array {
  const order = random.permutation(count)
  const draw = (i: number): number => low + ((high - low) * ((order[i] as number) + random.uniform(0.25, 0.75))) / count
  return Float64Array.from({ length: count }, (_, i) => Math.round(draw(i) / grid) * grid)
}

function integers(random: Random, count: number, low: number, high: number): Float64Array {
  return Float64Array.from({ length: count }, () => low + random.integer(high - low + 1))
}

/** The range that an integer dtype is drawn from when it stands in for floats. */
const integerRanges = { i32: [-100, 100], u8: [0, 255], bool: [0, 1], u32: [0, 255] } as const

function drawOne(random: Random, input: SampleInput, dtype: DType): TypedArray {
  const count = sizeOf(input.shape)
  const isFloat = dtype === 'f32' || dtype === 'f64'
  const [low, high] = input.dtype === 'float' && !isFloat ? integerRanges[dtype] : [input.low, input.high]
  const values = isFloat ? spread(random, count, low, high) : integers(random, count, low, high)
  const data = allocateArray(dtype, count)
  data.set(values)
  return data
}

/** Draws again what lies near a kink of an elementwise op. */
function avoidKinks(op: Op, sample: Sample, data: readonly TypedArray[], random: Random): void {
  const { kink } = op
  if (kink === undefined) return
  for (let i = 0; i < (data[0] as TypedArray).length; i++) {
    while (Math.abs(kink(...data.map((values) => values[i] as number))) < margin) {
      for (const [j, values] of data.entries()) {
        const { low, high } = sample.inputs[j] as SampleInput
        values[i] = Math.round(random.uniform(low, high) / grid) * grid
      }
    }
  }
}

/** The dtype of input `input` when floats are drawn as `dtype`. */
export function dtypeOf(input: SampleInput, dtype: DType): DType {
  return input.dtype === 'float' ? dtype : input.dtype
}

/** The inputs of a sample as leaves, its floats drawn as `dtype`. */
export function drawInputs(op: Op, sample: Sample, dtype: DType): ArrayNode[] {
  const random = seededBy(op.name, sample, dtype)
  const data = sample.inputs.map((input) => drawOne(random, input, dtypeOf(input, dtype)))
  if (dtype === 'f32' || dtype === 'f64') avoidKinks(op, sample, data, random)
  return sample.inputs.map((input, i) => arrayNode(data[i] as TypedArray, input.shape, dtypeOf(input, dtype)))
}

/** Random weights of a projection, on a coarse grid and none of them near 0. */
export function drawWeights(shape: Shape, dtype: DType, ...seed: readonly unknown[]): ArrayNode {
  const random = seededBy('weights', shape, ...seed)
  const data = allocateArray(dtype, sizeOf(shape))
  for (let i = 0; i < data.length; i++) data[i] = (random.integer(2) * 2 - 1) * (0.25 + random.integer(192) / 256)
  return arrayNode(data, shape, dtype)
}

/** Does the op take its sample's floats as `dtype`? Its own rule decides. */
export function takes(op: Op, sample: Sample, dtype: DType): boolean {
  try {
    op.infer(
      sample.inputs.map((input) => ({ shape: input.shape, dtype: dtypeOf(input, dtype) })),
      sample.attributes,
    )
    return true
  } catch (error) {
    if (error instanceof Error && error.name === 'DTypeError') return false
    throw error
  }
}

export function samplesOf(op: Op, shapes: readonly Shape[]): readonly Sample[] {
  return shapes.flatMap((shape) => [...op.samples(shape)])
}

/** One line that names a sample in messages. */
export function describeSample(op: Op, sample: Sample, dtype: DType): string {
  const inputs = sample.inputs.map((input) => `${dtypeOf(input, dtype)}[${input.shape}]`)
  return `${op.name}(${inputs.join(', ')}) ${JSON.stringify(sample.attributes)}`
}

export function applyOp(op: Op, inputs: readonly Node[], sample: Sample): Node {
  return build(op.name, inputs, sample.attributes)
}
