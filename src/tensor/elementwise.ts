// Tensor's elementwise methods. Two operands broadcast as NumPy's do, and take the wider dtype.

import { type DType, isFloat } from '../core/dtype.ts'
import * as ops from '../ops/functions.ts'
import type { Node } from '../ops/node.ts'
import { floatNode, type Operand, TensorBase, tensorNode, unify, wrap } from './base.ts'
import { checkDType } from './checks.ts'
import type { Tensor } from './tensor.ts'

/** Integers divide, and take powers, as f32. */
function floats(name: string, operands: readonly (TensorBase | number)[]): [Node, Node] {
  // Beside a number a tensor becomes a float first, so that the number may be any.
  const given = operands.some((operand) => typeof operand === 'number')
    ? operands.map((operand) => (operand instanceof TensorBase ? wrap(floatNode(operand.node)) : operand))
    : operands
  return unify(name, given).map(floatNode) as [Node, Node]
}

/** bool has no arithmetic: it counts as i32. */
function numbers(name: string, operands: readonly (TensorBase | number)[]): [Node, Node] {
  return unify(name, operands).map((node) => (node.dtype === 'bool' ? ops.cast(node, 'i32') : node)) as [Node, Node]
}

export abstract class ElementwiseTensor extends TensorBase {
  #unary(name: string): Tensor {
    return wrap(ops.unary(name, floatNode(this.node)))
  }

  #rounded(name: 'floor' | 'ceil' | 'round'): Tensor {
    return isFloat(this.dtype) ? this.#unary(name) : wrap(this.node)
  }

  #number(): Node {
    return this.dtype === 'bool' ? ops.cast(this.node, 'i32') : this.node
  }

  /** `this + other`, broadcast. */
  add(other: Operand): Tensor {
    return wrap(ops.add(...numbers('add', [this, other])))
  }

  /** `this - other`, broadcast. */
  subtract(other: Operand): Tensor {
    return wrap(ops.subtract(...numbers('subtract', [this, other])))
  }

  /** `this * other`, element by element, broadcast. */
  multiply(other: Operand): Tensor {
    return wrap(ops.multiply(...numbers('multiply', [this, other])))
  }

  /** `this / other`, broadcast; integers give f32. */
  divide(other: Operand): Tensor {
    return wrap(ops.divide(...floats('divide', [this, other])))
  }

  /** `this ^ exponent`, broadcast, as Math.pow; whole exponents up to 4 and 0.5 given as numbers multiply or take roots. */
  power(exponent: Operand): Tensor {
    if (typeof exponent !== 'number') return wrap(ops.power(...floats('power', [this, exponent])))
    const x = floatNode(this.node)
    if (exponent === 0.5) return wrap(ops.sqrt(x))
    if (!Number.isInteger(exponent) || Math.abs(exponent) > 4)
      return wrap(ops.power(...floats('power', [this, exponent])))
    // Always 1, and with a gradient: that of a choice never taken, which is 0.
    if (exponent === 0) return wrap(ops.select(ops.fill(0, { shape: x.shape, dtype: 'bool' }), x, 1))
    let product = x
    for (let i = 1; i < Math.abs(exponent); i++) product = ops.multiply(product, x)
    return wrap(exponent < 0 ? ops.divide(1, product) : product)
  }

  /** The larger of both, broadcast; NaN wins. */
  maximum(other: Operand): Tensor {
    return wrap(ops.maximum(...numbers('maximum', [this, other])))
  }

  /** The smaller of both, broadcast; NaN wins. */
  minimum(other: Operand): Tensor {
    return wrap(ops.minimum(...numbers('minimum', [this, other])))
  }

  /** Limits to [low, high]; the gradient is 1 from low to high, both included, and 0 beyond, as PyTorch's. NaN stays NaN. */
  clamp(low: number, high: number): Tensor {
    const x = wrap(this.#number())
    const above = x.less(low).select(low, x)
    return above.greater(high).select(high, above)
  }

  negate(): Tensor {
    return wrap(ops.negate(this.#number()))
  }

  abs(): Tensor {
    return wrap(ops.unary('abs', this.#number()))
  }

  /** -1, 0 or 1, in the tensor's dtype. */
  sign(): Tensor {
    const { node, dtype } = this
    if (isFloat(dtype)) return this.#unary('sign')
    if (dtype === 'bool') return wrap(node)
    const atMostOne = ops.minimum(node, 1)
    return wrap(dtype === 'i32' ? ops.maximum(atMostOne, -1) : atMostOne)
  }

  /** `this * this`. */
  square(): Tensor {
    return wrap(ops.square(this.#number()))
  }

  sqrt(): Tensor {
    return this.#unary('sqrt')
  }

  exp(): Tensor {
    return this.#unary('exp')
  }

  /** Natural logarithm. */
  log(): Tensor {
    return this.#unary('log')
  }

  sin(): Tensor {
    return this.#unary('sin')
  }

  cos(): Tensor {
    return this.#unary('cos')
  }

  tanh(): Tensor {
    return this.#unary('tanh')
  }

  /** `1 / (1 + exp(-x))`, stable for any finite x. */
  sigmoid(): Tensor {
    return this.#unary('sigmoid')
  }

  /** The error function, `2 / sqrt(pi) * integral of exp(-t^2) from 0 to x`. */
  erf(): Tensor {
    return this.#unary('erf')
  }

  /** `max(x, 0)`. */
  relu(): Tensor {
    return this.#unary('relu')
  }

  /** The largest whole number below or at each element; integers stay what they are. */
  floor(): Tensor {
    return this.#rounded('floor')
  }

  /** The smallest whole number above or at each element; integers stay what they are. */
  ceil(): Tensor {
    return this.#rounded('ceil')
  }

  /** Nearest whole number, halves to even; integers stay what they are. */
  round(): Tensor {
    return this.#rounded('round')
  }

  /** `this < other`, as bool. */
  less(other: Operand): Tensor {
    return wrap(ops.compare('less', ...(unify('less', [this, other]) as [Node, Node])))
  }

  /** `this <= other`, as bool. */
  lessEqual(other: Operand): Tensor {
    return wrap(ops.compare('lessEqual', ...(unify('lessEqual', [this, other]) as [Node, Node])))
  }

  /** `this > other`, as bool. */
  greater(other: Operand): Tensor {
    return wrap(ops.compare('less', ...(unify('greater', [this, other]).reverse() as [Node, Node])))
  }

  /** `this >= other`, as bool. */
  greaterEqual(other: Operand): Tensor {
    return wrap(ops.compare('lessEqual', ...(unify('greaterEqual', [this, other]).reverse() as [Node, Node])))
  }

  /** `this = other`, as bool. */
  equal(other: Operand): Tensor {
    return wrap(ops.compare('equal', ...(unify('equal', [this, other]) as [Node, Node])))
  }

  /** `this != other`, as bool. */
  notEqual(other: Operand): Tensor {
    return wrap(ops.compare('notEqual', ...(unify('notEqual', [this, other]) as [Node, Node])))
  }

  /** Both true, on bools (other dtypes: not zero). */
  and(other: Tensor): Tensor {
    return wrap(
      ops.logic(
        'and',
        unify(
          'and',
          [this, wrap(tensorNode('and', other))].map((x) => x.cast('bool')),
        ),
      ),
    )
  }

  /** Either true, on bools (other dtypes: not zero). */
  or(other: Tensor): Tensor {
    return wrap(
      ops.logic(
        'or',
        unify(
          'or',
          [this, wrap(tensorNode('or', other))].map((x) => x.cast('bool')),
        ),
      ),
    )
  }

  /** The opposite, on bools (other dtypes: not zero). */
  not(): Tensor {
    return wrap(ops.logic('not', [this.cast('bool').node]))
  }

  /** Where this (bool) holds `a`, else `b`; all three broadcast. */
  select(a: Operand, b: Operand): Tensor {
    return select(this.cast('bool'), a, b)
  }

  /** The same values in another dtype; floats to integers truncate, anything to bool is `x != 0`. */
  cast(dtype: DType): Tensor {
    return wrap(ops.cast(this.node, checkDType('cast', dtype)))
  }

  /** The value itself, through which no gradient flows. */
  stopGradient(): Tensor {
    return wrap(ops.stopGradient(this.node))
  }
}

function select(condition: Tensor, a: Operand, b: Operand): Tensor {
  const tensors = [a, b].filter((operand) => typeof operand !== 'number')
  // Two numbers take f32; the condition only lends its shape.
  const [x, y] = tensors.length > 0 ? unify('select', [a, b]) : unify('select', [condition.cast('f32'), a, b]).slice(1)
  const shaped = unify('select', [wrap(x as Node), wrap(y as Node), condition.cast((x as Node).dtype)])
  const where = ops.broadcastTo(condition.node, (shaped[0] as Node).shape)
  return wrap(ops.select(where, shaped[0] as Node, shaped[1] as Node))
}
