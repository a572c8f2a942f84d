// The gradient check: derivatives of the op table against five-point central differences, in f64, on a random projection of the output.

import { isFloat, type TypedArray } from '../../src/core/dtype.ts'
import type { Shape } from '../../src/core/shape.ts'
import type { Device } from '../../src/devices/device.ts'
import { forward, reverse } from '../../src/graph/differentiate.ts'
import { addDefined, fill, multiply, reshape, sum } from '../../src/ops/functions.ts'
import type { ArrayNode, Node } from '../../src/ops/node.ts'
import type { Op, Sample } from '../../src/ops/op.ts'
import { Evaluation, evaluate } from './evaluate.ts'
import { applyOp, describeSample, drawInputs, drawWeights, samplesOf } from './samples.ts'

/** A power of two: with inputs on a coarse grid the steps are exact. */
const step = 2 ** -12
/** Largest error allowed, relative to max(1e-3, the largest derivative of the tensor). */
export const tolerance = 1e-9
/** Forward and reverse mode compute the same sum in two orders. */
const agreement = 1e-12

export interface Failure {
  readonly where: string
  readonly what: string
  readonly error: number
}

/** max |a - n| / max(1e-3, max |a|, max |n|) */
export function relativeError(analytic: ArrayLike<number>, numeric: ArrayLike<number>): number {
  let difference = 0
  let scale = 1e-3
  for (let i = 0; i < numeric.length; i++) {
    const [a, n] = [analytic[i] as number, numeric[i] as number]
    if (Number.isNaN(a) || Number.isNaN(n)) return Number.POSITIVE_INFINITY
    difference = Math.max(difference, Math.abs(a - n))
    scale = Math.max(scale, Math.abs(a), Math.abs(n))
  }
  return difference / scale
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number)
  return total
}

/** d outputs / d leaf element, one array per element of the leaf. */
function columns(evaluation: Evaluation, leaf: ArrayNode): Float64Array[] {
  const data = leaf.data.slice()
  const at = (i: number, offset: number): TypedArray => {
    const kept = data[i] as number
    data[i] = kept + offset
    const [value] = evaluation.run(new Map([[leaf, data]]))
    data[i] = kept
    return value as TypedArray
  }
  return Array.from(data, (_, i) => {
    const [left2, left, right, right2] = [-2, -1, 1, 2].map((k) => at(i, k * step)) as [
      TypedArray,
      TypedArray,
      TypedArray,
      TypedArray,
    ]
    return Float64Array.from(left, (_, k) => {
      const near = (right[k] as number) - (left[k] as number)
      const far = (right2[k] as number) - (left2[k] as number)
      return (8 * near - far) / (12 * step)
    })
  })
}

/** Sum of the products of pairs of nodes, as a scalar node. */
function projection(pairs: readonly (readonly [Node, Node])[]): Node | undefined {
  let total: Node | undefined
  for (const [value, weights] of pairs) {
    const product = multiply(value, weights)
    const axes = product.shape.map((_, axis) => axis)
    total = addDefined(total, reshape(sum(product, axes), []))
  }
  return total
}

/** One sample of one op: what its derivatives are compared with. */
class SampleCheck {
  readonly failures: Failure[] = []
  readonly #device: Device
  readonly #where: string
  readonly #op: Op
  readonly #leaves: readonly ArrayNode[]
  /** The float leaves, and a direction for each. */
  readonly #sources: readonly ArrayNode[]
  readonly #directions: readonly ArrayNode[]
  readonly #output: Node

  constructor(device: Device, op: Op, sample: Sample) {
    this.#device = device
    this.#op = op
    this.#where = `${describeSample(op, sample, 'f64')} on ${device.name}`
    this.#leaves = drawInputs(op, sample, 'f64')
    this.#sources = this.#leaves.filter(({ dtype }) => isFloat(dtype))
    this.#directions = this.#sources.map((leaf, i) => drawWeights(leaf.shape, leaf.dtype, 'direction', i))
    this.#output = applyOp(op, this.#leaves, sample)
  }

  #compare(what: string, analytic: ArrayLike<number>, numeric: ArrayLike<number>, limit: number = tolerance): void {
    const error = relativeError(analytic, numeric)
    if (!(error <= limit)) this.failures.push({ where: this.#where, what, error })
  }

  /** Values of nodes, zeros where there is none. */
  #values(nodes: readonly (Node | undefined)[], like: readonly Node[]): TypedArray[] {
    return evaluate(
      this.#device,
      nodes.map((node, i) => node ?? fill(0, like[i] as Node)),
    )
  }

  run(): readonly Failure[] {
    if (!isFloat(this.#output.dtype)) {
      this.#flat()
      return this.failures
    }
    const output = this.#output
    const evaluation = new Evaluation(this.#device, [output])
    const jacobian = this.#sources.map((leaf) => columns(evaluation, leaf))
    const weights = drawWeights(output.shape, output.dtype, 'output')
    const gradients = reverse(output, weights, this.#sources)
    const [tangent] = forward([output], this.#sources, this.#directions)
    // stopGradient is flat by definition, whatever its entry in the table says.
    if (this.#op.derivative.kind === 'none' || this.#op.name === 'stopGradient') {
      if ([...gradients, tangent].some((node) => node !== undefined)) this.#fail('a gradient flows where none may')
      if (this.#op.name !== 'stopGradient') this.#constant(jacobian)
      return this.failures
    }
    const gradientValues = this.#values(gradients, this.#sources)
    for (const [i, values] of gradientValues.entries()) {
      const numeric = (jacobian[i] as Float64Array[]).map((column) => dot(column, weights.data))
      this.#compare(`gradient of input ${i}`, values, numeric)
    }
    this.#forward(jacobian, tangent, gradientValues, weights)
    this.#second(gradients)
    return this.failures
  }

  #fail(what: string): void {
    this.failures.push({ where: this.#where, what, error: Number.POSITIVE_INFINITY })
  }

  /** Integers and truth values pass no gradient on. */
  #flat(): void {
    const found = forward([this.#output], this.#sources, this.#directions)
    if (found[0] !== undefined) this.#fail('an integer output has a tangent')
  }

  /** Ops without a derivative claim that it is zero wherever it exists. */
  #constant(jacobian: readonly (readonly Float64Array[])[]): void {
    if (jacobian.some((leaf) => leaf.some((column) => column.some((value) => value !== 0))))
      this.#fail('the op has no derivative, yet its output changes with its input')
  }

  #forward(
    jacobian: readonly (readonly Float64Array[])[],
    tangent: Node | undefined,
    gradients: readonly TypedArray[],
    weights: ArrayNode,
  ): void {
    const [values] = this.#values([tangent], [this.#output]) as [TypedArray]
    const numeric = Float64Array.from(values, (_, k) => {
      let total = 0
      for (const [i, leaf] of jacobian.entries()) {
        const direction = (this.#directions[i] as ArrayNode).data
        for (const [element, column] of leaf.entries()) total += (column[k] as number) * (direction[element] as number)
      }
      return total
    })
    this.#compare('tangent', values, numeric)
    const backwards = gradients.map((gradient, i) => dot(gradient, (this.#directions[i] as ArrayNode).data))
    const scale = dot(Float64Array.from(values, Math.abs), Float64Array.from(weights.data, Math.abs))
    const difference = Math.abs(dot(values, weights.data) - backwards.reduce((sum, value) => sum + value, 0))
    if (!(difference <= agreement * Math.max(1, scale))) {
      this.failures.push({ where: this.#where, what: 'forward mode equals reverse mode', error: difference })
    }
  }

  /** The gradient of (gradient . direction), against differences of the gradient. */
  #second(gradients: readonly (Node | undefined)[]): void {
    const pairs = gradients.flatMap((gradient, i) =>
      gradient === undefined ? [] : [[gradient, this.#directions[i] as Node] as const],
    )
    const projected = projection(pairs)
    if (projected === undefined) return
    const evaluation = new Evaluation(this.#device, [projected])
    const second = reverse(projected, fill(1, projected), this.#sources)
    for (const [i, values] of this.#values(second, this.#sources).entries()) {
      const numeric = columns(evaluation, this.#sources[i] as ArrayNode).map((column) => column[0] as number)
      this.#compare(`second derivative by input ${i}`, values, numeric)
    }
  }
}

/** Samples of an op that have a float to differentiate by. */
export function differentiableSamples(op: Op, shapes: readonly Shape[]): readonly Sample[] {
  return samplesOf(op, shapes).filter(({ inputs }) => inputs.some(({ dtype }) => dtype === 'float'))
}

/** Checks gradient, tangent, their agreement and the second derivative at every sample; gives what is wrong, sample by sample. */
export function* gradientFailures(device: Device, op: Op, shapes: readonly Shape[]): Generator<Failure> {
  for (const sample of differentiableSamples(op, shapes)) yield* new SampleCheck(device, op, sample).run()
}

export function describeFailures(failures: readonly Failure[]): string {
  return failures
    .slice(0, 5)
    .map(({ where, what, error }) => `${where}: ${what}: ${error}`)
    .join('\n')
}
