// Convolution and its transpose.

import type { Margins } from '../../../tensor/window-options.ts'
import type { OnnxCall, OperatorTable } from '../operator.ts'
import { channelsLast, kernelOrder, Value } from '../value.ts'

type Pair = readonly [number, number]

/** How windows slide over an image. */
export interface WindowAttributes {
  readonly size: Pair
  readonly stride: Pair
  readonly dilation: Pair
}

/** One number per axis of an image. Throws FormatError for other ranks. */
export function pair(call: OnnxCall, name: string, otherwise: Pair): Pair {
  const values = call.numbers(name) ?? otherwise
  const [first, second] = values
  if (values.length !== 2 || first === undefined || second === undefined)
    return call.fail(`attribute ${name} has ${values.length} numbers; only images with two axes are computed here`)
  if (values.every((value) => Number.isInteger(value) && value >= 0 && value <= 2 ** 20)) return [first, second]
  return call.fail(`attribute ${name} is [${values.join(', ')}], which makes no sense`)
}

/** Pixels around images of the height and width, as `pads` or `auto_pad` say. */
export function marginsOf(call: OnnxCall, image: Pair, { size, stride, dilation }: WindowAttributes): Margins {
  const mode = call.text('auto_pad', 'NOTSET')
  if (mode === 'NOTSET' || mode === '') return explicitMargins(call)
  if (mode === 'VALID')
    return [
      [0, 0],
      [0, 0],
    ]
  if (mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER') return call.fail(`attribute auto_pad is '${mode}'`)
  const along = (axis: 0 | 1): Pair => {
    const reach = (size[axis] - 1) * dilation[axis] + 1
    const total = Math.max(0, (Math.ceil(image[axis] / stride[axis]) - 1) * stride[axis] + reach - image[axis])
    const less = Math.floor(total / 2)
    return mode === 'SAME_UPPER' ? [less, total - less] : [total - less, less]
  }
  return [along(0), along(1)]
}

/** Pixels of padding beyond this are a mistake. */
const mostPadding = 2 ** 12

function explicitMargins(call: OnnxCall): Margins {
  const [top = 0, left = 0, bottom = 0, right = 0, ...more] = call.numbers('pads') ?? []
  if (more.length > 0) return call.fail('attribute pads has more than four numbers')
  if ([top, left, bottom, right].some((pixels) => !(pixels >= 0 && pixels <= mostPadding)))
    return call.fail(`attribute pads has numbers that are not from 0 to ${mostPadding}`)
  return [
    [top, bottom],
    [left, right],
  ]
}

function sliding(call: OnnxCall, size: Pair): WindowAttributes {
  return { size, stride: pair(call, 'strides', [1, 1]), dilation: pair(call, 'dilations', [1, 1]) }
}

function withBias(call: OnnxCall, y: Value): Value {
  const bias = call.optional(2)
  return bias === undefined ? y : y.map((images) => images.add(bias.tensor))
}

export const convolutionOperators: OperatorTable = {
  Conv: (call) => {
    const [x, weights] = [call.images(0), call.images(1)]
    const [, , height = 0, width = 0] = x.shape
    const [, , kh = 0, kw = 0] = weights.shape
    const windows = sliding(call, [kh, kw])
    const padding = marginsOf(call, [height, width], windows)
    const { stride, dilation } = windows
    const groups = call.number('group', 1)
    const y = x.arranged(channelsLast).conv2d(weights.arranged(kernelOrder), { stride, dilation, padding, groups })
    return withBias(call, new Value(y, channelsLast))
  },

  ConvTranspose: (call) => {
    const [x, weights] = [call.images(0), call.images(1)]
    const [, , kh = 0, kw = 0] = weights.shape
    const windows = sliding(call, [kh, kw])
    const { stride, dilation } = windows
    const outputPadding = pair(call, 'output_padding', [0, 0])
    const padding = transposedMargins(call, x, windows, outputPadding)
    const groups = call.number('group', 1)
    const options = { stride, dilation, padding, outputPadding, groups }
    const y = x.arranged(channelsLast).convTranspose2d(weights.arranged(kernelOrder), options)
    return withBias(call, new Value(y, channelsLast))
  },
}

/** What is cut off around the output: `pads`, or what leaves `output_shape`. */
function transposedMargins(
  call: OnnxCall,
  x: Value,
  { size, stride, dilation }: WindowAttributes,
  outputPadding: Pair,
): Margins {
  const mode = call.text('auto_pad', 'NOTSET')
  const same = mode === 'SAME_UPPER' || mode === 'SAME_LOWER'
  const given = call.numbers('output_shape')?.slice(-2)
  if (given === undefined && !same)
    return mode === 'VALID'
      ? [
          [0, 0],
          [0, 0],
        ]
      : explicitMargins(call)
  const along = (axis: 0 | 1): Pair => {
    const extent = x.shape[axis + 2] as number
    const wanted = given?.[axis] ?? extent * stride[axis]
    const full = stride[axis] * (extent - 1) + outputPadding[axis] + (size[axis] - 1) * dilation[axis] + 1
    const total = full - wanted
    if (total < 0) return call.fail(`an output of ${wanted} pixels is larger than the ${full} that it makes`)
    const less = Math.floor(total / 2)
    return mode === 'SAME_UPPER' ? [less, total - less] : [total - less, less]
  }
  return [along(0), along(1)]
}
