// Pooling, and normalisation across channels.

import { type Tensor, tensor } from '../../../tensor/tensor.ts'
import type { Margins } from '../../../tensor/window-options.ts'
import type { OnnxCall, OperatorTable } from '../operator.ts'
import { channelsLast, Value } from '../value.ts'
import { marginsOf, pair, type WindowAttributes } from './convolution.ts'

/** How the windows of a pooling lie, and the pixels around images that they need; `said` are those that the file names. */
interface PoolingWindows extends WindowAttributes {
  readonly said: Margins
  readonly margins: Margins
}

function windowsOf(call: OnnxCall): PoolingWindows {
  const [, , height = 0, width = 0] = call.images(0).shape
  const windows: WindowAttributes = {
    size: pair(call, 'kernel_shape', [1, 1]),
    stride: pair(call, 'strides', [1, 1]),
    dilation: pair(call, 'dilations', [1, 1]),
  }
  const said = marginsOf(call, [height, width], windows)
  if (!call.flag('ceil_mode', false)) return { ...windows, said, margins: said }
  const along = (axis: 0 | 1): readonly [number, number] => {
    const [before, after] = said[axis]
    const extent = axis === 0 ? height : width
    const step = windows.stride[axis]
    const reach = (windows.size[axis] - 1) * windows.dilation[axis] + 1
    const count = Math.ceil((extent + before + after - reach) / step) + 1
    // A last window that would start beyond the image and the padding before it is none.
    const kept = (count - 1) * step >= extent + before ? count - 1 : count
    return [before, Math.max(after, (kept - 1) * step + reach - extent - before)]
  }
  return { ...windows, said, margins: [along(0), along(1)] }
}

function padded(x: Tensor, [vertical, horizontal]: Margins, value: number): Tensor {
  return x.pad([[0, 0], vertical, horizontal, [0, 0]], { value })
}

/** Windows of an image beyond this are a mistake. */
const mostWindows = 2 ** 24

/** The sum over the pixels that count of each window, divided by how many they are. */
function averagePool(call: OnnxCall): Value {
  const { size, stride, dilation, said, margins } = windowsOf(call)
  if (dilation.some((step) => step !== 1)) return call.fail('dilations other than 1 are not computed')
  const x = call.images(0).arranged(channelsLast)
  const [, height = 0, width = 0] = x.shape
  const means = padded(x, margins, 0).averagePool2d({ size, stride })
  const included = call.flag('count_include_pad', false)
  const counts = (axis: 0 | 1, extent: number): number[] => {
    const start = included ? 0 : margins[axis][0]
    const end = margins[axis][0] + extent + (included ? said[axis][1] : 0)
    const windows = Math.min(means.shape[axis + 1] as number, mostWindows + 1)
    return Array.from({ length: windows }, (_, i) => {
      const first = i * stride[axis]
      return Math.min(first + size[axis], end) - Math.max(first, start)
    })
  }
  const [rows, columns] = [counts(0, height), counts(1, width)]
  const whole = size[0] * size[1]
  if (rows.length * columns.length > mostWindows) return call.fail('it has too many windows')
  const factors = rows.flatMap((high) => columns.map((wide) => whole / (high * wide)))
  if (factors.every((factor) => factor === 1)) return new Value(means, channelsLast)
  const shape = [1, rows.length, columns.length, 1]
  return new Value(means.multiply(tensor(Float32Array.from(factors), { shape })), channelsLast)
}

/** The mean or the largest of all that comes after the channels. */
function overImage(call: OnnxCall, reduce: 'mean' | 'max'): Value {
  const x = call.input(0)
  if (x.rank < 3) return call.fail('it takes images with axes after the channels')
  const axes = x.order.flatMap((axis, place) => (axis >= 2 ? [place] : []))
  return x.map((values) => (reduce === 'mean' ? values.mean(axes, { keep: true }) : values.max(axes, { keep: true })))
}

export const poolingOperators: OperatorTable = {
  MaxPool: (call) => {
    if (call.node.outputs.length > 1) return call.fail('the places of the largest are not computed')
    const { size, stride, dilation, margins } = windowsOf(call)
    const x = padded(call.images(0).arranged(channelsLast), margins, Number.NEGATIVE_INFINITY)
    return new Value(x.maxPool2d({ size, stride, dilation }), channelsLast)
  },
  AveragePool: averagePool,
  GlobalAveragePool: (call) => overImage(call, 'mean'),
  GlobalMaxPool: (call) => overImage(call, 'max'),

  /** x / (bias + alpha / size * sum of x^2 over size channels around)^beta. Krizhevsky et al. 2012. */
  LRN: (call) => {
    const size = call.number('size', 1)
    const x = call.images(0).arranged(channelsLast)
    const channels = x.shape[3] as number
    if (!(Number.isInteger(size) && size >= 1 && size <= 2 * channels + 1))
      return call.fail(`attribute size is ${size}`)
    const before = Math.floor((size - 1) / 2)
    const squares = x.square().pad([
      [0, 0],
      [0, 0],
      [0, 0],
      [before, size - 1 - before],
    ])
    let sum = squares.at(null, null, null, [0, channels])
    for (let shift = 1; shift < size; shift++) sum = sum.add(squares.at(null, null, null, [shift, shift + channels]))
    const scaled = sum.multiply(call.number('alpha', 0.0001) / size).add(call.number('bias', 1))
    return new Value(x.divide(scaled.power(call.number('beta', 0.75))), channelsLast)
  },
}
