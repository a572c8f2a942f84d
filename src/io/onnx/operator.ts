// What an operator of ONNX is here: a function of a call, which knows the node, its inputs and its attributes.

import { FormatError } from '../../core/errors.ts'
import type { HostTensor } from '../../core/host-tensor.ts'
import { formatShape } from '../../core/shape.ts'
import { Tensor } from '../../tensor/tensor.ts'
import type { OnnxAttribute, OnnxNode } from './model.ts'
import { Value } from './value.ts'

/** Gives the values of the node's outputs; one stands for the first. */
export type OnnxOperator = (call: OnnxCall) => Value | Tensor | readonly (Value | Tensor)[]

/** Operators by name. */
export type OperatorTable = Readonly<Record<string, OnnxOperator>>

export interface CallSurroundings {
  /** Version of the operators. */
  readonly opset: number
  /** How many samples are computed at a time where the file says one: that many times more than it was made for, else 1. */
  readonly samples: number
  /** Name of the file, for messages. */
  readonly file: string
}

/** One node with the values of its inputs. */
export class OnnxCall {
  readonly node: OnnxNode
  readonly opset: number
  readonly samples: number
  readonly #inputs: readonly (Value | undefined)[]
  readonly #file: string

  constructor(node: OnnxNode, inputs: readonly (Value | undefined)[], { opset, samples, file }: CallSurroundings) {
    this.node = node
    this.opset = opset
    this.samples = samples
    this.#inputs = inputs
    this.#file = file
  }

  /** The inputs that are there. */
  get inputs(): readonly Value[] {
    return this.#inputs.filter((value) => value !== undefined)
  }

  /** Throws FormatError where the node has no such input. */
  input(i: number): Value {
    return this.optional(i) ?? this.fail(`input ${i} is not there`)
  }

  optional(i: number): Value | undefined {
    return this.#inputs[i]
  }

  /** Input i as values that are known without computing: shapes, axes, bounds. */
  known(i: number): HostTensor {
    return this.input(i).host ?? this.fail(`input ${i} is computed, and here it must be known beforehand`)
  }

  /** Whole numbers of input i or, where there is none, of an attribute: ONNX moved many from one to the other. */
  knownNumbers(i: number, attribute: string): readonly number[] | undefined {
    return this.optional(i) === undefined ? this.numbers(attribute) : Array.from(this.known(i).data)
  }

  number(name: string, otherwise: number): number {
    const value = this.#attribute(name) ?? otherwise
    return typeof value === 'number' ? value : this.fail(`attribute ${name} is no number`)
  }

  /** A number that must be 0 or 1. */
  flag(name: string, otherwise: boolean): boolean {
    return this.number(name, Number(otherwise)) !== 0
  }

  text(name: string, otherwise: string): string {
    const value = this.#attribute(name) ?? otherwise
    return typeof value === 'string' ? value : this.fail(`attribute ${name} is no text`)
  }

  numbers(name: string): readonly number[] | undefined {
    const value = this.#attribute(name)
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.every((each) => typeof each === 'number')) return value
    return this.fail(`attribute ${name} is no list of numbers`)
  }

  attribute(name: string): OnnxAttribute | undefined {
    return this.#attribute(name)
  }

  /** An axis that may count from the end, as one from the beginning. */
  axis(axis: number, rank: number): number {
    const found = axis < 0 ? axis + rank : axis
    if (Number.isInteger(found) && found >= 0 && found < rank) return found
    return this.fail(`axis ${axis} does not exist in a value of ${rank} axes`)
  }

  /** Input i, which must be images [N, C, H, W]. */
  images(i: number): Value {
    const value = this.input(i)
    if (value.rank === 4) return value
    return this.fail(`input ${i} has shape ${formatShape(value.shape)}; only images [N, C, H, W] are computed here`)
  }

  fail(what: string): never {
    throw new FormatError(`${this.#file}: node ${this.node.name} (${this.node.operator}): ${what}`)
  }

  #attribute(name: string): OnnxAttribute | undefined {
    return this.node.attributes.get(name)
  }
}

/** What an operator gave, as values. */
export function asValues(given: ReturnType<OnnxOperator>): readonly Value[] {
  const list = given instanceof Value || given instanceof Tensor ? [given] : given
  return list.map((each) => (each instanceof Value ? each : new Value(each)))
}
