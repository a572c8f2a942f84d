// Operators that work element by element, with values of different shapes broadcast.

import type { HostDType } from '../../../core/host-tensor.ts'
import { gelu, geluTanh, leakyRelu } from '../../../nn/activations.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import { combine, converted } from '../host-arithmetic.ts'
import type { OnnxCall, OnnxOperator, OperatorTable } from '../operator.ts'
import { dtypeOfType } from '../tensor-types.ts'
import { together, Value } from '../value.ts'

function unary(change: (x: Tensor, call: OnnxCall) => Tensor): OnnxOperator {
  return (call) => call.input(0).map((x) => change(x, call))
}

/** Values that are known are computed at once: shapes are made of them. */
function binary(
  change: (a: Tensor, b: Tensor) => Tensor,
  known: (a: number, b: number) => number,
  dtype?: HostDType,
): OnnxOperator {
  return (call) => {
    const inputs = [call.input(0), call.input(1)]
    const hosts = inputs.flatMap(({ host }) => (host === undefined ? [] : [host]))
    const [first] = hosts
    if (hosts.length === 2 && first !== undefined) {
      const whole = first.dtype === 'i32'
      const found = combine(hosts, dtype ?? first.dtype, (a = 0, b = 0) => {
        const value = known(a, b)
        return whole ? Math.trunc(value) : value
      })
      return new Value(found ?? call.fail('the shapes of its inputs do not fit each other'))
    }
    return together(inputs, ([a, b]) => change(a as Tensor, b as Tensor))
  }
}

/** One input after the other. */
function several(change: (a: Tensor, b: Tensor) => Tensor): OnnxOperator {
  return (call) =>
    together(call.inputs, (tensors) => tensors.slice(1).reduce((sum, x) => change(sum, x), tensors[0] as Tensor))
}

/** Division of whole numbers goes towards zero, as ONNX says. */
function quotient(a: Tensor, b: Tensor): Tensor {
  const exact = a.divide(b)
  return a.dtype === 'i32' && b.dtype === 'i32' ? exact.cast('i32') : exact
}

/** `min(max(x, low), high)`; the bounds were attributes before opset 11. */
function clip(call: OnnxCall): Value {
  const bound = (i: number, name: string, otherwise: number): number =>
    call.optional(i) === undefined ? call.number(name, otherwise) : (call.known(i).data[0] as number)
  const [low, high] = [bound(1, 'min', Number.NEGATIVE_INFINITY), bound(2, 'max', Number.POSITIVE_INFINITY)]
  return call.input(0).map((x) => {
    const above = low > Number.NEGATIVE_INFINITY ? x.maximum(low) : x
    return high < Number.POSITIVE_INFINITY ? above.minimum(high) : above
  })
}

function cast(call: OnnxCall): Value {
  const dtype = dtypeOfType(call.number('to', 1), `node ${call.node.name} (Cast): to`)
  const { host } = call.input(0)
  return host === undefined ? call.input(0).map((x) => x.cast(dtype)) : new Value(converted(host, dtype))
}

export const elementwiseOperators: OperatorTable = {
  Add: binary(
    (a, b) => a.add(b),
    (a, b) => a + b,
  ),
  Sub: binary(
    (a, b) => a.subtract(b),
    (a, b) => a - b,
  ),
  Mul: binary(
    (a, b) => a.multiply(b),
    (a, b) => a * b,
  ),
  Div: binary(quotient, (a, b) => a / b),
  Pow: binary(
    (a, b) => a.power(b),
    (a, b) => a ** b,
  ),
  Equal: binary(
    (a, b) => a.equal(b),
    (a, b) => Number(a === b),
    'bool',
  ),
  Less: binary(
    (a, b) => a.less(b),
    (a, b) => Number(a < b),
    'bool',
  ),
  Greater: binary(
    (a, b) => a.greater(b),
    (a, b) => Number(a > b),
    'bool',
  ),
  LessOrEqual: binary(
    (a, b) => a.lessEqual(b),
    (a, b) => Number(a <= b),
    'bool',
  ),
  GreaterOrEqual: binary(
    (a, b) => a.greaterEqual(b),
    (a, b) => Number(a >= b),
    'bool',
  ),
  And: binary(
    (a, b) => a.and(b),
    (a, b) => Number(a !== 0 && b !== 0),
    'bool',
  ),
  Or: binary(
    (a, b) => a.or(b),
    (a, b) => Number(a !== 0 || b !== 0),
    'bool',
  ),
  PRelu: binary(
    (x, slope) => x.greater(0).select(x, x.multiply(slope)),
    (x, slope) => (x > 0 ? x : x * slope),
  ),
  Max: several((a, b) => a.maximum(b)),
  Min: several((a, b) => a.minimum(b)),
  Sum: several((a, b) => a.add(b)),
  Where: (call) => {
    const hosts = call.inputs.flatMap(({ host }) => (host === undefined ? [] : [host]))
    const found =
      hosts.length === 3 ? combine(hosts, hosts[1]?.dtype ?? 'f32', (c, a = 0, b = 0) => (c ? a : b)) : undefined
    if (found !== undefined) return new Value(found)
    return together(call.inputs, ([c, a, b]) => (c as Tensor).select(a as Tensor, b as Tensor))
  },
  Clip: clip,
  Cast: cast,
  Abs: unary((x) => x.abs()),
  Ceil: unary((x) => x.ceil()),
  Cos: unary((x) => x.cos()),
  Elu: unary((x, call) => x.greater(0).select(x, x.minimum(0).exp().subtract(1).multiply(call.number('alpha', 1)))),
  Erf: unary((x) => x.erf()),
  Exp: unary((x) => x.exp()),
  Floor: unary((x) => x.floor()),
  Gelu: unary((x, call) => (call.text('approximate', 'none') === 'tanh' ? geluTanh(x) : gelu(x))),
  HardSigmoid: unary((x, call) => x.multiply(call.number('alpha', 0.2)).add(call.number('beta', 0.5)).clamp(0, 1)),
  HardSwish: unary((x) => x.multiply(x.divide(6).add(0.5).clamp(0, 1))),
  LeakyRelu: unary((x, call) => leakyRelu(x, call.number('alpha', 0.01))),
  Log: unary((x) => x.log()),
  Neg: unary((x) => x.negate()),
  Not: unary((x) => x.not()),
  Reciprocal: unary((x) => x.power(-1)),
  Relu: unary((x) => x.relu()),
  Round: unary((x) => x.round()),
  Sigmoid: unary((x) => x.sigmoid()),
  Sign: unary((x) => x.sign()),
  Sin: unary((x) => x.sin()),
  /** ln(1 + e^x), without the overflow of e^x. */
  Softplus: unary((x) => x.relu().add(x.abs().negate().exp().add(1).log())),
  Sqrt: unary((x) => x.sqrt()),
  Tanh: unary((x) => x.tanh()),
}
