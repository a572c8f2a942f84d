// Convolutions whose weights are copied panel by panel, on every device against the reference device.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { init, tensor } from '../../src/index.ts'
import { comparedDevices } from './tested-devices.ts'

interface Sample {
  readonly channels: number
  readonly outputs: number
  readonly kernel: number
  readonly stride: number
}

/** Sums of at least 400 steps, weights at least 128 columns wide, more than 32 pixels; whole panels and ragged ones. */
const samples: readonly Sample[] = [
  { channels: 48, outputs: 128, kernel: 3, stride: 1 },
  { channels: 50, outputs: 133, kernel: 3, stride: 2 },
  { channels: 410, outputs: 130, kernel: 1, stride: 1 },
]

const side = 14

/** A number between -1 and 1 that `i` decides. */
const value = (i: number): number => ((i * 2654435761) % 2048) / 1024 - 1

function convolve({ channels, outputs, kernel, stride }: Sample, batch: number): Float32Array {
  const inputs = Float32Array.from({ length: batch * side * side * channels }, (_, i) => value(i))
  const weights = Float32Array.from({ length: kernel * kernel * channels * outputs }, (_, i) => value(i + 1) / 32)
  const x = tensor(inputs, { shape: [batch, side, side, channels] })
  const w = tensor(weights, { shape: [kernel, kernel, channels, outputs] })
  return x
    .conv2d(w, { stride, padding: (kernel - 1) / 2 })
    .relu()
    .dataSync() as Float32Array
}

describe.each(samples)('$kernel x $kernel, $channels to $outputs channels, stride $stride', (sample) => {
  const wanted = new Map<number, Float32Array>()
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
