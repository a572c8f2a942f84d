// Gray pictures: laws that hold for any picture, and what is said of arguments that make no sense.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShapeError, UsageError } from '../../../src/core/errors.ts'
import {
  binarize,
  binaryImage,
  binaryToGray,
  equalizeAdaptive,
  equalizeHistogram,
  extremes,
  type GrayImage,
  gaussianBlur,
  gaussianWeights,
  grayImage,
  histogram,
  invert,
  meanSquaredError,
  otsu,
  otsuLevel,
  psnr,
  resize,
  rgbImage,
  sauvola,
  sauvolaLevels,
  ssim,
  toBytes,
  toFloats,
  toGray,
  toRgb,
} from '../../../src/image/index.ts'

const bytes: fc.Arbitrary<GrayImage<Uint8Array>> = fc
  .tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 }))
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height })
      .map((data) => grayImage(width, height, data)),
  )
const runs = { numRuns: 100, seed: 11 }

describe('pictures', () => {
  it('refuse data of another size, and sizes that are none', () => {
    expect(() => grayImage(3, 2, new Uint8Array(5))).toThrow(ShapeError)
    expect(() => grayImage(3, 2, new Uint8Array(5))).toThrow('grayImage: 3x2 pixels need 6 values, but the data hold 5')
    expect(() => rgbImage(2, 2, new Uint8Array(4))).toThrow(/12 values/)
    expect(() => binaryImage(0, 2)).toThrow(/at least 1/)
    expect(() => binaryImage(1.5, 2)).toThrow(ShapeError)
  })
})

describe('conversions', () => {
  it('bytes to floats and back is lossless', () => {
    fc.assert(
      fc.property(bytes, (image) => {
        expect(toBytes(toFloats(image))).toEqual(image)
      }),
      runs,
    )
  })

  it('gray of a gray colour is that gray; inverting twice changes nothing', () => {
    fc.assert(
      fc.property(bytes, (image) => {
        expect(toGray(toRgb(image))).toEqual(image)
        expect(invert(invert(image))).toEqual(image)
        expect(invert(image).data[0]).toBe(255 - image.data[0]!)
      }),
      runs,
    )
  })

  it('pure colours have the brightness of ITU-R BT.709', () => {
    const colours = rgbImage(4, 1, Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]))
    expect(Array.from(toGray(colours).data)).toEqual([54, 182, 18, 255])
  })

  it('ink is black on white, or white on black', () => {
    const ink = binaryImage(2, 1, Uint8Array.from([1, 0]))
    expect(Array.from(binaryToGray(ink).data)).toEqual([0, 255])
    expect(Array.from(binaryToGray(ink, { ink: 'light' }).data)).toEqual([255, 0])
    expect(Array.from(toRgb(ink).data)).toEqual([0, 0, 0, 255, 255, 255])
    expect(Array.from(invert(ink).data)).toEqual([0, 1])
  })

  it('floats beyond 0..1 are clamped in bytes', () => {
    expect(Array.from(toBytes(grayImage(3, 1, Float32Array.from([-1, 0.5, 2]))).data)).toEqual([0, 128, 255])
    expect(extremes(grayImage(3, 1, Float32Array.from([-1, 0.5, 2])))).toEqual({ minimum: -1, maximum: 2 })
  })
})

describe('histogram and Otsu', () => {
  it('counts every pixel once', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 40 }), (image, bins) => {
        const sum = (counts: Float64Array): number => counts.reduce((total, count) => total + count, 0)
        expect(sum(histogram(image).counts)).toBe(image.data.length)
        expect(sum(histogram(toFloats(image), { bins }).counts)).toBe(image.data.length)
      }),
      runs,
    )
  })

  it('the level has the smallest variance within the two classes, by trying all', () => {
    fc.assert(
      fc.property(bytes, (image) => {
        const level = otsuLevel(image)
        const within = (t: number): number => {
          const classes = [Array.from(image.data).filter((v) => v <= t), Array.from(image.data).filter((v) => v > t)]
          return classes.reduce((sum, values) => {
            const mean = values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)
            return sum + values.reduce((a, b) => a + (b - mean) ** 2, 0)
          }, 0)
        }
        const best = Math.min(...Array.from({ length: 256 }, (_, t) => within(t)))
        expect(within(level)).toBeCloseTo(best, 4)
      }),
      { numRuns: 60, seed: 13 },
    )
  })

  it('a picture of one value has that level, for bytes and floats', () => {
    expect(otsuLevel(grayImage(2, 2, new Uint8Array(4).fill(77)))).toBe(77)
    expect(otsuLevel(grayImage(2, 2, new Float32Array(4).fill(0.25)))).toBe(0.25)
  })

  it('dark and light ink divide the picture', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: -5, max: 300 }), (image, level) => {
        const dark = binarize(image, { level })
        expect(binarize(image, { level, ink: 'light' })).toEqual(invert(dark))
        expect(dark.data.every((v, i) => v === (image.data[i]! <= level ? 1 : 0))).toBe(true)
        const half = binarize(toFloats(image), { level: level / 255 + 1e-4 })
        expect(half).toEqual(dark)
        expect(otsu(image, { ink: 'light' })).toEqual(invert(otsu(image)))
      }),
      runs,
    )
  })

  it('refuse what is no number', () => {
    const image = grayImage(1, 1, new Float32Array(1))
    expect(() => binarize(image, { level: Number.NaN })).toThrow(UsageError)
    expect(() => histogram(image, { bins: 0 })).toThrow(UsageError)
  })
})

describe('Sauvola', () => {
  it('is mean (1 + k (deviation / R - 1)) of the mirrored window, computed directly', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(1, 3, 9), (image, window) => {
        const { width, height, data } = image
        const radius = (window - 1) / 2
        const mirrored = (i: number, n: number): number => {
          let at = i
          while (n > 1 && (at < 0 || at >= n)) at = at < 0 ? -at : 2 * (n - 1) - at
          return n === 1 ? 0 : at
        }
        const levels = sauvolaLevels(image, { window, k: 0.3 })
        for (let i = 0; i < data.length; i++) {
          let sum = 0
          let squares = 0
          for (let dy = -radius; dy <= radius; dy++) {
            for (let dx = -radius; dx <= radius; dx++) {
              const value =
                data[mirrored(Math.floor(i / width) + dy, height) * width + mirrored((i % width) + dx, width)]!
              sum += value
              squares += value * value
            }
          }
          const mean = sum / window ** 2
          const deviation = Math.sqrt(Math.max(0, squares / window ** 2 - mean ** 2))
          expect(levels[i]).toBeCloseTo(mean * (1 + 0.3 * (deviation / 127.5 - 1)), 3)
        }
      }),
      { numRuns: 40, seed: 17 },
    )
  })

  it('finds a stroke on paper whose brightness falls by half; no single level does', () => {
    const page = grayImage(120, 40, new Uint8Array(4800))
    for (let i = 0; i < 4800; i++) page.data[i] = 220 - (i % 120)
    for (let x = 5; x < 115; x++) page.data.fill(Math.round(0.5 * page.data[x]!), 20 * 120 + x, 20 * 120 + x + 1)
    const inRow = (image: { data: Uint8Array }, row: number): number =>
      image.data.subarray(row * 120, (row + 1) * 120).reduce((a, b) => a + b, 0)
    const local = sauvola(page, { window: 15 })
    expect(inRow(local, 20)).toBe(110)
    expect(inRow(local, 10)).toBe(0)
    expect(inRow(otsu(page), 10)).toBeGreaterThan(0)
  })

  it('refuses even windows and no range', () => {
    const image = grayImage(4, 4, new Uint8Array(16))
    expect(() => sauvola(image, { window: 4 })).toThrow(/odd/)
    expect(() => sauvola(image, { dynamicRange: 0 })).toThrow(UsageError)
  })
})

describe('blur and resize', () => {
  it('leave a constant picture as it is', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.double({ min: 0, max: 9, noNaN: true }), (value, sigma) => {
        const image = grayImage(9, 7, new Uint8Array(63).fill(value))
        expect(gaussianBlur(image, { sigma })).toEqual(image)
        for (const filter of ['area', 'bilinear', 'bicubic'] as const) {
          const small = resize(image, { width: 4, height: 3, filter })
          expect(Array.from(small.data)).toEqual(new Array(12).fill(value))
        }
        const [average] = equalizeHistogram(image).data
        expect(average).toBe(255)
      }),
      runs,
    )
  })

  it('resizing to the same size changes nothing', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom('area', 'bilinear', 'bicubic'), (image, filter) => {
        const { width, height } = image
        expect(resize(image, { width, height, filter })).toEqual(image)
      }),
      runs,
    )
  })

  it('area resizing keeps the mean', () => {
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (image, width, height) => {
        const mean = (data: ArrayLike<number>): number => Array.from(data).reduce((a, b) => a + b, 0) / data.length
        const floats = toFloats(image)
        expect(mean(resize(floats, { width, height, filter: 'area' }).data)).toBeCloseTo(mean(floats.data), 5)
      }),
      runs,
    )
  })

  it('RGB is resized channel by channel', () => {
    const data = Uint8Array.from({ length: 9 * 7 * 3 }, (_, i) => (i * 53) % 256)
    const image = rgbImage(9, 7, data)
    for (const filter of ['area', 'bilinear', 'bicubic'] as const) {
      const small = resize(image, { width: 4, height: 5, filter })
      for (let channel = 0; channel < 3; channel++) {
        const plane = grayImage(
          9,
          7,
          data.filter((_, i) => i % 3 === channel),
        )
        const expected = resize(plane, { width: 4, height: 5, filter })
        expect(small.data.filter((_, i) => i % 3 === channel)).toEqual(expected.data)
      }
    }
  })

  it('one side given keeps the proportions', () => {
    const image = grayImage(40, 20, new Uint8Array(800))
    expect(resize(image, { width: 10 })).toMatchObject({ width: 10, height: 5 })
    expect(resize(image, { height: 60 })).toMatchObject({ width: 120, height: 60 })
    expect(() => resize(image, {})).toThrow(UsageError)
    expect(() => resize(image, { width: 0, height: 4 })).toThrow(/at least 1/)
  })

  it('the weights of the Gaussian sum to one and end at 4 sigma', () => {
    const weights = gaussianWeights({ sigma: 2.5 })
    expect(weights.length).toBe(11)
    expect(2 * weights.reduce((a, b) => a + b, 0) - weights[0]!).toBeCloseTo(1, 14)
    expect(weights[1]! / weights[0]!).toBeCloseTo(Math.exp(-0.5 / 6.25), 14)
    expect(() => gaussianWeights({ sigma: -1 })).toThrow(UsageError)
    expect(() => gaussianWeights({ sigma: Number.NaN })).toThrow(UsageError)
  })
})

describe('equalization and metrics', () => {
  it('adaptive equalization spans the full range and refuses bad options', () => {
    const image = grayImage(
      32,
      32,
      Uint8Array.from({ length: 1024 }, (_, i) => 100 + ((i * 7) % 40)),
    )
    expect(extremes(equalizeAdaptive(image))).toEqual({ minimum: 0, maximum: 255 })
    expect(() => equalizeAdaptive(image, { clipLimit: 2 })).toThrow(UsageError)
    expect(() => equalizeAdaptive(image, { tileWidth: 0 })).toThrow(UsageError)
  })

  it('a picture equals itself: PSNR infinite, SSIM 1', () => {
    const image = grayImage(
      16,
      16,
      Uint8Array.from({ length: 256 }, (_, i) => i),
    )
    expect(psnr(image, image)).toBe(Infinity)
    expect(ssim(image, image)).toBeCloseTo(1, 12)
  })

  it('PSNR is 20 log10 MAX - 10 log10 MSE, the same in bytes and floats', () => {
    const a = grayImage(2, 1, Uint8Array.from([10, 200]))
    const b = grayImage(2, 1, Uint8Array.from([13, 196]))
    expect(meanSquaredError(a, b)).toBe(12.5)
    expect(psnr(a, b)).toBeCloseTo(20 * Math.log10(255) - 10 * Math.log10(12.5), 12)
    expect(psnr(toFloats(a), toFloats(b))).toBeCloseTo(psnr(a, b), 4)
  })

  it('refuse pictures that cannot be compared', () => {
    const a: GrayImage = grayImage(8, 8, new Uint8Array(64))
    const floats: GrayImage = grayImage(8, 8, new Float32Array(64))
    expect(() => psnr(a, grayImage(4, 16, new Uint8Array(64)))).toThrow(ShapeError)
    expect(() => psnr(a, floats)).toThrow(/toBytes or toFloats/)
    expect(() => ssim(a, a, { window: 9 })).toThrow(/shorter side/)
  })
})
