// Emitted kernels at their edges: loops that run never, once or over a range, addresses at both ends of memory, NaN and -0 in
// min and max, narrow stores.

import { describe, expect, test } from 'vitest'
import type { BinaryOp, LoopProgram, Op } from '../../../src/codegen/loop-program.ts'
import type { DType } from '../../../src/core/dtype.ts'
import { type Loaded, load, exampleProgram as program, table } from './load-kernels.ts'

/** to[v] = from[v] + 1 for each vector v of a loop. */
function addOne(extent: number | 'range'): LoopProgram {
  const address = (arg: number) => ({ arg, offset: 0, terms: [[0, 4]] as const })
  const body: Op[] = [
    { kind: 'load', to: 1, address: address(0) },
    { kind: 'binary', op: 'add', to: 1, a: 1, b: 0 },
    { kind: 'store', from: 1, address: address(1) },
  ]
  return program({
    registers: ['f32', 'f32'],
    body: [
      { kind: 'constant', to: 0, value: 1 },
      { kind: 'loop', variable: 0, extent, body },
    ],
  })
}

describe('loops', () => {
  const written = (output: Float32Array): number => output.filter((value) => value === 1).length

  test.each([0, 1, 2, 7])('of %i iterations', (extent) => {
    const { memory, run } = load([addOne(extent)], [1024, 2048])
    run(table)
    const output = new Float32Array(memory.buffer, 2048, 64)
    expect(written(output)).toBe(4 * extent)
    expect(written(output.subarray(0, 4 * extent))).toBe(4 * extent)
  })

  test.each([
    { first: 0, last: 3 },
    { first: 2, last: 5 },
    { first: 4, last: 4 },
    { first: 5, last: 2 },
  ])('over slabs [$first, $last)', ({ first, last }) => {
    const { memory, kernels } = load([addOne('range')], [1024, 2048])
    kernels[0]?.(table, first, last)
    const output = new Float32Array(memory.buffer, 2048, 64)
    const expected = Array.from({ length: 64 }, (_, i) => (i >= 4 * first && i < 4 * last ? 1 : 0))
    expect([...output]).toEqual(expected)
  })

  test('run calls the kernels in order, each over its slabs', () => {
    const { memory, run } = load([addOne('range'), addOne('range')], [1024, 1024], { slabs: 3 })
    run(table)
    expect([...new Float32Array(memory.buffer, 1024, 16)]).toEqual([...Array(12).fill(2), ...Array(4).fill(0)])
  })
})

test('a shared memory is as good as another', () => {
  const { memory, run } = load([addOne(2)], [1024, 2048], { shared: true })
  run(table)
  expect(new Float32Array(memory.buffer, 2048, 8).every((value) => value === 1)).toBe(true)
})

/** Copies 4 n elements of argument 0 to argument 1, the last vector first. */
function copyBackwards(vectors: number): LoopProgram {
  const address = (arg: number) => ({ arg, offset: 4 * (vectors - 1), terms: [[0, -4]] as const })
  const body: Op[] = [
    { kind: 'load', to: 0, address: address(0) },
    { kind: 'store', from: 0, address: address(1) },
  ]
  return program({ body: [{ kind: 'loop', variable: 0, extent: vectors, body }] })
}

test('pointers may walk down to address 0', () => {
  const { memory, run } = load([copyBackwards(2)], [0, 1024])
  const first = [...new Uint8Array(memory.buffer, 0, 32).map((_, i) => i + 1)]
  new Uint8Array(memory.buffer).set(first)
  run(table)
  expect([...new Uint8Array(memory.buffer, 1024, 32)]).toEqual(first)
})

test('gathered addresses may start below address 0, beside plain ones', () => {
  const body: Op[] = [
    { kind: 'constant', to: 1, value: 30 },
    { kind: 'load', to: 0, address: { arg: 0, offset: -20, terms: [], index: { reg: 1, stride: 1 } } },
    { kind: 'load', to: 2, address: { arg: 0, offset: -10, terms: [], index: { reg: 1, stride: 1 } } },
    { kind: 'binary', op: 'add', to: 0, a: 0, b: 2 },
    { kind: 'load', to: 2, address: { arg: 0, offset: 21, terms: [] } },
    { kind: 'binary', op: 'add', to: 0, a: 0, b: 2 },
    { kind: 'store', from: 0, address: { arg: 1, offset: 0, terms: [] } },
  ]
  const { memory, run } = load([program({ registers: ['f32', 'i32', 'f32'], body })], [0, 1024])
  new Float32Array(memory.buffer, 0, 32).set([5, 7], 10)
  new Float32Array(memory.buffer, 0, 32).set([9, 1, 2, 3, 4], 20)
  new DataView(memory.buffer).setUint32(table, 0, true)
  run(table)
  expect([...new Float32Array(memory.buffer, 1024, 4)]).toEqual([15, 16, 17, 18])
})

test('a gather may write the register that holds its indices', () => {
  const body: Op[] = [
    { kind: 'index', to: 0, offset: 3, terms: [], step: -1 },
    { kind: 'load', to: 0, address: { arg: 0, offset: 0, terms: [], index: { reg: 0, stride: 2 } } },
    { kind: 'store', from: 0, address: { arg: 1, offset: 0, terms: [] } },
  ]
  const { memory, run } = load([program({ registers: ['i32'], argumentTypes: ['i32', 'i32'], body })], [1024, 2048])
  new Int32Array(memory.buffer, 1024, 8).set([10, 0, 12, 0, 14, 0, 16, 0])
  run(table)
  expect([...new Int32Array(memory.buffer, 2048, 4)]).toEqual([16, 14, 12, 10])
})

test('addresses beyond 2 GiB', (context) => {
  const high = 2 ** 31 + 2 ** 20
  let loaded: Loaded | undefined
  try {
    loaded = load([copyBackwards(8)], [high, high + 4096], { pages: high / 65536 + 1 })
  } catch {
    return context.skip('the machine refuses a memory of 2 GiB')
  }
  const values = Float32Array.from({ length: 32 }, (_, i) => i - 5)
  new Float32Array(loaded.memory.buffer, high, 32).set(values)
  loaded.run(table)
  expect([...new Float32Array(loaded.memory.buffer, high + 4096, 32)]).toEqual([...values])
})

test.each(['f32', 'f64'] as const)('min and max of %s keep the second operand where the comparison fails', (type) => {
  const pairs = [
    [1, 2],
    [2, 1],
    [0, -0],
    [-0, 0],
    [Number.NaN, 1],
    [1, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.NaN],
    [Number.NEGATIVE_INFINITY, 3],
  ] as const
  const body = pairs.flatMap(([a, b], pair) =>
    (['min', 'max'] satisfies BinaryOp[]).flatMap((op, second): Op[] => [
      { kind: 'constant', to: 0, value: a },
      { kind: 'constant', to: 1, value: b },
      { kind: 'binary', op, to: 2, a: 0, b: 1 },
      { kind: 'store', from: 2, address: { arg: 0, offset: 2 * pair + second, terms: [] }, lanes: 1 },
    ]),
  )
  const { memory, run } = load(
    [program({ lanes: type === 'f64' ? 2 : 4, registers: [type, type, type], argumentTypes: [type], body })],
    [1024],
  )
  run(table)
  const results = type === 'f64' ? new Float64Array(memory.buffer, 1024, 16) : new Float32Array(memory.buffer, 1024, 16)
  expect([...results]).toEqual(pairs.flatMap(([a, b]) => [a < b ? a : b, a > b ? a : b]))
})

test.each(['u8', 'bool'] as const satisfies readonly DType[])(
  'a store to %s writes its lanes and no byte more',
  (dtype) => {
    for (let lanes = 0; lanes <= 4; lanes++) {
      const body: Op[] = [
        { kind: 'index', to: 0, offset: 0, terms: [], step: 300 },
        { kind: 'store', from: 0, address: { arg: 0, offset: 1, terms: [] }, lanes },
      ]
      const { memory, run } = load([program({ registers: ['i32'], argumentTypes: [dtype], body })], [1024])
      const bytes = new Uint8Array(memory.buffer, 1024, 8).fill(99)
      run(table)
      // 0, 300, 600, 900: their low bytes, or whether they are anything but 0.
      const values = dtype === 'u8' ? [0, 300 - 256, 600 - 512, 900 - 768] : [0, 1, 1, 1]
      expect([...bytes]).toEqual([99, ...values.slice(0, lanes), ...Array(7 - lanes).fill(99)])
    }
  },
)
