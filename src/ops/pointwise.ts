// What elementwise ops share: output element i depends on element i of each input, of one shape and dtype.

import { type DType, isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { equalShapes, formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Node } from './node.ts'
import type { Derivative, HostValue, Op, Typed } from './op.ts'

type Partials = (inputs: Node[], output: Node) => readonly (Node | undefined)[]

export interface PointwiseDefinition {
  readonly name: string
  readonly doc: string
  /** Value of one element, in f64. */
  readonly value: (...inputs: number[]) => number
  /** Value of one element of i32, where f64 does not hold all bits of it; absent: as `value`. */
  readonly valueOfIntegers?: (...inputs: number[]) => number
  /** Derivative with respect to each input; absent: zero wherever it exists, for the reason given. */
  readonly partials?: Partials
  readonly flat?: string
  /** Range to draw each input from; the count of ranges is the op's arity. */
  readonly domains: readonly (readonly [low: number, high: number])[]
  readonly kink?: (...values: number[]) => number
  /** dtypes it takes: floats only, any number, or anything; `bool` ops take and give bool. */
  readonly takes?: 'float' | 'number' | 'any' | 'bool'
  readonly gives?: DType
  readonly tolerance?: number
  readonly flops?: number
}

function checkInputs(name: string, inputs: readonly Typed[], takes: string): Typed {
  const first = inputs[0] as Typed
  for (const { shape, dtype } of inputs) {
    if (!equalShapes(shape, first.shape)) {
      throw new ShapeError(`${name}: shapes differ: ${formatShape(first.shape)} and ${formatShape(shape)}${atSite()}`)
    }
    if (dtype !== first.dtype)
      throw new DTypeError(`${name}: dtypes differ: ${first.dtype} and ${dtype}; cast one${atSite()}`)
    const fits =
      takes === 'any' || (takes === 'float' ? isFloat(dtype) : takes === 'bool' ? dtype === 'bool' : dtype !== 'bool')
    if (!fits) throw new DTypeError(`${name}: takes ${takes} values, not ${dtype}; cast the input first${atSite()}`)
  }
  return first
}

function applyValue(value: (...inputs: number[]) => number, inputs: readonly HostValue[], output: HostValue): void {
  const [a, b] = inputs as [HostValue, HostValue | undefined]
  for (let i = 0; i < output.data.length; i++) {
    output.data[i] = b === undefined ? value(a.data[i] as number) : value(a.data[i] as number, b.data[i] as number)
  }
}

/** An elementwise op from its value and partial derivatives, which stand side by side. */
export function pointwise(definition: PointwiseDefinition): Op {
  const { name, doc, value, valueOfIntegers = value, partials, domains, takes = 'float', gives, kink } = definition
  const derivative: Derivative =
    partials === undefined
      ? { kind: 'none', reason: definition.flat ?? 'constant between its jumps' }
      : { kind: 'pointwise', partials: (inputs, output) => partials([...inputs], output) }
  return {
    name,
    family: 'elementwise',
    doc,
    infer(inputs) {
      const { shape, dtype } = checkInputs(name, inputs, takes)
      return { shape, dtype: gives ?? dtype }
    },
    derivative,
    cost: (_, output) => ({ multiplyAdds: 0, flops: sizeOf(output.shape) * (definition.flops ?? 1) }),
    evaluate: (inputs, output) => applyValue(output.dtype === 'i32' ? valueOfIntegers : value, inputs, output),
    tolerance: definition.tolerance ?? 1e-6,
    samples: (shape: Shape) => [
      {
        inputs: domains.map(([low, high]) => ({ shape, dtype: takes === 'bool' ? 'bool' : 'float', low, high })),
        attributes: {},
      },
    ],
    ...(kink === undefined ? {} : { kink }),
  }
}

/** Ranges that samples of several ops share. */
export const real = [-3, 3] as const
export const positive = [0.1, 4] as const
