// Second derivatives: Hessian-vector products by forward over reverse mode, and the whole Hessian of a function of few numbers.

import { ShapeError, UsageError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { tensorNode } from './base.ts'
import { identity, stack } from './creation.ts'
import { gradients, jvp } from './gradients.ts'
import type { Tensor } from './tensor.ts'

/** Largest number of elements whose Hessian is written out; it has their square. */
const largestHessian = 4096

/**
 * `H direction`, H the second derivatives of the scalar `f` at `x`, without H: the directional derivative of the gradient, at a few times
 * the cost of `f`. x and direction have one shape, which the result has too. Pearlmutter 1994.
 */
export function hessianVectorProduct(f: (x: Tensor) => Tensor, x: Tensor, direction: Tensor): Tensor {
  return jvp((moving) => gradientOf('hessianVectorProduct', f, moving), [x], [direction]).tangent
}

/**
 * The second derivatives of the scalar `f` at `x`, [n, n] for the n elements of x in row-major order: `H[i, j] = d^2 f / dx_i dx_j`. n products with
 * unit vectors. Throws UsageError above 4,096 elements; take `hessianVectorProduct` there.
 */
export function hessian(f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  tensorNode('hessian', x)
  if (x.size > largestHessian || x.size === 0) {
    throw new UsageError(
      `hessian: takes 1 to ${largestHessian} numbers, but ${formatShape(x.shape)} has ${x.size}; use hessianVectorProduct${atSite()}`,
    )
  }
  const units = identity(x.size, x.dtype)
  const columns = Array.from({ length: x.size }, (_, i) =>
    hessianVectorProduct(f, x, units.at(i).reshape(x.shape)).reshape([x.size]),
  )
  return stack(columns, 1)
}

function gradientOf(name: string, f: (x: Tensor) => Tensor, x: Tensor): Tensor {
  const value = f(x)
  if (value.size !== 1)
    throw new ShapeError(`${name}: f gives ${formatShape(value.shape)}; it must give one number${atSite()}`)
  return gradients(value, [x], { allowUnused: true })[0] as Tensor
}
