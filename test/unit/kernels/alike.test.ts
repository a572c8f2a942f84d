// Kernels of which one function is made: those that differ in their buffers alone.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { targets } from '../../../src/codegen/x64/target.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import { lowerGraph } from '../../../src/devices/compile-program.ts'
import { makeGraph } from '../../../src/graph/graph.ts'
import { scheduleGraph } from '../../../src/graph/schedule.ts'
import { compile, init, type Tensor, tensor } from '../../../src/index.ts'
import { withOwnRows } from '../../../src/kernels/alike.ts'
import { formatKernel, type Kernel } from '../../../src/kernels/kernel.ts'
import { whileTracing } from '../../../src/tensor/trace.ts'
import { comparedDevices } from '../../conformance/tested-devices.ts'

/** Values between -1 and 1 that `seed` decides. */
function filled(shape: readonly number[], seed: number, dtype: 'f32' | 'f64' = 'f32'): Tensor {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => (((i + seed) * 2654435761) % 2048) / 1024 - 1)
  return tensor(dtype === 'f64' ? Float64Array.from(values) : Float32Array.from(values), { shape: [...shape] })
}

/** The number of the kernel whose code each kernel runs, and the rows of the table that are its own. */
function codesOf(fn: () => Tensor | Tensor[]): { codes: number[]; rows: number[][] } {
  const { result } = whileTracing(() => [fn()].flat())
  const { kernels, table } = lowerGraph(makeGraph(result.map(({ node }) => node)), targets.avx2, 1).program
  const ends = [...kernels.slice(1).map(({ firstEntry }) => firstEntry), table.length]
  return {
    codes: kernels.map(({ code }) => code),
    rows: kernels.map(({ firstEntry }, i) => table.slice(firstEntry, ends[i])),
  }
}

const image = [1, 6, 6, 16] as const
const weights = [3, 3, 16, 16] as const

const layer = (x: Tensor, seed: number): Tensor => x.conv2d(filled(weights, seed), { padding: 1 }).relu()

describe('one function', () => {
  test('serves layers of the same shape, each on rows of its own', () => {
    const { codes, rows } = codesOf(() => layer(layer(layer(layer(filled(image, 0), 1), 2), 3), 4))
    // Pads and convolutions in turn; the last convolution writes into no padding.
    expect(codes).toEqual([0, 1, 2, 1, 2, 1, 2, 7])
    expect(rows[1]).toHaveLength((rows[3] as number[]).length)
    expect(rows[1]).not.toEqual(rows[3])
    // What a layer writes the next one reads.
    for (const kernel of [1, 2, 3, 4, 5, 6, 7])
      expect(rows[kernel]?.some((row) => rows[kernel - 1]?.includes(row))).toBe(true)
  })

  test.each([
    ['another number', (x: Tensor) => [x.add(2), x.add(3)]],
    ['a zero of another sign', (x: Tensor) => [x.add(0).add(1), x.add(-0).add(1)]],
    ['an infinity instead of a NaN', (x: Tensor) => [x.maximum(Number.NaN), x.maximum(Number.POSITIVE_INFINITY)]],
    ['another shape', (x: Tensor) => [x, filled([1, 6, 6, 8], 0)]],
    ['another dtype', (x: Tensor) => [x.add(1), filled(image, 0, 'f64').add(1)]],
    // One buffer in place of two.
    ['the same operand twice', (x: Tensor) => [x.multiply(filled(image, 5)).exp(), x.multiply(x).exp()]],
  ] as const)('does not serve %s', (_, fn) => {
    const { codes } = codesOf(() => fn(filled(image, 0)).map((y) => y.sum()))
    expect(codes).toEqual([0, 1])
  })
})

test('buffers are numbered as they are met, and their rows lead back', () => {
  const { result } = whileTracing(() => layer(filled(image, 0), 1).maxPool2d({ size: 2, padding: 1 }))
  const { kernels } = scheduleGraph(makeGraph([result.node]))
  for (const kernel of kernels) {
    const own = withOwnRows(kernel)
    const back = (text: string): string => text.replaceAll(/\bb(\d+)/g, (_, number) => `b${own.rows[Number(number)]}`)
    expect(back(formatKernel(own.kernel))).toBe(formatKernel(kernel))
    expect(withOwnRows(own.kernel).kernel).toEqual<Kernel>(own.kernel)
  }
})

describe('a chain of equal layers', () => {
  const shape = [3, 12, 12, 16] as const
  const run = (): Float32Array => {
    const chain = compile((x: Tensor) => [1, 2, 3, 4].reduce((y, seed) => layer(y, seed).multiply(0.1).add(y), x))
    return chain(filled(shape, 0)).dataSync() as Float32Array
  }
  let wanted: Float32Array
  beforeAll(async () => {
    await init({ device: 'reference' })
    wanted = run()
  })
  afterAll(() => init({ device: 'wasm', threads: 1 }))

  test.each(comparedDevices.flatMap((device) => [1, 2].map((threads) => ({ device, threads }))))(
    'on $device with $threads threads',
    async ({ device, threads }) => {
      await init({ device, threads })
      const got = run()
      expect(got.length).toBe(wanted.length)
      const worst = got.reduce((most, each, i) => Math.max(most, Math.abs(each - (wanted[i] as number))), 0)
      expect(worst).toBeLessThan(1e-4)
    },
  )
})
