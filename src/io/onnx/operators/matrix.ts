// Products of matrices, normalisation, softmax.

import { sizeOf } from '../../../core/shape.ts'
import { logSoftmax, softmax } from '../../../nn/activations.ts'
import type { Tensor } from '../../../tensor/tensor.ts'
import type { OnnxCall, OnnxOperator, OperatorTable } from '../operator.ts'
import type { Value } from '../value.ts'

/** `alpha A B + beta C` with A and B as they are or transposed. */
function gemm(call: OnnxCall): Tensor {
  const [a, b] = [call.input(0), call.input(1)]
  if (a.rank !== 2 || b.rank !== 2) return call.fail('it takes matrices')
  const left = call.flag('transA', false) ? a.tensor.transpose() : a.tensor
  const right = call.flag('transB', false) ? b.tensor.transpose() : b.tensor
  const [alpha, beta] = [call.number('alpha', 1), call.number('beta', 1)]
  const product = alpha === 1 ? left.matmul(right) : left.matmul(right).multiply(alpha)
  const c = call.optional(2)?.tensor
  return c === undefined || beta === 0 ? product : product.add(beta === 1 ? c : c.multiply(beta))
}

/** A vector of channels, shaped to go with values that lie in this order. */
function alongChannels(value: Value, channels: Tensor): Tensor {
  return channels.reshape(value.order.map((axis) => (axis === 1 ? -1 : 1)))
}

/** `scale (x - mean) / sqrt(variance + epsilon) + shift` with statistics that are known, for each channel. */
function batchNormalization(call: OnnxCall): Value {
  if (call.flag('training_mode', false)) return call.fail('it was saved in training; save the model for inference')
  const x = call.input(0)
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((i) => call.input(i).tensor) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ]
  const factor = scale.divide(variance.add(call.number('epsilon', 1e-5)).sqrt())
  return x.map((values) =>
    values.subtract(alongChannels(x, mean)).multiply(alongChannels(x, factor)).add(alongChannels(x, shift)),
  )
}

/** `(x - mean) / sqrt(variance + epsilon)` over some axes of what lies there. */
function normalized(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const mean = x.mean(axes, { keep: true })
  return x.subtract(mean).divide(x.variance(axes, { keep: true }).add(epsilon).sqrt())
}

/** Each image and channel by its own mean and deviation. Ulyanov et al. 2016. */
function instanceNormalization(call: OnnxCall): Value {
  const x = call.input(0)
  const axes = x.order.flatMap((axis, place) => (axis >= 2 ? [place] : []))
  const [scale, shift] = [call.input(1).tensor, call.input(2).tensor]
  return x.map((values) =>
    normalized(values, axes, call.number('epsilon', 1e-5))
      .multiply(alongChannels(x, scale))
      .add(alongChannels(x, shift)),
  )
}

/** Over the last axes, from `axis` on. Ba et al. 2016. */
function layerNormalization(call: OnnxCall): Tensor {
  if (call.node.outputs.length > 1) return call.fail('mean and deviation are not given as outputs')
  const x = call.input(0).tensor
  const first = call.axis(call.number('axis', -1), x.rank)
  const axes = x.shape.flatMap((_, axis) => (axis >= first ? [axis] : []))
  const y = normalized(x, axes, call.number('epsilon', 1e-5)).multiply(call.input(1).tensor)
  const shift = call.optional(2)?.tensor
  return shift === undefined ? y : y.add(shift)
}

/** Along an axis since opset 13; before, along all axes from one on, taken as one. */
function alongAxis(change: (x: Tensor, axis: number) => Tensor): OnnxOperator {
  return (call) => {
    const x = call.input(0)
    const axis = call.axis(call.number('axis', call.opset < 13 ? 1 : -1), x.rank)
    if (call.opset >= 13 || axis === x.rank - 1) {
      const place = x.order.indexOf(axis)
      return x.map((values) => change(values, place))
    }
    const { shape } = x
    const flat = x.tensor.reshape([sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))])
    return change(flat, 1).reshape(shape)
  }
}

export const matrixOperators: OperatorTable = {
  MatMul: (call) => call.input(0).tensor.matmul(call.input(1).tensor),
  Gemm: gemm,
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  Softmax: alongAxis(softmax),
  LogSoftmax: alongAxis(logSoftmax),
}
