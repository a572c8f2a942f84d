// Gradients of one op of the table, at the samples that the table gives.

import { Random } from '../../core/random.ts'
import { type Shape, sizeOf } from '../../core/shape.ts'
import { checkGradients } from '../../nn/check-gradients.ts'
import { Module } from '../../nn/module.ts'
import { Parameter } from '../../nn/parameter.ts'
import { build, type Family, type Op, type Sample, type SampleInput } from '../../ops/op.ts'
import { Tensor, tensor } from '../../tensor/tensor.ts'

export interface OpCheck {
  readonly name: string
  readonly family: Family
  /** How many samples were checked. */
  readonly samples: number
  /** Largest error over all samples and inputs. */
  readonly error: number
}

/** Ranks 0 to 4, one element, odd extents. */
const shapes: readonly Shape[] = [[], [1], [5], [3, 5], [2, 1, 3], [2, 1, 2, 3]]

/** Samples keep this distance from kinks; differences reach 2e-3 far. */
const margin = 2 ** -6

/** Whether an op has gradients that differences can be compared with. */
export function isDifferentiable(op: Op): boolean {
  return op.derivative.kind !== 'none' && samplesOf(op).length > 0
}

/** Compares the gradients of `sum(weights * op(inputs))` with differences, for all samples of the op, in f64. */
export function checkOp(op: Op, { tolerance, seed }: { readonly tolerance: number; readonly seed: number }): OpCheck {
  const samples = samplesOf(op)
  let largest = 0
  for (const [i, sample] of samples.entries()) {
    const random = new Random(seed).fork(i)
    const applied = new AppliedOp(op, sample, random)
    const { shape } = applied.forward()
    const weights = tensor(
      Float64Array.from({ length: sizeOf(shape) }, () => random.uniform(0.25, 1) * (random.integer(2) === 0 ? -1 : 1)),
      { shape },
    )
    const report = checkGradients(applied, (model) => model.forward().multiply(weights).sum(), { seed, tolerance })
    largest = Math.max(largest, report.largestError)
  }
  return { name: op.name, family: op.family, samples: samples.length, error: largest }
}

/** The samples with something to differentiate, by something. */
function samplesOf(op: Op): Sample[] {
  return shapes
    .flatMap((shape) => [...op.samples(shape)])
    .filter(({ inputs, attributes }) => {
      const typed = inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype === 'float' ? 'f64' : dtype }) as const)
      const depends = inputs.some(({ shape, dtype }) => dtype === 'float' && sizeOf(shape) > 0)
      // Rounding to f32, as some casts do, hides what differences could show.
      return depends && op.infer(typed, attributes).dtype === 'f64'
    })
}

/** An op whose float inputs are parameters. */
class AppliedOp extends Module {
  readonly inputs: readonly Tensor[]
  readonly #op: Op
  readonly #sample: Sample

  constructor(op: Op, sample: Sample, random: Random) {
    super()
    this.#op = op
    this.#sample = sample
    const drawn = drawInputs(op, sample, random)
    this.inputs = sample.inputs.map(({ shape, dtype }, i) => {
      const values = drawn[i] as Float64Array
      if (dtype === 'float') return new Parameter(tensor(values, { shape }), { label: `input ${i}` })
      return tensor(values, { shape, dtype })
    })
  }

  override forward(): Tensor {
    return new Tensor(
      build(
        this.#op.name,
        this.inputs.map(({ node }) => node),
        this.#sample.attributes,
      ),
    )
  }
}

/** Values of all inputs: no two of one input close to each other, none near a kink. */
function drawInputs(op: Op, { inputs }: Sample, random: Random): Float64Array[] {
  const drawn = inputs.map((input) => draw(input, random))
  const { kink } = op
  if (kink === undefined) return drawn
  const at = (i: number): number[] => drawn.map((values) => values[i] as number)
  for (let i = 0; i < (drawn[0]?.length ?? 0); i++) {
    while (Math.abs(kink(...at(i))) < margin) {
      for (const [j, values] of drawn.entries()) {
        const { low, high } = inputs[j] as SampleInput
        values[i] = random.uniform(low, high)
      }
    }
  }
  return drawn
}

function draw({ shape, dtype, low, high }: SampleInput, random: Random): Float64Array {
  const count = sizeOf(shape)
  if (dtype !== 'float') return Float64Array.from({ length: count }, () => low + random.integer(high - low + 1))
  const order = random.permutation(count)
  return Float64Array.from(order, (place) => low + ((high - low) * (place + random.uniform(0.25, 0.75))) / count)
}
