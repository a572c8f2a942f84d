// Tiles of a contraction: whatever the target and the shape, they cover every row and column once, and fit the registers.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LoopVar, Target } from '../../../src/codegen/loop-program.ts'
import { targets } from '../../../src/codegen/x64/target.ts'
import type { Place } from '../../../src/kernels/expression.ts'
import { overBands } from '../../../src/kernels/row-tiles.ts'
import { chooseTiling, rowsApart } from '../../../src/kernels/tile.ts'

const wasm: Target = {
  ...targets.avx2,
  name: 'wasm',
  lanes: 4,
  registers: 15,
  fmaChains: 8,
  fences: true,
  prefetches: false,
}
const machines: readonly Target[] = [
  wasm,
  { ...wasm, registers: 16, splatsTogether: true, fences: false },
  targets.avx2,
  targets.avx512,
]

/** Runs what is written in loops, as often as they go around. */
class Runner {
  readonly #values = new Map<LoopVar, number>()
  #variables = 0

  loop(extent: number, body: (variable: LoopVar) => void): void {
    const variable = this.#variables++
    for (let i = 0; i < extent; i++) {
      this.#values.set(variable, i)
      body(variable)
    }
  }

  at({ base, terms }: Place): number {
    return terms.reduce((sum, [variable, scale]) => sum + scale * (this.#values.get(variable) as number), base)
  }
}

const shapes = fc.record({
  target: fc.constantFrom(...machines),
  outer: fc.integer({ min: 0, max: 40 }),
  inner: fc.integer({ min: 0, max: 70 }),
  vectors: fc.integer({ min: 1, max: 40 }),
  steps: fc.integer({ min: 0, max: 3000 }),
  uniform: fc.boolean(),
  most: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
})

test('tiles cover every position once, one after another', () => {
  fc.assert(
    fc.property(shapes, ({ target, outer, inner, vectors, steps, uniform, most }) => {
      const runner = new Runner()
      const covered = new Uint8Array(outer * inner)
      const counted = new Uint8Array(outer * inner)
      const { blocks } = chooseTiling(target, [outer, inner], vectors, steps, uniform, most)
      overBands(runner, blocks, 2, (band) =>
        band.each(({ corner, inside, before }) => {
          expect(inside.length).toBe(band.rows)
          const [y, x] = corner.map((place) => runner.at(place)) as [number, number]
          for (const [p, [down, across]] of (inside as [number, number][]).entries()) {
            covered[(y + down) * inner + x + across]!++
            counted[runner.at(before) + p]!++
          }
        }),
      )
      expect(covered.every((times) => times === 1)).toBe(true)
      expect(counted.every((times) => times === 1)).toBe(true)
    }),
    { numRuns: 400 },
  )
})

test('tiles cover every vector of a panel and fit the registers', () => {
  fc.assert(
    fc.property(shapes, ({ target, outer, inner, vectors, steps, uniform, most }) => {
      const tiling = chooseTiling(target, [outer, inner], vectors, steps, uniform, most)
      expect(tiling.vectors).toBeLessThanOrEqual(vectors)
      for (const { size: height, bands } of tiling.blocks) {
        for (const { size: width } of bands) {
          const rows = height * width
          if (most !== undefined) expect(rows).toBeLessThanOrEqual(most)
          // Copied panels are wider than the tiles: some of these stand side by side.
          for (const panel of uniform ? [tiling.vectors, 2 * tiling.vectors, 14, 16] : [tiling.vectors]) {
            const pieces = tiling.cut(rows, panel)
            expect(pieces.reduce((sum, piece) => sum + piece, 0)).toBe(panel)
            const splats = target.splatsTogether ? rows : target.broadcastOperand ? 0 : 1
            for (const piece of pieces) expect(rows * piece + piece + splats).toBeLessThanOrEqual(target.registers)
          }
        }
      }
    }),
    { numRuns: 400 },
  )
})

test('rows whole ways of the first cache apart are few', () => {
  for (const stride of [1024, -1024, 4096]) expect(rowsApart(stride, 'f32')).toBe(8)
  expect(rowsApart(512, 'f64')).toBe(8)
  for (const stride of [0, 512, 1000, 1040]) expect(rowsApart(stride, 'f32')).toBeUndefined()
})
