// Gradient checker: the gradients of a loss with respect to each parameter against finite differences, in f64.

import { UsageError } from '../core/errors.ts'
import { Random } from '../core/random.ts'
import { formatShape, type Shape } from '../core/shape.ts'
import { compile } from '../tensor/compile.ts'
import { gradients } from '../tensor/gradients.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { randomKey } from '../tensor/trace.ts'
import { Variable } from '../tensor/variable.ts'
import type { Module } from './module.ts'
import { Parameter } from './parameter.ts'
import { printAsText } from './print-as-text.ts'
import { textTable } from './text-table.ts'

export interface CheckGradientsOptions {
  /**
   * Elements checked one by one per parameter (default 100; Infinity checks all). Where it has more, they are drawn at random, and a
   * random direction through all elements is checked too.
   */
  readonly elements?: number
  /** Points of the central differences: 5 (default, error of the step's fourth power) or 3 (second power). */
  readonly points?: 3 | 5
  /** Step of the differences (default 1e-3 for five points, 1e-5 for three). */
  readonly step?: number
  /** Largest error that counts as right (default 1e-7). */
  readonly tolerance?: number
  /** Which elements are drawn (default 0). */
  readonly seed?: number
}

/** What was found for one parameter. */
export interface ParameterCheck {
  readonly name: string
  readonly shape: Shape
  /** How many of its elements were checked one by one. */
  readonly checked: number
  /** max|a - n| / max(1e-3, max|a|, max|n|) over the checked elements, with a by differentiation and n by differences. */
  readonly error: number
}

/** The checks of all parameters. Printed as a table. */
export class GradientReport {
  readonly parameters: readonly ParameterCheck[]
  readonly tolerance: number

  constructor(parameters: readonly ParameterCheck[], tolerance: number) {
    this.parameters = parameters
    this.tolerance = tolerance
  }

  /** The largest error of any parameter; NaN if there is one. */
  get largestError(): number {
    return Math.max(...this.parameters.map(({ error }) => error))
  }

  /** Whether every parameter's error is within the tolerance. */
  get passed(): boolean {
    return this.parameters.every(({ error }) => error <= this.tolerance)
  }

  toString(): string {
    const columns = [
      { title: 'parameter' },
      { title: 'shape' },
      { title: 'checked', right: true },
      { title: 'largest error', right: true },
    ]
    const row = ({ name, shape, checked, error }: ParameterCheck): string[] => {
      const size = shape.reduce((product, extent) => product * extent, 1)
      const verdict = error <= this.tolerance ? '' : '  wrong'
      return [
        name,
        formatShape(shape),
        checked === size ? 'all' : `${checked} of ${size}`,
        error.toExponential(2) + verdict,
      ]
    }
    return textTable(columns, this.parameters.map(row))
  }
}

printAsText(GradientReport)

/** Weights of f at -2h, -h, h, 2h (or -h, h) in the derivative, times 1/h. */
const stencils = {
  3: [
    [-1, -1 / 2],
    [1, 1 / 2],
  ],
  5: [
    [-2, 1 / 12],
    [-1, -8 / 12],
    [1, 8 / 12],
    [2, -1 / 12],
  ],
} as const satisfies Record<number, readonly (readonly [offset: number, weight: number])[]>

/** How often a disagreement is looked at again with a tenth of the step. */
const refinements = 3

/**
 * Checks the gradients of `loss(model)` with respect to every trained parameter of `model` against central differences, with all
 * parameters in f64. The model is as before afterwards. Where they disagree, smaller steps are tried and the best is kept: a kink
 * (of ReLU, say) within the step spoils the differences, not the gradient. Random numbers (dropout) are the same in all evaluations.
 * Throws UsageError for a model without parameters, and where the loss is not one number or does not depend on a parameter.
 *
 * ```ts
 * console.log(checkGradients(model, (m) => crossEntropy(m.forward(x), labels)))
 * ```
 */
export function checkGradients<Model extends Module>(
  model: Model,
  loss: (model: Model) => Tensor,
  options: CheckGradientsOptions = {},
): GradientReport {
  const { points = 5, tolerance = 1e-7 } = options
  if (model.namedParameters().size === 0) throw new UsageError('checkGradients: the model has no parameters to train')
  const key = { ...randomKey }
  const originals = new Map<Variable, Variable>()
  for (const variable of model.namedVariables().values()) originals.set(doubled(variable), variable)
  model.exchange(new Map([...originals].map(([copy, original]) => [original, copy])))
  try {
    const evaluate = compile(() => loss(model))
    const differentiate = compile(() => gradients(loss(model), model.parameters()))
    const repeatable = <Result>(compute: () => Result): Result => {
      Object.assign(randomKey, key)
      return compute()
    }
    const found = repeatable(differentiate)
    const parameters = [...model.namedParameters()].map(([name, parameter], i) =>
      checkParameter(name, parameter, (found[i] as Tensor).dataSync(), () => repeatable(evaluate).item(), {
        elements: 100,
        step: points === 5 ? 1e-3 : 1e-5,
        seed: 0,
        ...options,
        points,
        tolerance,
      }),
    )
    return new GradientReport(parameters, tolerance)
  } finally {
    Object.assign(randomKey, key)
    model.exchange(originals)
  }
}

/** A copy in f64; variables that are not floats are kept apart all the same, because the loss may assign them. */
function doubled(variable: Variable): Variable {
  const values = variable.dtype === 'f32' ? variable.cast('f64') : variable
  return variable instanceof Parameter
    ? new Parameter(values, { label: variable.label, frozen: variable.frozen })
    : new Variable(values, { label: variable.label })
}

/** A way to move a parameter: by `distance` from its value. */
type Move = (distance: number) => void

function checkParameter(
  name: string,
  parameter: Parameter,
  gradient: ArrayLike<number>,
  evaluate: () => number,
  { elements, points, step, tolerance, seed }: Required<CheckGradientsOptions>,
): ParameterCheck {
  const start = parameter.dataSync()
  const values = start.slice()
  const slope = (move: Move, h: number): number => {
    let sum = 0
    for (const [offset, weight] of stencils[points]) {
      move(offset * h)
      parameter.write(values)
      sum += (weight * evaluate()) / h
    }
    values.set(start)
    return sum
  }
  /** The largest error of slopes along `moves`, whose analytic slopes are given, relative to the largest of them all. */
  const largestError = (moves: readonly Move[], analytic: readonly number[]): number => {
    const numeric = moves.map((move) => slope(move, step))
    const scale = largestOf([1e-3, ...numeric, ...analytic])
    const errors = moves.map((move, i) => {
      const distance = (n: number): number => Math.abs((analytic[i] as number) - n) / scale
      let best = distance(numeric[i] as number)
      for (let tenth = 1; tenth <= refinements && best > tolerance; tenth++) {
        best = Math.min(best, distance(slope(move, step / 10 ** tenth)))
      }
      return best
    })
    return largestOf(errors)
  }
  const random = new Random(seed)
  const chosen = chooseElements(values.length, elements, random)
  const single = chosen.map(
    (element): Move =>
      (distance) => {
        values[element] = (start[element] as number) + distance
      },
  )
  let error = largestError(
    single,
    chosen.map((element) => gradient[element] as number),
  )
  if (chosen.length < values.length) {
    // One direction of length 1 through all elements, so that none goes unseen.
    const direction = Float64Array.from(values, () => (random.integer(2) === 0 ? -1 : 1) / Math.sqrt(values.length))
    const together: Move = (distance) => {
      for (let i = 0; i < values.length; i++) values[i] = (start[i] as number) + distance * (direction[i] as number)
    }
    const projection = direction.reduce((sum, component, i) => sum + component * (gradient[i] as number), 0)
    error = Math.max(error, largestError([together], [projection]))
  }
  parameter.write(start)
  return { name, shape: parameter.shape, checked: chosen.length, error }
}

/** The largest absolute value; NaN if there is one. */
function largestOf(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
}

function chooseElements(size: number, elements: number, random: Random): number[] {
  if (elements >= size) return Array.from({ length: size }, (_, i) => i)
  return Array.from(random.permutation(size).slice(0, elements)).sort((a, b) => a - b)
}
