// A matrix product written by hand as a loop program, against plain arithmetic in the same order.

import { expect, test } from 'vitest'
import type { Op, Statement } from '../../../src/codegen/loop-program.ts'
import { fusedMultiplyAdd32 } from './fused.ts'
import { features, load, exampleProgram as program, table } from './load-kernels.ts'

test('a matrix product in tiles of 2 by 4 vectors is the chain of multiply-adds along K', () => {
  const [m, k, n] = [6, 19, 32]
  const [i, j, l] = [0, 1, 2]
  const sum = (row: number, vector: number) => 4 * row + vector
  const weight = (vector: number) => 8 + vector
  const [splat, zero] = [12, 13]
  const tile = [0, 1].flatMap((row) => [0, 1, 2, 3].map((vector) => ({ row, vector })))
  const inner: Op[] = [
    ...[0, 1, 2, 3].map(
      (vector): Op => ({
        kind: 'load',
        to: weight(vector),
        address: {
          arg: 1,
          offset: 4 * vector,
          terms: [
            [l, n],
            [j, 16],
          ],
        },
      }),
    ),
    ...[0, 1].flatMap((row): Op[] => [
      {
        kind: 'splat',
        to: splat,
        address: {
          arg: 0,
          offset: row * k,
          terms: [
            [i, 2 * k],
            [l, 1],
          ],
        },
      },
      ...[0, 1, 2, 3].map(
        (vector): Op => ({ kind: 'fma', to: sum(row, vector), a: splat, b: weight(vector), c: sum(row, vector) }),
      ),
    ]),
  ]
  const body: Statement[] = [
    ...tile.map(({ row, vector }): Op => ({ kind: 'move', to: sum(row, vector), from: zero })),
    { kind: 'loop', variable: l, extent: k, body: inner },
    ...tile.map(
      ({ row, vector }): Op => ({
        kind: 'store',
        from: sum(row, vector),
        address: {
          arg: 2,
          offset: row * n + 4 * vector,
          terms: [
            [i, 2 * n],
            [j, 16],
          ],
        },
      }),
    ),
  ]
  const product = program({
    registers: Array(14).fill('f32'),
    argumentTypes: ['f32', 'f32', 'f32'],
    body: [
      { kind: 'constant', to: zero, value: 0 },
      { kind: 'loop', variable: i, extent: 'range', body: [{ kind: 'loop', variable: j, extent: n / 16, body }] },
    ],
  })
  const { memory, run } = load([product], [1024, 8192, 16384], { slabs: m / 2 })
  const a = new Float32Array(memory.buffer, 1024, m * k).map((_, index) => Math.fround(Math.sin(index)))
  const b = new Float32Array(memory.buffer, 8192, k * n).map((_, index) => Math.fround(Math.cos(3 * index)))
  new Float32Array(memory.buffer).set(a, 256)
  new Float32Array(memory.buffer).set(b, 2048)
  run(table)
  const expected = Float32Array.from({ length: m * n }, (_, at) => {
    let total = 0
    for (let step = 0; step < k; step++) {
      const [x, y] = [a[Math.floor(at / n) * k + step]!, b[step * n + (at % n)]!]
      total = features.fusedMadd ? fusedMultiplyAdd32(x, y, total) : Math.fround(Math.fround(x * y) + total)
    }
    return total
  })
  expect([...new Float32Array(memory.buffer, 16384, m * n)]).toEqual([...expected])
})
