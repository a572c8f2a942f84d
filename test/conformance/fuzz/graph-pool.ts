// What random graphs draw from: seeded choices, leaves of every kind, and a pool of nodes whose values are tame.

import { allocateArray, type DType, isFloat, type TypedArray } from '../../../src/core/dtype.ts'
import { Random } from '../../../src/core/random.ts'
import { type Shape, sizeOf } from '../../../src/core/shape.ts'
import * as ops from '../../../src/ops/functions.ts'
import {
  arrayNode,
  literalNode,
  type Node,
  scalarNode,
  type VariableNode,
  type VariableState,
} from '../../../src/ops/node.ts'
import '../../../src/ops/table.ts'
import { NoisyValues } from './noisy-values.ts'

/** A variable with its value before the run. */
export class FuzzVariable implements VariableState {
  readonly id: number
  readonly label: string
  readonly shape: Shape
  readonly dtype: DType
  readonly version = 0
  readonly data: TypedArray
  readonly node: VariableNode

  constructor(id: number, shape: Shape, dtype: DType, data: TypedArray) {
    this.id = id
    this.label = `v${id}`
    this.shape = shape
    this.dtype = dtype
    this.data = data
    this.node = { kind: 'variable', inputs: [], shape, dtype, variable: this, version: 0 }
  }
}

export const extents = [1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33] as const
export const sizeLimit = 700
/** Larger values leave the pool: f32 has no digits to spare. */
export const magnitudeLimit = 4096

export abstract class GraphPool {
  protected readonly seed: number
  protected random: Random
  readonly values: NoisyValues
  readonly variables: FuzzVariable[] = []
  readonly pool: Node[] = []
  /** Float leaves that gradients may be asked for. */
  protected readonly sources: Node[] = []

  constructor(seed: number) {
    this.seed = seed
    this.random = new Random(seed, 0)
    this.values = new NoisyValues(new Random(seed, 2 ** 30), leafData)
  }

  protected chance(probability: number): boolean {
    return this.random.uniform() < probability
  }

  protected pick<T>(items: readonly T[]): T {
    return items[this.random.integer(items.length)] as T
  }

  /** A node of the pool that fits, recent ones more often; undefined when there is none. */
  protected find(fits: (node: Node) => boolean): Node | undefined {
    const found = this.pool.filter(fits)
    if (found.length === 0) return undefined
    return this.chance(0.5) ? found.at(-1 - this.random.integer(Math.min(3, found.length))) : this.pick(found)
  }

  /** Takes a node into the pool when its values are fit for more. */
  protected offer(node: Node): void {
    if (sizeOf(node.shape) > sizeLimit) return
    const { data, noisy } = this.values.of(node)
    const tame = (values: TypedArray): boolean => values.every((value) => Math.abs(value) <= magnitudeLimit)
    if (tame(data) && tame(noisy)) this.pool.push(node)
  }

  protected isExact(node: Node): boolean {
    return this.values.of(node).exact
  }

  /** Smallest and largest value; an empty node fits any range. */
  protected isWithin(node: Node, low: number, high: number): boolean {
    return this.values.of(node).data.every((value) => value >= low && value <= high)
  }

  protected drawShape(): number[] {
    for (;;) {
      const rank = this.pick([0, 1, 1, 2, 2, 2, 3, 3, 4])
      const shape = Array.from({ length: rank }, () => (this.chance(0.02) ? 0 : this.pick(extents)))
      if (sizeOf(shape) <= 300) return shape
    }
  }

  protected drawDtype(): DType {
    return this.pick(['f32', 'f32', 'f32', 'f32', 'f64', 'f64', 'i32', 'u8', 'bool'] as const)
  }

  #data(dtype: DType, count: number): TypedArray {
    const data = allocateArray(dtype, count)
    const whole = this.chance(0.5)
    for (let i = 0; i < count; i++) {
      if (dtype === 'bool') data[i] = this.random.integer(2)
      else if (dtype === 'u8') data[i] = this.random.integer(256)
      else if (dtype === 'i32') data[i] = this.random.integer(21) - 10
      else data[i] = whole ? this.random.integer(9) - 4 : this.random.uniform(-2, 2)
    }
    return data
  }

  #array(shape: Shape, dtype: DType): Node {
    const node = arrayNode(this.#data(dtype, sizeOf(shape)), shape, dtype)
    if (isFloat(dtype)) this.sources.push(node)
    return node
  }

  protected makeVariable(shape: Shape, dtype: DType): Node {
    const variable = new FuzzVariable(this.variables.length, shape, dtype, this.#data(dtype, sizeOf(shape)))
    this.variables.push(variable)
    if (isFloat(dtype)) this.sources.push(variable.node)
    return variable.node
  }

  protected makeLeaf(shape: Shape = this.drawShape(), dtype: DType = this.drawDtype()): Node {
    const kind = this.random.uniform()
    if (kind < 0.3) return this.makeVariable(shape, dtype)
    if (kind < 0.4) {
      const value = this.random.integer(5) - 1
      return ops.broadcastTo(
        scalarNode(() => Number(dtype === 'bool' || dtype === 'u8' ? value > 0 : value), dtype),
        shape,
      )
    }
    if (kind < 0.5) return ops.broadcastTo(literalNode(dtype === 'bool' ? 1 : this.random.integer(4), dtype), shape)
    return this.#array(shape, dtype)
  }
}

function leafData(node: Node): TypedArray {
  switch (node.kind) {
    case 'array':
      return node.data
    case 'variable':
      return (node.variable as FuzzVariable).data
    case 'scalar':
      return allocateArray(node.dtype, 1).fill(node.read())
    case 'literal':
      return allocateArray(node.dtype, 1).fill(node.value)
    default:
      throw new Error(`a random graph has no ${node.kind} leaf`)
  }
}
