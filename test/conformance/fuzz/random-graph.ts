// A random graph: leaves, variables, views, elementwise chains, reductions, products, gathers, gradients, and assignments at the end.
// Each step draws from a generator of its own, so that the graph of fewer steps is the beginning of that of more.

import { isFloat } from '../../../src/core/dtype.ts'
import { Random } from '../../../src/core/random.ts'
import { broadcastShapes, equalShapes, type Shape, sizeOf } from '../../../src/core/shape.ts'
import { reverse } from '../../../src/graph/differentiate.ts'
import type { Assignment } from '../../../src/graph/graph.ts'
import * as ops from '../../../src/ops/functions.ts'
import { arrayNode, type Node, scalarNode } from '../../../src/ops/node.ts'
import { build } from '../../../src/ops/op.ts'
import '../../../src/ops/table.ts'

import { extents, type FuzzVariable, GraphPool, magnitudeLimit, sizeLimit } from './graph-pool.ts'
import type { NoisyValues } from './noisy-values.ts'

export interface RandomGraph {
  readonly outputs: readonly Node[]
  readonly assignments: readonly Assignment[]
  readonly variables: readonly FuzzVariable[]
  readonly values: NoisyValues
}

class Generator extends GraphPool {
  #streams = 0

  /** One more node, or several. */
  step(index: number): void {
    this.random = new Random(this.seed, index + 1)
    const step = this.pick(this.#steps)
    const node = step()
    if (node !== undefined) this.offer(node)
  }

  readonly #steps: readonly (() => Node | undefined)[] = [
    () => this.makeLeaf(),
    () => this.#special(),
    () => this.#unary(),
    () => this.#unary(),
    () => this.#binary(),
    () => this.#binary(),
    () => this.#binary(),
    () => this.#binary(),
    () => this.#comparison(),
    () => this.#logic(),
    () => this.#select(),
    () => this.#cast(),
    () => this.#reduce(),
    () => this.#reduce(),
    () => this.#view(),
    () => this.#view(),
    () => this.#view(),
    () => this.#view(),
    () => this.#pad(),
    () => this.#concat(),
    () => this.#gather(),
    () => this.#scatter(),
    () => this.#product(),
    () => this.#product(),
    () => this.#softmax(),
    () => this.#dense(),
    () => this.#gradient(),
  ]

  #special(): Node | undefined {
    const shape = this.drawShape()
    if (shape.length > 0 && this.chance(0.5)) return ops.iota(shape, this.random.integer(shape.length))
    const key = (): Node => {
      const value = this.random.integer(1000)
      return scalarNode(() => value, 'i32')
    }
    return ops.random(key(), key(), shape, this.#streams++, this.pick(['f32', 'f64'] as const))
  }

  #unary(): Node | undefined {
    const x = this.find(({ dtype }) => dtype !== 'bool')
    if (x === undefined) return undefined
    const anything = ['negate', 'abs', 'stopGradient']
    const names = isFloat(x.dtype) ? [...anything, 'relu', 'tanh', 'sigmoid', 'erf', 'square'] : anything
    if (isFloat(x.dtype)) {
      if (this.isWithin(x, -20, 4)) names.push('exp')
      if (this.isWithin(x, 0.1, magnitudeLimit)) names.push('log', 'sqrt')
      if (this.isWithin(x, -50, 50)) names.push('sin', 'cos')
      if (this.isExact(x)) names.push('floor', 'ceil', 'round', 'sign')
    }
    const name = this.pick(names)
    return name === 'square' ? ops.square(x) : ops.unary(name, x)
  }

  /** Two nodes of one dtype and one shape, from the pool or a leaf that broadcasts. */
  #pair(fits: (node: Node) => boolean): [Node, Node] | undefined {
    const a = this.find(fits)
    if (a === undefined) return undefined
    const b =
      this.find((node) => node.dtype === a.dtype && fits(node) && broadcastShapes(a.shape, node.shape) !== undefined) ??
      a
    const partner = this.chance(0.4) ? this.#narrow(a) : b
    const shape = broadcastShapes(a.shape, partner.shape) as Shape
    if (sizeOf(shape) > sizeLimit) return undefined
    const pair: [Node, Node] = [ops.broadcastTo(a, shape), ops.broadcastTo(partner, shape)]
    return this.chance(0.5) ? pair : [pair[1], pair[0]]
  }

  /** A leaf that broadcasts to `like`: axes in front missing, others of extent 1. */
  #narrow(like: Node): Node {
    const missing = this.random.integer(like.shape.length + 1)
    const shape = like.shape.slice(missing).map((extent) => (this.chance(0.4) ? 1 : extent))
    return this.makeLeaf(shape, like.dtype)
  }

  #binary(): Node | undefined {
    const pair = this.#pair(({ dtype }) => dtype !== 'bool')
    if (pair === undefined) return undefined
    const [a, b] = pair
    const names = ['add', 'add', 'subtract', 'multiply', 'multiply', 'maximum', 'minimum']
    if (isFloat(a.dtype)) {
      if (this.isWithin(b, 0.1, magnitudeLimit) || this.isWithin(b, -magnitudeLimit, -0.1))
        names.push('divide', 'divide')
      if (this.isWithin(a, 0.1, 4) && this.isWithin(b, -3, 3)) names.push('power')
    }
    return build(this.pick(names), [a, b])
  }

  #exactPair(): [Node, Node] | undefined {
    const pair = this.#pair((node) => this.isExact(node))
    return pair?.every((node) => this.isExact(node)) ? pair : undefined
  }

  #comparison(): Node | undefined {
    const pair = this.#exactPair()
    return pair && ops.compare(this.pick(['less', 'lessEqual', 'equal', 'notEqual'] as const), ...pair)
  }

  #logic(): Node | undefined {
    const pair = this.#pair(({ dtype }) => dtype === 'bool')
    if (pair === undefined) return undefined
    const name = this.pick(['and', 'or', 'not'] as const)
    return ops.logic(name, name === 'not' ? [pair[0]] : pair)
  }

  #select(): Node | undefined {
    const pair = this.#pair(() => true)
    const condition = this.find(
      ({ shape, dtype }) =>
        dtype === 'bool' &&
        pair !== undefined &&
        equalShapes(broadcastShapes(shape, pair[0].shape) ?? [-1], pair[0].shape),
    )
    if (pair === undefined) return undefined
    const truth = condition ?? this.makeLeaf(pair[0].shape, 'bool')
    return ops.select(ops.broadcastTo(truth, pair[0].shape), ...pair)
  }

  #cast(): Node | undefined {
    const x = this.find(() => true)
    if (x === undefined) return undefined
    const to = this.isExact(x) || !isFloat(x.dtype) ? this.drawDtype() : this.pick(['f32', 'f64'] as const)
    return ops.cast(x, to)
  }

  #reduce(): Node | undefined {
    const x = this.find(({ dtype, shape }) => shape.length > 0 && dtype !== 'bool' && dtype !== 'u8')
    if (x === undefined) return undefined
    const axes = x.shape.flatMap((_, axis) => (this.chance(0.5) ? [axis] : []))
    const chosen = axes.length > 0 ? axes : [this.random.integer(x.shape.length)]
    const full = chosen.every((axis) => x.shape[axis] !== 0)
    const reduced = this.pick(full ? [ops.sum, ops.sum, ops.reduceMax, ops.reduceMin] : [ops.sum])(x, chosen)
    if (this.chance(0.3)) return ops.broadcastTo(reduced, x.shape)
    return this.chance(0.5)
      ? reduced
      : ops.reshape(
          reduced,
          reduced.shape.filter((_, axis) => !chosen.includes(axis)),
        )
  }

  #view(): Node | undefined {
    const x = this.find(() => true)
    if (x === undefined) return undefined
    const { shape } = x
    const rank = shape.length
    switch (this.random.integer(6)) {
      case 0:
        return ops.permute(x, [...this.random.permutation(rank)])
      case 1:
        return this.#reshape(x)
      case 2: {
        const starts = shape.map((extent) => this.random.integer(Math.max(1, extent)))
        const steps = shape.map(() => 1 + this.random.integer(3))
        const ends = shape.map(
          (extent, i) => (starts[i] as number) + this.random.integer(extent - (starts[i] as number) + 1),
        )
        const cut = shape.map(() => this.chance(0.5))
        const choose = (some: readonly number[], whole: (extent: number) => number): number[] =>
          shape.map((extent, i) => (cut[i] ? (some[i] as number) : whole(extent)))
        return ops.slice(
          x,
          choose(starts, () => 0),
          choose(ends, (extent) => extent),
          choose(steps, () => 1),
        )
      }
      case 3:
        return ops.flip(
          x,
          shape.flatMap((_, axis) => (this.chance(0.5) ? [axis] : [])),
        )
      case 4: {
        const wide = shape.map((extent) => (extent === 1 && this.chance(0.6) ? this.pick(extents) : extent))
        const front = this.chance(0.3) ? [this.pick(extents)] : []
        return sizeOf([...front, ...wide]) > sizeLimit ? undefined : ops.broadcastTo(x, [...front, ...wide])
      }
      default:
        return ops.reshape(x, this.chance(0.5) ? shape.filter((extent) => extent !== 1) : [1, ...shape, 1])
    }
  }

  /** Another shape of as many elements: neighbours joined, or an extent split. */
  #reshape(x: Node): Node {
    const shape = [...x.shape]
    if (shape.length >= 2 && this.chance(0.6)) {
      const axis = this.random.integer(shape.length - 1)
      shape.splice(axis, 2, (shape[axis] as number) * (shape[axis + 1] as number))
    } else if (shape.length > 0) {
      const axis = this.random.integer(shape.length)
      const extent = shape[axis] as number
      const divisors = [2, 3, 4, 5, 7].filter((divisor) => extent % divisor === 0)
      const divisor = divisors.length > 0 ? this.pick(divisors) : 1
      shape.splice(axis, 1, extent / divisor, divisor)
    }
    return ops.reshape(x, shape)
  }

  #pad(): Node | undefined {
    const x = this.find(({ shape }) => shape.length > 0 && sizeOf(shape) < 150)
    if (x === undefined) return undefined
    const some = (): number[] => x.shape.map(() => (this.chance(0.5) ? this.random.integer(3) : 0))
    return ops.pad(x, some(), some())
  }

  #concat(): Node | undefined {
    const x = this.find(({ shape }) => shape.length > 0)
    if (x === undefined) return undefined
    const axis = this.random.integer(x.shape.length)
    const alike = (node: Node): boolean =>
      node.dtype === x.dtype &&
      node.shape.length === x.shape.length &&
      node.shape.every((extent, i) => i === axis || extent === x.shape[i])
    const parts = Array.from({ length: this.pick([2, 2, 3]) }, () => this.find(alike) ?? x)
    return ops.concat(parts, axis)
  }

  #indices(shape: Shape, limit: number): Node {
    const data = new Int32Array(sizeOf(shape)).map(() => this.random.integer(limit))
    return arrayNode(data, shape, 'i32')
  }

  #gather(): Node | undefined {
    const x = this.find(({ shape }) => shape.length > 0 && sizeOf(shape) > 0)
    if (x === undefined) return undefined
    const axis = this.random.integer(x.shape.length)
    const shape = x.shape.map((extent, i) => (i === axis ? this.pick(extents) : extent))
    if (sizeOf(shape) > sizeLimit) return undefined
    return ops.gather(x, this.#indices(shape, x.shape[axis] as number), axis)
  }

  #scatter(): Node | undefined {
    const x = this.find(({ shape, dtype }) => shape.length > 0 && isFloat(dtype) && sizeOf(shape) > 0)
    if (x === undefined) return undefined
    const axis = this.random.integer(x.shape.length)
    const extent = this.pick(extents)
    return ops.scatterAdd(x, this.#indices(x.shape, extent), axis, extent)
  }

  /** A matrix of the pool, times one that fits: a leaf, or what the pool has, as it is or transposed. */
  #product(): Node | undefined {
    const x = this.find(({ shape, dtype }) => shape.length >= 2 && isFloat(dtype))
    if (x === undefined) return undefined
    const a = this.chance(0.4) ? ops.transpose(x) : x
    const batch = a.shape.slice(0, -2)
    const inner = a.shape.at(-1) as number
    const fits = ({ shape, dtype }: Node): boolean =>
      dtype === a.dtype &&
      shape.length === a.shape.length &&
      equalShapes(shape.slice(0, -2), batch) &&
      (shape.at(-1) === inner || shape.at(-2) === inner)
    const found = this.find(fits) ?? this.makeLeaf([...batch, inner, this.pick(extents)], a.dtype)
    const b = found.shape.at(-2) === inner ? found : ops.transpose(found)
    return sizeOf([...batch, a.shape.at(-2) as number, b.shape.at(-1) as number]) > sizeLimit
      ? undefined
      : ops.matmul(a, b)
  }

  /** exp(x - max) / sum, with the maximum's gradient stopped. */
  #softmax(): Node | undefined {
    const x = this.find(({ shape, dtype }) => shape.length > 0 && isFloat(dtype) && sizeOf(shape) > 0)
    if (x === undefined) return undefined
    const axes = [this.chance(0.7) ? x.shape.length - 1 : 0]
    const shifted = ops.subtract(x, ops.broadcastTo(ops.stopGradient(ops.reduceMax(x, axes)), x.shape))
    const powers = ops.exp(shifted)
    const total = ops.broadcastTo(ops.sum(powers, axes), x.shape)
    return this.chance(0.5) ? ops.divide(powers, total) : ops.subtract(shifted, ops.log(total))
  }

  /** activation(x w + b), with both as variables. */
  #dense(): Node | undefined {
    const x = this.find(({ shape, dtype }) => shape.length === 2 && isFloat(dtype))
    if (x === undefined) return undefined
    const outputs = this.pick(extents)
    const [rows, inner] = x.shape as [number, number]
    if (rows * outputs > sizeLimit) return undefined
    const weights = this.makeVariable([inner, outputs], x.dtype)
    const bias = this.makeVariable([outputs], x.dtype)
    const sum = ops.add(ops.matmul(x, weights), ops.broadcastTo(bias, [rows, outputs]))
    return ops.unary(this.pick(['relu', 'tanh', 'sigmoid']), sum)
  }

  /** Gradients of the sum of a node with respect to leaves; all enter the pool. */
  #gradient(): Node | undefined {
    const x = this.find(({ dtype }) => isFloat(dtype))
    if (x === undefined || this.sources.length === 0) return undefined
    const sources = [this.pick(this.sources), this.pick(this.sources)]
    for (const gradient of reverse(x, ops.fill(1, x), sources)) if (gradient !== undefined) this.offer(gradient)
    return undefined
  }

  finish(): Omit<RandomGraph, 'values'> {
    this.random = new Random(this.seed, 2 ** 31)
    if (this.pool.length === 0) this.pool.push(this.makeLeaf())
    // Partners of equal shape make swaps likely.
    for (const { shape, dtype } of [...this.variables]) if (this.chance(0.5)) this.makeVariable(shape, dtype)
    const outputs = Array.from({ length: 1 + this.random.integer(4) }, () => this.find(() => true) as Node)
    if (this.variables.length > 0 && this.chance(0.3)) outputs.push(this.pick(this.variables).node)
    return { outputs, assignments: this.#assignments(), variables: this.variables }
  }

  #assignments(): Assignment[] {
    const found: Assignment[] = []
    for (const variable of this.variables) {
      if (this.chance(0.4)) continue
      const value = this.#newValue(variable)
      if (value !== undefined) found.push({ variable, value })
    }
    const order = this.random.permutation(found.length)
    return Array.from(order, (i) => found[i] as Assignment)
  }

  /** A value for a variable: of another variable, of itself moved, an update, or what the pool has. */
  #newValue(variable: FuzzVariable): Node | undefined {
    const { shape, dtype, node } = variable
    const fits = (other: Node): boolean => other.dtype === dtype && equalShapes(other.shape, shape)
    const others = this.variables.filter((other) => other !== variable && fits(other.node))
    const known = this.find(fits)
    switch (this.random.integer(6)) {
      case 0:
        return others.length > 0 ? this.pick(others).node : known
      case 1:
        return ops.flip(
          node,
          shape.map((_, axis) => axis),
        )
      case 2: {
        const order = [...this.random.permutation(shape.length)]
        const moved = ops.permute(node, order)
        return fits(moved) ? moved : known
      }
      case 3:
        return dtype === 'bool' ? known : known && ops.subtract(node, known)
      case 4: {
        const other = others.length > 0 ? this.pick(others).node : node
        return dtype === 'bool' ? other : ops.add(node, ops.flip(other, shape.length > 0 ? [0] : []))
      }
      default:
        return known
    }
  }
}

/** The graph of a seed after `steps` steps. */
export function randomGraph(seed: number, steps: number): RandomGraph {
  const generator = new Generator(seed)
  for (let i = 0; i < steps; i++) generator.step(i)
  return { ...generator.finish(), values: generator.values }
}
