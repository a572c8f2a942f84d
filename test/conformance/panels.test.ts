// Convolutions whose weights are copied panel by panel, on every device against the reference device.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { init, tensor } from '../../src/index.ts'
import { comparedDevices } from './tested-devices.ts'

interface Sample {
  readonly channels: number
  readonly outputs: number
  readonly kernel: number
  readonly stride: number
  readonly side?: number
  readonly dilation?: number
  readonly groups?: number
  readonly dtype?: 'f32' | 'f64'
}

/** Sums of at least 400 steps, weights at least 128 columns wide, more than 32 pixels; whole panels and ragged ones. */
const samples: readonly Sample[] = [
  { channels: 48, outputs: 128, kernel: 3, stride: 1 },
  { channels: 50, outputs: 133, kernel: 3, stride: 2 },
  { channels: 410, outputs: 130, kernel: 1, stride: 1 },
  // Strips beside the tiles.
  { channels: 48, outputs: 192, kernel: 3, stride: 1, side: 13 },
  { channels: 45, outputs: 135, kernel: 3, stride: 1, side: 7, dilation: 2 },
  { channels: 100, outputs: 264, kernel: 3, stride: 1, side: 11, groups: 2 },
  { channels: 46, outputs: 131, kernel: 3, stride: 1, side: 13, dtype: 'f64' },
]

/** A number between -1 and 1 that `i` decides. */
const value = (i: number): number => ((i * 2654435761) % 2048) / 1024 - 1

function convolve(
  { channels, outputs, kernel, stride, side = 14, dilation = 1, groups = 1, dtype = 'f32' }: Sample,
  batch: number,
): Float64Array {
  const fill = (length: number, valueAt: (i: number) => number): Float32Array | Float64Array => {
    const values = Array.from({ length }, (_, i) => valueAt(i))
    return dtype === 'f64' ? Float64Array.from(values) : Float32Array.from(values)
  }
  const perGroup = channels / groups
  const inputs = fill(batch * side * side * channels, value)
  const weights = fill(kernel * kernel * perGroup * outputs, (i) => value(i + 1) / 32)
  const x = tensor(inputs, { shape: [batch, side, side, channels] })
  const w = tensor(weights, { shape: [kernel, kernel, perGroup, outputs] })
  const y = x.conv2d(w, { stride, padding: (dilation * (kernel - 1)) / 2, dilation, groups }).relu()
  return Float64Array.from(y.dataSync() as Float32Array | Float64Array)
}

describe.each(samples)('$kernel x $kernel, $channels to $outputs channels, stride $stride, $side $dtype', (sample) => {
  const wanted = new Map<number, Float64Array>()
  beforeAll(async () => {
    await init({ device: 'reference' })
    for (const batch of [1, 3]) wanted.set(batch, convolve(sample, batch))
  })
  afterAll(() => init({ device: 'wasm' }))

  test.each(comparedDevices)('on %s', async (device) => {
    await init({ device })
    for (const [batch, expected] of wanted) {
      const got = convolve(sample, batch)
      const worst = got.reduce((most, each, i) => Math.max(most, Math.abs(each - (expected[i] as number))), 0)
      expect(got.length).toBe(expected.length)
      expect(worst).toBeLessThan(1e-4)
    }
  })
})

describe.each([1, 3, 5, 48, 61])('a product of %d rows in f32 whose epilogue is in f64: half as many lanes', (rows) => {
  const multiply = (): Float64Array => {
    const a = tensor(
      Float32Array.from({ length: rows * 64 }, (_, i) => value(i)),
      { shape: [rows, 64] },
    )
    const b = tensor(
      Float32Array.from({ length: 41 * 64 }, (_, i) => value(i + 1) / 32),
      { shape: [41, 64] },
    )
    return a.matmul(b.transpose()).cast('f64').multiply(3).dataSync() as Float64Array
  }
  let wanted = new Float64Array()
  beforeAll(async () => {
    await init({ device: 'reference' })
    wanted = new Float64Array(multiply())
  })
  afterAll(() => init({ device: 'wasm' }))

  test.each(comparedDevices)('on %s', async (device) => {
    await init({ device })
    const got = multiply()
    expect(got.length).toBe(wanted.length)
    expect(got.reduce((most, each, i) => Math.max(most, Math.abs(each - (wanted[i] as number))), 0)).toBeLessThan(1e-5)
  })
})
