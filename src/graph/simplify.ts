// Rewrites a graph into an equal, smaller one: common parts shared, movements merged, factors of one gone, compositions for ops without kernels.

import { denseShape, equalShapes, sizeOf } from '../core/shape.ts'
import { reshape } from '../ops/functions.ts'
import { type ArrayNode, constantOf, formatAttributes, type Node, type OpNode } from '../ops/node.ts'
import { inputGradientAsPhases, sliceOfPhases, weightGradientInChunks } from './gradients-of-convolution.ts'
import { type Graph, isHostLeaf } from './graph.ts'
import { poolsBeforeActivations } from './late-activations.ts'
import { compositionOf } from './lowerings.ts'

export interface Simplified {
  readonly outputs: readonly Node[]
  readonly assignments: readonly { readonly variable: number; readonly value: Node }[]
  /** The leaf that stands for each of the original graph's inputs. */
  readonly inputs: readonly Node[]
}

/** `factor` where a mask lets it pass, 0 elsewhere: what select(condition, 0, 1) * factor means, and without a NaN where 0 meets infinity. */
function maskedFactor(node: OpNode, mask: Node, factor: Node): OpNode | undefined {
  if (mask.kind !== 'op' || mask.op.name !== 'select') return undefined
  const [condition, masked, passed] = mask.inputs as [Node, Node, Node]
  if (constantOf(masked) !== 0 || constantOf(passed) !== 1) return undefined
  return { ...mask, inputs: [condition, masked, factor], dtype: node.dtype }
}

class Simplifier {
  readonly #known = new Map<string, Node>()
  readonly #ids = new Map<Node, number>()
  /** Nodes that are simplified already. */
  readonly #finished = new Set<Node>()

  #id(node: Node): number {
    let id = this.#ids.get(node)
    if (id === undefined) {
      id = this.#ids.size
      this.#ids.set(node, id)
    }
    return id
  }

  /** The node that stands for all nodes equal to this one. */
  #share(node: OpNode): Node {
    const key = `${node.op.name} ${node.inputs.map((input) => this.#id(input))} ${formatAttributes(node.attributes)} ${node.dtype}[${node.shape}]`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.#known.set(key, node)
    this.#finished.add(node)
    return node
  }

  /** Literals share by value. */
  literal(node: Extract<Node, { kind: 'literal' }>): Node {
    const key = `literal ${node.dtype} ${Object.is(node.value, -0) ? '-0' : node.value}`
    const known = this.#known.get(key)
    if (known === undefined) this.#known.set(key, node)
    return known ?? node
  }

  /** `node` with simplified inputs, simplified itself. */
  rewrite(node: OpNode, inputs: readonly Node[]): Node {
    const composition = compositionOf({ ...node, inputs })
    if (composition !== undefined) return this.simplified(composition)
    const [a, b] = inputs as [Node, Node | undefined]
    switch (node.op.name) {
      case 'stopGradient':
        return a
      case 'multiply':
        if (constantOf(a) === 1) return b as Node
        if (constantOf(b as Node) === 1) return a
        return this.#share(maskedFactor(node, a, b as Node) ?? maskedFactor(node, b as Node, a) ?? { ...node, inputs })
      case 'divide':
        if (constantOf(b as Node) === 1) return a
        break
      case 'cast':
        if (a.dtype === node.dtype) return a
        break
      case 'reshape':
        return this.#reshape(node, a)
      case 'permute':
        return this.#permute(node, a)
      case 'expand':
        if (equalShapes(a.shape, node.shape)) return a
        if (a.kind === 'op' && a.op.name === 'expand') return this.rewrite({ ...node, inputs: a.inputs }, a.inputs)
        break
      case 'sum':
      case 'max':
      case 'min':
        if (equalShapes(a.shape, node.shape)) return a
        break
      case 'convolutionInputGradient':
        return this.simplified(inputGradientAsPhases(node, a, b as Node))
      case 'convolutionWeightGradient':
        return this.simplified(weightGradientInChunks(node, a, b as Node))
      case 'slice': {
        const region = a.kind === 'op' && a.op.name === 'phaseConvolution' ? sliceOfPhases(node, a) : undefined
        if (region !== undefined) return this.simplified(region)
        break
      }
      default:
    }
    return this.#share({ ...node, inputs })
  }

  #reshape(node: OpNode, input: Node): Node {
    if (equalShapes(input.shape, node.shape)) return input
    if (input.kind === 'op' && input.op.name === 'reshape') return this.#reshape(node, input.inputs[0] as Node)
    return this.#share({ ...node, inputs: [input], attributes: { shape: node.shape } })
  }

  #permute(node: OpNode, input: Node): Node {
    const order = node.attributes.order as readonly number[]
    if (input.kind === 'op' && input.op.name === 'permute') {
      const inner = input.attributes.order as readonly number[]
      const merged = order.map((axis) => inner[axis] as number)
      return this.#permute({ ...node, attributes: { order: merged } }, input.inputs[0] as Node)
    }
    if (order.every((axis, i) => axis === i)) return input
    // Moving axes of extent 1 alone moves no element.
    const moved = order.filter((axis) => input.shape[axis] !== 1)
    if (moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number))) {
      const reshaped = reshape(input, node.shape)
      return reshaped === input ? input : this.#reshape(reshaped as OpNode, input)
    }
    return this.#share({ ...node, inputs: [input] })
  }

  /** Simplifies a composition that was written just now on top of simplified nodes. */
  simplified(node: Node): Node {
    if (node.kind === 'literal') return this.literal(node)
    if (node.kind !== 'op' || this.#finished.has(node)) return node
    return this.rewrite(
      node,
      node.inputs.map((input) => this.simplified(input)),
    )
  }
}

export function simplify(graph: Graph): Simplified {
  const simplifier = new Simplifier()
  const pools = poolsBeforeActivations(graph)
  const replaced = new Map<Node, Node>()
  for (const node of graph.order) {
    if (isHostLeaf(node)) {
      // The leaf's data may change from run to run: only its place counts.
      const leaf: ArrayNode = {
        kind: 'array',
        inputs: [],
        shape: node.shape,
        dtype: node.dtype,
        data: new Uint8Array(0),
      }
      replaced.set(node, leaf)
    } else if (node.kind === 'literal') {
      replaced.set(node, simplifier.literal(node))
    } else if (node.kind === 'op') {
      const pool = pools.get(node)
      const simplified =
        pool === undefined
          ? simplifier.rewrite(
              node,
              node.inputs.map((input) => replaced.get(input) as Node),
            )
          : simplifier.simplified(pool.from(replaced.get(pool.argument) as Node))
      replaced.set(node, simplified)
    } else {
      replaced.set(node, node)
    }
  }
  return {
    outputs: graph.outputs.map((node) => replaced.get(node) as Node),
    assignments: graph.assignments.map(({ variable, value }) => ({
      variable: graph.variables.indexOf(variable),
      value: replaced.get(value) as Node,
    })),
    inputs: graph.inputs.map((node) => replaced.get(node) as Node),
  }
}

/** Does a reshape only add or drop axes of extent 1? */
export function isTrivialReshape(node: OpNode): boolean {
  return sizeOf(node.shape) === 0 || equalShapes(denseShape(node.shape), denseShape((node.inputs[0] as Node).shape))
}
