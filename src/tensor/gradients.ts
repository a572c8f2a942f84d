// Differentiation for users: gradients, Jacobian-vector products, Hessians. All give lazy tensors that can be differentiated again.

import { isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError, UsageError } from '../core/errors.ts'
import { equalShapes, formatShape } from '../core/shape.ts'
import { atSite, siteLine } from '../core/site.ts'
import { forward, reverse } from '../graph/differentiate.ts'
import { fill } from '../ops/functions.ts'
import { type Node, topologicalOrder } from '../ops/node.ts'
import { build } from '../ops/op.ts'
import { tensorNode, wrap } from './base.ts'
import './tensor.ts'
import type { Tensor } from './tensor.ts'

/**
 * Reverse mode: the gradient of a scalar `output` with respect to each of `sources`, in their shapes.
 * With `upstream` (of the output's shape) the output need not be a scalar: the result is the vector-Jacobian product.
 * A source that the output does not depend on is an error, unless `allowUnused` asks for zeros.
 */
export function gradients(
  output: Tensor,
  sources: readonly Tensor[],
  options: { readonly upstream?: Tensor; readonly allowUnused?: boolean } = {},
): Tensor[] {
  const { upstream } = options
  for (const part of [output, ...sources, ...(upstream === undefined ? [] : [upstream])]) tensorNode('gradients', part)
  if (upstream === undefined && output.size !== 1) {
    throw new ShapeError(
      `gradients: the output has shape ${formatShape(output.shape)}; reduce it to a scalar, or give upstream${atSite()}`,
    )
  }
  if (upstream !== undefined && !equalShapes(upstream.shape, output.shape)) {
    throw new ShapeError(
      `gradients: upstream ${formatShape(upstream.shape)} differs from the output ${formatShape(output.shape)}${atSite()}`,
    )
  }
  const nodes = sources.map(({ node }) => node)
  for (const node of [output.node, ...nodes]) {
    if (!isFloat(node.dtype))
      throw new DTypeError(`gradients: takes floats, not ${node.dtype}; integers have no derivative${atSite()}`)
  }
  checkHistory('gradients', output.node, nodes)
  const found = reverse(output.node, upstream?.node ?? fill(1, output.node), nodes)
  return found.map((gradient, i) => {
    const source = nodes[i] as Node
    if (gradient === undefined && options.allowUnused !== true) {
      const name = source.kind === 'variable' ? `variable ${source.variable.label}` : `source ${i}`
      throw new UsageError(`gradients: the output does not depend on ${name}; pass allowUnused for zeros${atSite()}`)
    }
    return wrap(gradient ?? fill(0, source))
  })
}

/**
 * Very long chains of values that were read let their history go where no variable is below. Where such a value lies between the output and a source, derivatives
 * would lack its share: that is an error. Variables, and what is made of them or of arguments in a trace, cannot lie behind it.
 */
function checkHistory(name: string, output: Node, sources: readonly Node[]): void {
  const ends = new Set(sources)
  const order = topologicalOrder([output], (node) => (ends.has(node) ? [] : node.inputs))
  const exposed = sources.some(
    (node) => node.kind !== 'variable' && node.kind !== 'input' && !(node.kind === 'op' && node.dependsOnVariable),
  )
  if (!exposed) return
  for (const node of order) {
    if (node.kind !== 'op' || !node.historyDropped || ends.has(node)) continue
    const line = siteLine(node.site)
    throw new UsageError(
      `${name}: the value of ${node.op.name}${line === undefined ? '' : `, at ${line},`} was read on top of a thousand others, which made it a constant; ask for derivatives before reading so many, or make the source a Variable${atSite()}`,
    )
  }
}

/** The tensor as a node of its own, so that each input moves in its own direction. */
function distinct(input: Tensor): Tensor {
  return wrap(build('reshape', [input.node], { shape: input.shape }))
}

/**
 * Forward mode: the value of `f` and its directional derivative `J(f) direction` (Jacobian-vector product), computed together.
 * `directions` have the shapes of `inputs`. Only what `f` makes of its arguments moves; a tensor that it captures is a constant, but a
 * Variable among the inputs moves where it is captured, too.
 */
export function jvp(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  directions: readonly Tensor[],
): { readonly value: Tensor; readonly tangent: Tensor } {
  for (const [i, input] of inputs.entries()) {
    tensorNode('jvp', input)
    const direction = directions[i]
    if (direction === undefined || !equalShapes(direction.shape, input.shape)) {
      const got = direction === undefined ? 'nothing' : formatShape(direction.shape)
      throw new ShapeError(`jvp: input ${i} has shape ${formatShape(input.shape)}, its direction ${got}${atSite()}`)
    }
  }
  const given = inputs.map((input, i) =>
    input.node.kind === 'variable' && inputs.indexOf(input) === i ? input : distinct(input),
  )
  const value = f(...given)
  const nodes = given.map(({ node }) => node)
  checkHistory('jvp', value.node, nodes)
  const [tangent] = forward(
    [value.node],
    nodes,
    directions.map(({ node }) => node),
  )
  return { value, tangent: wrap(tangent ?? fill(0, value.node)) }
}
