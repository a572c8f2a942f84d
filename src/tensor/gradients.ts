// Differentiation for users: gradients, Jacobian-vector products, Hessians. All give lazy tensors that can be differentiated again.

import { isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError, UsageError } from '../core/errors.ts'
import { equalShapes, formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { forward, reverse } from '../graph/differentiate.ts'
import { fill } from '../ops/functions.ts'
import type { Node } from '../ops/node.ts'
import { wrap } from './base.ts'
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
  const found = reverse(output.node, upstream?.node ?? fill(1, output.node), nodes)
  return found.map((gradient, i) => {
    const source = nodes[i] as Node
    if (gradient === undefined && options.allowUnused !== true) {
      const name = source.kind === 'variable' ? `variable ${source.variable.label}` : `source ${i}`
      throw new UsageError(
        `gradients: the output does not depend on ${name} (or its value was read before, which made it a constant); pass allowUnused for zeros${atSite()}`,
      )
    }
    return wrap(gradient ?? fill(0, source))
  })
}

/**
 * Forward mode: the value of `f` and its directional derivative `J(f) direction` (Jacobian-vector product), computed together.
 * `directions` have the shapes of `inputs`.
 */
export function jvp(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  directions: readonly Tensor[],
): { readonly value: Tensor; readonly tangent: Tensor } {
  for (const [i, input] of inputs.entries()) {
    const direction = directions[i]
    if (direction === undefined || !equalShapes(direction.shape, input.shape)) {
      const got = direction === undefined ? 'nothing' : formatShape(direction.shape)
      throw new ShapeError(`jvp: input ${i} has shape ${formatShape(input.shape)}, its direction ${got}${atSite()}`)
    }
  }
  const value = f(...inputs)
  const [tangent] = forward(
    [value.node],
    inputs.map(({ node }) => node),
    directions.map(({ node }) => node),
  )
  return { value, tangent: wrap(tangent ?? fill(0, value.node)) }
}
