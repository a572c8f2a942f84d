// Elementwise ops and reductions at the edges of their dtypes: NaN, infinities, zeros, denormals, largest numbers, integer limits.

import { describe, expect, test } from 'vitest'
import '../../src/index.ts'
import { allocateArray, type DType, isFloat, type TypedArray } from '../../src/core/dtype.ts'
import { UsageError } from '../../src/core/errors.ts'
import { startDevice } from '../../src/devices/registry.ts'
import { gather, reduceMax, reduceMin, sum } from '../../src/ops/functions.ts'
import { type ArrayNode, arrayNode, type Node } from '../../src/ops/node.ts'
import type { Op, Sample } from '../../src/ops/op.ts'
import { opTable } from '../../src/ops/table.ts'
import { firstDifference } from './device-check.ts'
import { evaluate } from './evaluate.ts'
import { applyOp, dtypeOf, samplesOf, takes } from './samples.ts'
import { comparedDevices } from './tested-devices.ts'

const shared = [0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 10, -10, 88, -88, 100, 1e-3, 1e5, -1e5, 123456.75]
const limits = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
const f32Edges = [
  2 ** -149,
  -(2 ** -140),
  2 ** -126,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  2 ** 31,
  -(2 ** 31),
]
const f64Edges = [
  2 ** -1074,
  -(2 ** -1060),
  2 ** -1022,
  1.7976931348623157e308,
  -1.7976931348623157e308,
  2 ** 53,
  709,
  -745,
]

const edges: Readonly<Record<Exclude<DType, 'u32'>, readonly number[]>> = {
  f32: [...limits, ...shared, ...f32Edges],
  f64: [...limits, ...shared, ...f64Edges],
  i32: [0, 1, -1, 2, 3, -7, 127, 128, 255, 256, 46341, 65536, 123456789, -123456789, 2 ** 31 - 1, -(2 ** 31)],
  u8: [0, 1, 2, 3, 15, 16, 127, 128, 200, 254, 255],
  bool: [0, 1],
}

/** Every combination of edge values, one list per input. */
function combinations(lists: readonly (readonly number[])[]): number[][] {
  const [first, ...rest] = lists
  if (first === undefined) return [[]]
  return combinations(rest).flatMap((tail) => first.map((value) => [value, ...tail]))
}

/** Beyond these sizes sine and cosine are only bounded: the stated range of their polynomials. */
const trigonometric = { f32: 1e5, f64: 1e6 } as const

/** Sets inputs that lie outside the range an op states to 0. */
function withinRange(op: Op, leaves: readonly ArrayNode[]): readonly ArrayNode[] {
  if (op.name !== 'sin' && op.name !== 'cos') return leaves
  for (const { data, dtype } of leaves) {
    const limit = trigonometric[dtype as 'f32' | 'f64']
    for (const [i, value] of data.entries()) if (Number.isFinite(value) && Math.abs(value) > limit) data[i] = 0
  }
  return leaves
}

function leavesOf(types: readonly DType[]): ArrayNode[] {
  const rows = combinations(types.map((dtype) => edges[dtype as keyof typeof edges]))
  return types.map((dtype, i) => {
    const data = allocateArray(dtype, rows.length)
    for (const [row, values] of rows.entries()) data[row] = values[i] as number
    return arrayNode(data, [rows.length], dtype)
  })
}

/** An elementwise op's value may differ by its tolerance, relative to the value; what is not finite must agree. */
function compare(got: TypedArray, wanted: TypedArray, tolerance: number, leaves: readonly ArrayNode[]): string {
  const allowance = (i: number): number => tolerance * Math.max(1, Math.abs(wanted[i] as number))
  const difference = firstDifference(got, wanted, allowance)
  if (difference === undefined) return ''
  const element = Number(/element (\d+)/.exec(difference)?.[1])
  return `${difference}, at ${leaves.map(({ data }) => data[element]).join(', ')}`
}

/** One sample per set of attributes; the shape does not matter. */
function elementwise(): (readonly [string, Op, Sample, DType])[] {
  return opTable
    .filter(({ family }) => family === 'elementwise')
    .flatMap((op) =>
      samplesOf(op, [[3]]).flatMap((sample) =>
        (['f32', 'f64', 'i32', 'u8', 'bool'] as const)
          .filter((dtype) => takes(op, sample, dtype))
          .filter((dtype) => dtype === 'f32' || sample.inputs.some((input) => input.dtype === 'float'))
          .map((dtype) => [`${op.name} ${JSON.stringify(sample.attributes)} of ${dtype}`, op, sample, dtype] as const),
      ),
    )
}

const reference = startDevice('reference')

for (const name of comparedDevices) {
  const device = startDevice(name)

  describe(`at the edges of its dtype, ${name} gives what the reference device gives`, () => {
    test.each(elementwise())('%s', (_, op, sample, dtype) => {
      const leaves = withinRange(op, leavesOf(sample.inputs.map((input) => dtypeOf(input, dtype))))
      const node = applyOp(op, leaves, sample)
      const [wanted] = evaluate(reference, [node]) as [TypedArray]
      const [got] = evaluate(device, [node]) as [TypedArray]
      const exact = !isFloat(node.dtype) || op.tolerance === 0
      expect(compare(got, wanted, exact ? 0 : node.dtype === 'f32' ? op.tolerance : 1e-13, leaves)).toBe('')
    })
  })

  describe(`a NaN anywhere is the result of a reduction on ${name}`, () => {
    const reductions: readonly (readonly [string, (x: Node, axes: number[]) => Node])[] = [
      ['sum', sum],
      ['max', reduceMax],
      ['min', reduceMin],
    ]
    for (const [title, reduction] of reductions) {
      for (const dtype of ['f32', 'f64'] as const) {
        test(`${title} of ${dtype}, along and across vectors`, () => {
          for (const extent of [1, 3, 4, 5, 16, 17, 33]) {
            for (let at = 0; at < extent; at++) {
              const data = allocateArray(dtype, extent * 3).map((_, i) => i - 7)
              data[at * 3 + 1] = Number.NaN
              const x = arrayNode(data, [extent, 3], dtype)
              const across = evaluate(device, [reduction(x, [0])])[0] as TypedArray
              expect([...across].map(Number.isNaN)).toEqual([false, true, false])
              const row = arrayNode(allocateArray(dtype, extent).fill(1), [extent], dtype)
              row.data[at] = Number.NaN
              expect(evaluate(device, [reduction(row, [0])])[0]?.[0]).toBeNaN()
            }
          }
        })
      }
    }
  })

  test(`gather out of range is an error on the reference device and clamped on ${name}`, () => {
    const source = arrayNode(new Float32Array([10, 20, 30]), [3], 'f32')
    const index = arrayNode(new Int32Array([-1, 0, 2, 3, 2 ** 31 - 1, -(2 ** 31)]), [6], 'i32')
    const node = gather(source, index, 0)
    expect(() => evaluate(reference, [node])).toThrow(UsageError)
    expect(() => evaluate(reference, [node])).toThrow('gather: index -1 is out of range for axis 0 of [3]')
    expect([...(evaluate(device, [node])[0] as TypedArray)]).toEqual([10, 10, 30, 30, 30, 10])
  })
}
