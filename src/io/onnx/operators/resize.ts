// Images of another size: ONNX's Resize, and Upsample, which it was called before opset 10.

import * as ops from '../../../ops/functions.ts'
import { wrap } from '../../../tensor/base.ts'
import { resampleAxis, type Taps } from '../../../tensor/weighted-taps.ts'
import type { OnnxCall, OperatorTable } from '../operator.ts'
import { channelsLast, Value } from '../value.ts'

/** One axis of an image: its extent before and after, and how many times larger it becomes. */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly scale: number
}

/** Where in the old image the new pixel i lies, by the attribute coordinate_transformation_mode. */
const coordinates: Readonly<Record<string, (i: number, stretch: Stretch) => number>> = {
  half_pixel: (i, { scale }) => (i + 0.5) / scale - 0.5,
  pytorch_half_pixel: (i, { scale, to }) => (to > 1 ? (i + 0.5) / scale - 0.5 : 0),
  align_corners: (i, { from, to }) => (to > 1 ? (i * (from - 1)) / (to - 1) : 0),
  asymmetric: (i, { scale }) => i / scale,
}

/** The pixel that a place belongs to, by the attribute nearest_mode. */
const rounding: Readonly<Record<string, (place: number) => number>> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
}

function stretchesOf(call: OnnxCall, shape: readonly number[]): Stretch[] {
  const upsample = call.node.operator === 'Upsample'
  const place = upsample || call.opset < 11 ? 1 : 2
  const sizes = !upsample && call.optional(3) !== undefined ? Array.from(call.known(3).data) : undefined
  const scales = sizes === undefined ? call.knownNumbers(place, 'scales') : undefined
  const given = sizes ?? scales
  const axes = call.numbers('axes')?.map((axis) => call.axis(axis, 4)) ?? [0, 1, 2, 3]
  if (given === undefined || given.length !== axes.length)
    return call.fail('neither scales nor sizes are there for each axis')
  return shape.map((from, axis) => {
    const i = axes.indexOf(axis)
    if (i < 0) return { from, to: from, scale: 1 }
    const value = given[i] as number
    const to = sizes === undefined ? Math.floor(from * value) : value
    if (!(to >= 1 && to <= 2 ** 20 && from >= 1)) return call.fail(`${from} pixels cannot become ${to}`)
    return { from, to, scale: sizes === undefined ? value : to / from }
  })
}

function resize(call: OnnxCall): Value {
  const x = call.images(0)
  const stretches = stretchesOf(call, x.shape)
  if (stretches.some(({ from, to }, axis) => axis < 2 && from !== to))
    return call.fail('samples and channels cannot be resized')
  const mode = call.text('mode', 'nearest')
  const old = call.node.operator === 'Upsample' || call.opset < 11
  const placing = call.text('coordinate_transformation_mode', old ? 'asymmetric' : 'half_pixel')
  const coordinate = coordinates[placing] ?? call.fail(`coordinate_transformation_mode '${placing}' is not computed`)
  const nearestMode = call.text('nearest_mode', old ? 'floor' : 'round_prefer_floor')
  const round = rounding[nearestMode] ?? call.fail(`nearest_mode '${nearestMode}' is none`)
  if (call.flag('antialias', false)) return call.fail('antialias is not computed')
  if (mode !== 'nearest' && mode !== 'linear') return call.fail(`mode '${mode}' is not computed`)
  const taps = (stretch: Stretch): Taps[] =>
    Array.from({ length: stretch.to }, (_, i) => {
      const limit = (position: number): number => Math.min(Math.max(position, 0), stretch.from - 1)
      const place = coordinate(i, stretch)
      if (mode === 'nearest') return [[limit(round(place)), 1]]
      const inside = limit(place)
      const first = Math.floor(inside)
      return [
        [first, 1 - (inside - first)],
        [limit(first + 1), inside - first],
      ]
    })
  let node = x.arranged(channelsLast).node
  for (const axis of [1, 2]) {
    const stretch = stretches[axis + 1] as Stretch
    if (stretch.from === stretch.to) continue
    const whole = stretch.to / stretch.from
    const repeats = mode === 'nearest' && placing === 'asymmetric' && nearestMode === 'floor' && Number.isInteger(whole)
    node = repeats ? repeated(node, axis, whole) : resampleAxis(node, axis, taps(stretch))
  }
  return new Value(wrap(node), channelsLast)
}

/** Each pixel so many times along an axis. */
function repeated(node: ReturnType<typeof ops.reshape>, axis: number, times: number): ReturnType<typeof ops.reshape> {
  const { shape } = node
  const apart = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]
  const spread = [...shape.slice(0, axis + 1), times, ...shape.slice(axis + 1)]
  const extents = shape.map((extent, i) => (i === axis ? extent * times : extent))
  return ops.reshape(ops.expand(ops.reshape(node, apart), spread), extents)
}

export const resizeOperators: OperatorTable = { Resize: resize, Upsample: resize }
