// Pools at edges, of activations and of special values, on every device against the reference device, which pads and activates first.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile, init, type Tensor, tensor } from '../../src/index.ts'
import { gelu, geluTanh, silu, tanh } from '../../src/nn/activations.ts'
import { firstDifference } from './device-check.ts'
import { comparedDevices } from './tested-devices.ts'

type Pool = (x: Tensor) => Tensor

const pools: Readonly<Record<string, Pool>> = {
  'max 2': (x) => x.maxPool2d({ size: 2 }),
  'max 2, padding 1': (x) => x.maxPool2d({ size: 2, padding: 1 }),
  'max 3, stride 2, padding 1': (x) => x.maxPool2d({ size: 3, stride: 2, padding: 1 }),
  'max 3 x 2, stride 2 x 3, padding 1 x 0, last windows kept': (x) =>
    x.maxPool2d({ size: [3, 2], stride: [2, 3], padding: [1, 0], ceilMode: true }),
  'max 3, dilation 2, padding 1': (x) => x.maxPool2d({ size: 3, stride: 2, dilation: 2, padding: 1 }),
  'max 5, stride 3, padding 2': (x) => x.maxPool2d({ size: 5, stride: 3, padding: 2 }),
  'max 2 of what was padded with an image and a channel by hand': (x) =>
    x
      .pad(
        [
          [1, 0],
          [0, 1],
          [0, 0],
          [0, 1],
        ],
        { value: Number.NEGATIVE_INFINITY },
      )
      .maxPool2d({ size: 2 }),
  'max 2, padding 1, twice, and the mean of both': (x) => {
    const pooled = x.maxPool2d({ size: 2, padding: 1 })
    return pooled.add(x.averagePool2d({ size: 2, padding: 1 })).multiply(pooled)
  },
  'mean 3, stride 2, padding 1': (x) => x.averagePool2d({ size: 3, stride: 2, padding: 1 }),
  'mean 3, stride 2, padding 1, the image alone': (x) =>
    x.averagePool2d({ size: 3, stride: 2, padding: 1, countIncludePad: false }),
}

const before: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  nothing: (x) => x,
  gelu,
  silu,
  geluTanh,
  tanh,
  exp: (x) => x.exp(),
  'a scale and gelu': (x) => gelu(x.multiply(2).subtract(1)),
}

const specials = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

interface Image {
  readonly shape: readonly [number, number, number, number]
  readonly dtype: 'f32' | 'f64'
  readonly special: boolean
}

const images: readonly Image[] = [
  { shape: [1, 9, 7, 20], dtype: 'f32', special: false },
  { shape: [3, 6, 11, 5], dtype: 'f32', special: false },
  { shape: [2, 9, 9, 17], dtype: 'f64', special: false },
  { shape: [2, 12, 13, 3], dtype: 'f32', special: true },
  // So large that threads share it.
  { shape: [1, 61, 57, 24], dtype: 'f32', special: false },
]

/** A number between -4 and 4 that `i` decides; now and then a special one. */
function pixel(i: number, special: boolean): number {
  const drawn = (i * 2654435761) % 4093
  if (special && drawn % 41 === 0) return specials[drawn % specials.length] as number
  return drawn / 512 - 4
}

function imageOf({ shape, dtype, special }: Image): Tensor {
  const values = Array.from({ length: shape.reduce((product, extent) => product * extent, 1) }, (_, i) =>
    pixel(i, special),
  )
  return tensor(dtype === 'f64' ? Float64Array.from(values) : Float32Array.from(values), { shape: [...shape] })
}

function results(): Map<string, Float32Array | Float64Array> {
  const found = new Map<string, Float32Array | Float64Array>()
  for (const image of images) {
    for (const [activation, activate] of Object.entries(before)) {
      for (const [pool, take] of Object.entries(pools)) {
        const name = `${pool} of ${activation} on ${image.dtype} [${image.shape}]${image.special ? ', special' : ''}`
        const pooled = compile((x: Tensor) => take(activate(x)))
        found.set(name, pooled(imageOf(image)).dataSync() as Float32Array | Float64Array)
      }
    }
  }
  return found
}

describe('pools', () => {
  let wanted: ReturnType<typeof results>
  beforeAll(async () => {
    await init({ device: 'reference' })
    wanted = results()
  })
  afterAll(() => init({ device: 'wasm', threads: 1 }))

  const teams = comparedDevices.flatMap((device) => [1, 3].map((threads) => ({ device, threads })))
  test.each(teams)('on $device with $threads threads', async ({ device, threads }) => {
    await init({ device, threads })
    const got = results()
    for (const [name, expected] of wanted) {
      const tolerance = expected instanceof Float64Array ? 1e-13 : 1e-6
      const difference = firstDifference(got.get(name) as Float32Array, expected, (element) =>
        Math.max(tolerance, tolerance * Math.abs(expected[element] as number)),
      )
      expect(difference, name).toBeUndefined()
    }
  })
})
