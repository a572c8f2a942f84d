// A graph of ONNX while it is written: nodes, constants, and in which order the axes of each value lie.

import type { HostTensor } from '../../core/host-tensor.ts'
import { equalShapes, type Shape } from '../../core/shape.ts'
import { inverse } from './value.ts'
import type { WrittenNode } from './write-model.ts'

/** A value of the written graph: its axis i is axis order[i] of the value here. */
export interface Written {
  readonly name: string
  readonly order: readonly number[]
  /** Shape of the value here. */
  readonly shape: Shape
  /** Whether it is computed from the inputs: constants are the same for any number of samples. */
  readonly computed: boolean
}

type Attributes = WrittenNode['attributes']

/** Images here are [N, H, W, C], in ONNX [N, C, H, W]. */
export const channelsFirst: readonly number[] = [0, 3, 1, 2]

export class GraphWriter {
  readonly nodes: WrittenNode[] = []
  /** Weights, under their names; other constants are nodes, so that a file's weights are those of the network. */
  readonly initializers: Map<string, HostTensor> = new Map()
  /** Whether something depends on the number of samples of the trace. */
  fixed = false
  readonly #transposed = new Map<string, string>()
  readonly #long = new Map<string, string>()
  #count = 0

  /** Adds a node with one output, whose name comes back. */
  add(operator: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = `${operator}_${this.#count++}`
    this.nodes.push({ operator, name, inputs, outputs: [name], attributes })
    return name
  }

  /** A constant of whole numbers in 64 bits; equal ones are shared. */
  long(values: readonly number[]): string {
    const key = values.join(',')
    const known = this.#long.get(key)
    if (known !== undefined) return known
    const name = this.add('Constant', [], { value: { long: values } })
    this.#long.set(key, name)
    return name
  }

  constant(value: HostTensor): string {
    return this.add('Constant', [], { value })
  }

  /** A weight of the network, which keeps its name. */
  weight(name: string, tensor: HostTensor): string {
    this.initializers.set(name, tensor)
    return name
  }

  /** The name of the value with its axes in another order; a transpose is added at most once. */
  arranged({ name, order }: Written, wanted: readonly number[]): string {
    if (equalShapes(order, wanted)) return name
    const places = inverse(order)
    const perm = wanted.map((axis) => places[axis] as number)
    const key = `${name} ${perm}`
    const known = this.#transposed.get(key) ?? this.add('Transpose', [name], { perm })
    this.#transposed.set(key, known)
    return known
  }

  /** With all its elements, repeated where its shape is narrower. */
  whole(value: Written, shape: Shape): Written {
    if (equalShapes(value.shape, shape)) return value
    // Repeated along the samples, it depends on how many there are.
    if (value.computed || shape[0] !== value.shape[0]) this.fixed = true
    const target = value.order.map((axis) => shape[axis] as number)
    return { ...value, name: this.add('Expand', [value.name, this.long(target)]), shape }
  }

  /** In the order of the axes here. */
  straight(value: Written): string {
    return this.arranged(value, straightOrder(value.shape.length))
  }

  /** Under another shape. An extent that both begin with is copied, so that it may be any number. */
  reshaped(value: Written, shape: Shape): Written {
    const moving = value.order.filter((axis) => value.shape[axis] !== 1)
    const lies = moving.every((axis, i) => i === 0 || (moving[i - 1] as number) < axis)
    const name = lies ? value.name : this.straight(value)
    const copies = value.shape.length > 0 && value.shape[0] === shape[0] && (!lies || value.order[0] === 0)
    if (value.computed && !copies) this.fixed = true
    const target = copies ? [0, ...shape.slice(1)] : shape
    return {
      name: this.add('Reshape', [name, this.long(target)]),
      order: straightOrder(shape.length),
      shape,
      computed: value.computed,
    }
  }
}

export function straightOrder(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis)
}
