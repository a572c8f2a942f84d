// Reductions over axes.

import type { Tensor } from '../../../tensor/tensor.ts'
import type { OnnxCall, OnnxOperator, OperatorTable } from '../operator.ts'
import { Value } from '../value.ts'

/** The axes, which were an attribute before opset 18 (for sums 13). */
function axesOf(call: OnnxCall, rank: number): readonly number[] {
  const given = call.knownNumbers(1, 'axes')
  if (given === undefined || given.length === 0) {
    if (call.flag('noop_with_empty_axes', false)) return []
    return Array.from({ length: rank }, (_, axis) => axis)
  }
  return given.map((axis) => call.axis(axis, rank))
}

/** `keep` keeps the order of the axes; without it the rest is brought to the file's order. */
function reduced(
  x: Value,
  axes: readonly number[],
  keep: boolean,
  change: (x: Tensor, axes: readonly number[]) => Tensor,
): Value {
  const places = axes.map((axis) => x.order.indexOf(axis))
  if (keep) return x.map((values) => change(values, places))
  const kept = change(x.lying, places)
  const remaining = x.order.filter((axis) => !axes.includes(axis))
  const ranked = [...remaining].sort((a, b) => a - b)
  const shape = kept.shape.filter((_, place) => !places.includes(place))
  return new Value(
    kept.reshape(shape),
    remaining.map((axis) => ranked.indexOf(axis)),
  )
}

function reduction(change: (x: Tensor, axes: readonly number[]) => Tensor): OnnxOperator {
  return (call) => {
    const x = call.input(0)
    const axes = axesOf(call, x.rank)
    return axes.length === 0 ? x : reduced(x, axes, call.flag('keepdims', true), change)
  }
}

function position(find: (x: Tensor, axis: number) => Tensor): OnnxOperator {
  return (call) => {
    if (call.flag('select_last_index', false)) return call.fail('the last of several is not looked for')
    const x = call.input(0).tensor
    const axis = call.axis(call.number('axis', 0), x.rank)
    const found = find(x, axis)
    return call.flag('keepdims', true) ? found.unsqueeze(axis) : found
  }
}

export const reduceOperators: OperatorTable = {
  ReduceMean: reduction((x, axes) => x.mean(axes, { keep: true })),
  ReduceSum: reduction((x, axes) => x.sum(axes, { keep: true })),
  ReduceMax: reduction((x, axes) => x.max(axes, { keep: true })),
  ReduceMin: reduction((x, axes) => x.min(axes, { keep: true })),
  ReduceL2: reduction((x, axes) => x.square().sum(axes, { keep: true }).sqrt()),
  ReduceSumSquare: reduction((x, axes) => x.square().sum(axes, { keep: true })),
  ArgMax: position((x, axis) => x.argmax(axis)),
  ArgMin: position((x, axis) => x.argmin(axis)),
}
