// Operators that move elements: shapes, axes, parts, padding.

import { hostTensor } from '../../../core/host-tensor.ts'
import { formatShape, type Shape, sizeOf } from '../../../core/shape.ts'
import { concat } from '../../../tensor/creation.ts'
import { type Tensor, tensor } from '../../../tensor/tensor.ts'
import { joined, take, vector } from '../host-arithmetic.ts'
import type { OnnxCall, OperatorTable } from '../operator.ts'
import { Value } from '../value.ts'

/** The value under another shape; what is known stays known. */
function shaped(value: Value, shape: Shape): Value {
  const { host } = value
  return new Value(host === undefined ? value.tensor.reshape(shape) : hostTensor(host.dtype, shape, host.data))
}

/**
 * 0 stands for the extent that is there, -1 for what is left. A file that was made for one sample often names that 1: with more samples it
 * becomes their number.
 */
function reshape(call: OnnxCall): Value {
  const x = call.input(0)
  const { shape } = x
  const named = call.knownNumbers(1, 'shape') ?? call.fail('the shape is not there')
  const kept = call.flag('allowzero', false)
    ? named
    : named.map((extent, axis) => (extent === 0 ? (shape[axis] ?? 0) : extent))
  const size = sizeOf(shape)
  const known = sizeOf(kept.filter((extent) => extent !== -1))
  const { samples } = call
  const forOne = samples > 1 && shape[0] === samples && kept[0] === 1 && x.host === undefined
  const fits = kept.includes(-1) ? known > 0 && size % known === 0 : known === size
  const target = forOne && (!fits || kept.includes(-1)) ? [samples, ...kept.slice(1)] : kept
  const free = sizeOf(target.filter((extent) => extent !== -1))
  const whole = target.map((extent) => (extent === -1 ? size / free : extent))
  if (whole.some((extent) => !Number.isInteger(extent) || extent < 0) || sizeOf(whole) !== size)
    return call.fail(`${formatShape(shape)} cannot become ${formatShape(named)}`)
  return shaped(x, whole)
}

function flatten(call: OnnxCall): Value {
  const x = call.input(0)
  const { shape } = x
  const given = call.number('axis', 1)
  const axis = given === x.rank ? given : call.axis(given, x.rank)
  return shaped(x, [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis))])
}

function concatenate(call: OnnxCall): Value {
  const values = call.inputs
  const [first] = values
  if (first === undefined) return call.fail('it has no inputs')
  const axis = call.axis(call.number('axis', 1), first.rank)
  const hosts = values.flatMap(({ host }) => (host === undefined ? [] : [host]))
  if (hosts.length === values.length && first.rank === 1) return new Value(joined(hosts))
  const { order } = values.find((value) => value.host === undefined) ?? first
  return new Value(
    concat(
      values.map((value) => value.arranged(order)),
      order.indexOf(axis),
    ),
    order,
  )
}

function squeeze(call: OnnxCall): Value {
  const x = call.input(0)
  const { shape } = x
  const axes = call.knownNumbers(1, 'axes')?.map((axis) => call.axis(axis, x.rank))
  const goes = (extent: number, axis: number): boolean => (axes === undefined ? extent === 1 : axes.includes(axis))
  if (shape.some((extent, axis) => goes(extent, axis) && extent !== 1))
    return call.fail(`${formatShape(shape)} has other extents than 1 along axes ${axes?.join(', ')}`)
  return shaped(
    x,
    shape.filter((extent, axis) => !goes(extent, axis)),
  )
}

function unsqueeze(call: OnnxCall): Value {
  const x = call.input(0)
  const given = call.knownNumbers(1, 'axes') ?? call.fail('the axes are not there')
  const rank = x.rank + given.length
  const axes = given.map((axis) => call.axis(axis, rank))
  const rest = [...x.shape]
  return shaped(
    x,
    Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() ?? 1))),
  )
}

/** Positions from start to end per axis, as Python's slices; a step below 0 goes backwards. */
function slice(call: OnnxCall): Value {
  const x = call.input(0)
  const starts = call.knownNumbers(1, 'starts') ?? call.fail('starts is not there')
  const ends = call.knownNumbers(2, 'ends') ?? call.fail('ends is not there')
  const axes = call.knownNumbers(3, 'axes') ?? starts.map((_, i) => i)
  const steps = call.knownNumbers(4, 'steps') ?? starts.map(() => 1)
  let value = x
  for (const [i, given] of axes.entries()) {
    const axis = call.axis(given, x.rank)
    const step = steps[i] ?? 1
    if (step === 0) return call.fail('a step is 0')
    const { first, count } = slicePositions(starts[i] ?? 0, ends[i] ?? 0, step, value.shape[axis] as number)
    value = sliced(call, value, axis, { first, count, step })
  }
  return value
}

interface Positions {
  readonly first: number
  readonly count: number
  readonly step: number
}

function sliced(call: OnnxCall, value: Value, axis: number, { first, count, step }: Positions): Value {
  if (value.host !== undefined) {
    const positions = Array.from({ length: count }, (_, i) => first + i * step)
    return new Value(take(value.host, vector(positions), axis) ?? call.fail('it reaches beyond its input'))
  }
  const place = value.order.indexOf(axis)
  const last = first + (count - 1) * step
  return value.map((values) => {
    const part = values.at(
      ...values.shape.map((_, at): [number, number, number] | null => {
        if (at !== place) return null
        if (count === 0) return [0, 0, 1]
        return step > 0 ? [first, last + 1, step] : [last, first + 1, -step]
      }),
    )
    return step > 0 ? part : part.flip([place])
  })
}

function slicePositions(start: number, end: number, step: number, extent: number): { first: number; count: number } {
  const limit = (position: number, low: number, high: number): number =>
    Math.min(Math.max(position < 0 ? position + extent : position, low), high)
  const [first, last] =
    step > 0
      ? [limit(start, 0, extent), limit(end, 0, extent)]
      : [limit(start, 0, extent - 1), limit(end, -1, extent - 1)]
  return { first, count: Math.max(0, Math.ceil((last - first) / step)) }
}

function split(call: OnnxCall): Value[] {
  const x = call.input(0)
  const axis = call.axis(call.number('axis', 0), x.rank)
  const extent = x.shape[axis] as number
  const count = call.node.outputs.length
  const each = Math.ceil(extent / count)
  const even = Array.from({ length: count }, (_, i) => Math.min(each, extent - i * each))
  const sizes = call.knownNumbers(1, 'split') ?? even
  const place = x.order.indexOf(axis)
  let start = 0
  return sizes.map((size) => {
    const from = start
    start += size
    return x.map((values) =>
      values.at(...values.shape.map((_, at): [number, number] | null => (at === place ? [from, from + size] : null))),
    )
  })
}

function gather(call: OnnxCall): Value {
  const [x, positions] = [call.input(0), call.input(1)]
  const axis = call.axis(call.number('axis', 0), x.rank)
  if (x.host !== undefined && positions.host !== undefined)
    return new Value(take(x.host, positions.host, axis) ?? call.fail('a position does not exist'))
  const extent = x.shape[axis] as number
  const places = positions.tensor.reshape([-1])
  const found = x.tensor.take(places.less(0).select(places.add(extent), places), axis)
  return new Value(found.reshape([...x.shape.slice(0, axis), ...positions.shape, ...x.shape.slice(axis + 1)]))
}

/** Pixels of padding beyond this are a mistake. */
const mostPadding = 2 ** 16

/** output[.., j, ..] = x[.., positions[.., j, ..], ..] along an axis. */
function gatherElements(call: OnnxCall): Tensor {
  const [x, positions] = [call.input(0).tensor, call.input(1).tensor]
  const axis = call.axis(call.number('axis', 0), x.rank)
  const extent = x.shape[axis] as number
  return x.gather(positions.less(0).select(positions.add(extent), positions), axis)
}

/** `pads` are all numbers before, then all after. */
function pad(call: OnnxCall): Value {
  const x = call.input(0)
  const pads = call.knownNumbers(1, 'pads') ?? call.fail('pads is not there')
  const mode = call.text('mode', 'constant')
  const axes = call.optional(3) === undefined ? x.shape.map((_, axis) => axis) : Array.from(call.known(3).data)
  const widths = x.shape.map((): [number, number] => [0, 0])
  for (const [i, axis] of axes.entries()) widths[call.axis(axis, x.rank)] = [pads[i] ?? 0, pads[i + axes.length] ?? 0]
  if (widths.flat().some((width) => width < 0 || width > mostPadding))
    return call.fail(`pads [${pads.join(', ')}] are not computed; they go from 0 to ${mostPadding}`)
  if (mode === 'constant') {
    const value = call.optional(2) === undefined ? call.number('value', 0) : (call.known(2).data[0] as number)
    return x.map((values) =>
      values.pad(
        x.order.map((axis) => widths[axis] as [number, number]),
        { value },
      ),
    )
  }
  if (mode !== 'reflect' && mode !== 'edge') return call.fail(`mode '${mode}' is not computed`)
  return widths.reduce((value, [before, after], axis) => {
    if (before === 0 && after === 0) return value
    const extent = value.shape[axis] as number
    if (extent === 0 || (mode === 'reflect' && Math.max(before, after) >= extent))
      return call.fail('it pads more than there is')
    const positions = Array.from({ length: before + extent + after }, (_, i) => {
      const at = i - before
      if (mode === 'edge') return Math.min(Math.max(at, 0), extent - 1)
      return at < 0 ? -at : at >= extent ? 2 * (extent - 1) - at : at
    })
    return value.map((values) => values.take(tensor(Int32Array.from(positions)), value.order.indexOf(axis)))
  }, x)
}

/** Depth to space: blocks of channels become squares of pixels, in ONNX's two orders of channels. */
function depthToSpace(call: OnnxCall): Tensor {
  const x = call.images(0).tensor
  const block = call.number('blocksize', 1)
  const [n = 0, c = 0, h = 0, w = 0] = x.shape
  const depth = c / (block * block)
  if (!Number.isInteger(depth)) return call.fail(`blocks of ${block} do not divide ${c} channels`)
  const spread =
    call.text('mode', 'DCR') === 'DCR'
      ? x.reshape([n, block, block, depth, h, w]).permute([0, 3, 4, 1, 5, 2])
      : x.reshape([n, depth, block, block, h, w]).permute([0, 1, 4, 2, 5, 3])
  return spread.reshape([n, depth, h * block, w * block])
}

function expand(call: OnnxCall): Tensor {
  const x = call.input(0).tensor
  const wanted = Array.from(call.known(1).data)
  const rank = Math.max(wanted.length, x.rank)
  const aligned = (shape: Shape): number[] => [...new Array<number>(rank - shape.length).fill(1), ...shape]
  const [own, target] = [aligned(x.shape), aligned(wanted)]
  return x.broadcastTo(target.map((extent, axis) => (extent === 1 ? (own[axis] as number) : extent)))
}

export const movementOperators: OperatorTable = {
  Reshape: reshape,
  Flatten: flatten,
  Concat: concatenate,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Slice: slice,
  Split: split,
  Gather: gather,
  GatherElements: gatherElements,
  Pad: pad,
  DepthToSpace: depthToSpace,
  Expand: expand,
  Identity: (call) => call.input(0),
  /** Nothing is dropped where a network is used. */
  Dropout: (call) => {
    if (call.node.outputs.filter((name) => name !== '').length > 1) return call.fail('its mask is not computed')
    return call.input(0)
  },
  Transpose: (call) => {
    const x = call.input(0)
    const order = call.numbers('perm') ?? x.shape.map((_, axis) => x.rank - 1 - axis)
    const axes = order.map((axis) => call.axis(axis, x.rank))
    if (new Set(axes).size !== x.rank) return call.fail(`perm [${order.join(', ')}] is no order of ${x.rank} axes`)
    // Nothing moves: only the names of the axes change.
    return x.host === undefined
      ? new Value(
          x.lying,
          x.order.map((axis) => axes.indexOf(axis)),
        )
      : x.tensor.permute(axes)
  },
}
