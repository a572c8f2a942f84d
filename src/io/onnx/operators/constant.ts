// Constants, and shapes as values.

import { type HostTensor, hostTensor } from '../../../core/host-tensor.ts'
import { formatShape, sizeOf } from '../../../core/shape.ts'
import { vector } from '../host-arithmetic.ts'
import type { OnnxCall, OperatorTable } from '../operator.ts'
import { Value } from '../value.ts'

function constant(call: OnnxCall): Value {
  const value = call.attribute('value')
  if (typeof value === 'object' && 'dtype' in value) return new Value(value)
  const [float, floats] = [call.attribute('value_float'), call.numbers('value_floats')]
  if (floats !== undefined) return new Value(hostTensor('f32', [floats.length], Float32Array.from(floats)))
  if (typeof float === 'number') return new Value(hostTensor('f32', [], Float32Array.of(float)))
  const [whole, wholes] = [call.attribute('value_int'), call.numbers('value_ints')]
  if (wholes !== undefined) return new Value(vector(wholes))
  if (typeof whole === 'number') return new Value(hostTensor('i32', [], Int32Array.of(whole)))
  return call.fail('its value is no tensor and no number')
}

/** The most elements of a constant that a file may ask for without giving them. */
const mostElements = 2 ** 26

function constantOfShape(call: OnnxCall): Value {
  const shape = Array.from(call.known(0).data)
  if (shape.some((extent) => extent < 0) || sizeOf(shape) > mostElements)
    return call.fail(`${formatShape(shape)} is no shape of a constant`)
  const value = call.attribute('value')
  const given: HostTensor | undefined = typeof value === 'object' && 'dtype' in value ? value : undefined
  const dtype = given?.dtype ?? 'f32'
  const empty = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array, bool: Uint8Array }[dtype]
  return new Value(hostTensor(dtype, shape, new empty(sizeOf(shape)).fill(given?.data[0] ?? 0)))
}

export const constantOperators: OperatorTable = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Shape: (call) => {
    const { shape } = call.input(0)
    const from = call.number('start', 0)
    return new Value(vector(shape.slice(from, call.attribute('end') === undefined ? undefined : call.number('end', 0))))
  },
}
