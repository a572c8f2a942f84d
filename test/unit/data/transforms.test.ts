// Transforms: values by torch and torchvision (scripts/fixtures/transforms.py), and what must hold whatever is drawn.

import { readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/core/errors.ts'
import { Random } from '../../../src/core/random.ts'
import type { Batch } from '../../../src/data/dataset.ts'
import { type Pixels, toFloats } from '../../../src/data/pixels.ts'
import {
  type AffineMap,
  applyAffine,
  inverseAffine,
  randomAffine,
  randomRotation,
} from '../../../src/data/transforms/affine.ts'
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  colorJitter,
} from '../../../src/data/transforms/color-jitter.ts'
import { centerCrop, cropped, randomCrop, randomResizedCrop } from '../../../src/data/transforms/crop.ts'
import { elastic } from '../../../src/data/transforms/elastic.ts'
import { cutout, randomErasing } from '../../../src/data/transforms/erase.ts'
import { horizontalFlip, verticalFlip } from '../../../src/data/transforms/flip.ts'
import { beta, mixup } from '../../../src/data/transforms/mixup.ts'
import { normalize } from '../../../src/data/transforms/normalize.ts'
import { resize, resized } from '../../../src/data/transforms/resize.ts'
import { makeTransform, transformNames } from '../../../src/data/transforms/table.ts'
import { applyTransforms, recipeOf, type Transform } from '../../../src/data/transforms/transform.ts'
import { warp } from '../../../src/data/transforms/warp.ts'

interface Packed {
  readonly shape: readonly [number, number, number]
  readonly deflated: string
}

type Name = 'picture' | 'gray' | 'flat' | 'square'

interface Reference {
  readonly pictures: Record<Name, Packed>
  readonly resize: {
    of: Name
    height: number
    width: number
    filter: 'bilinear' | 'bicubic' | 'nearest' | 'area'
    antialias: boolean
    result: Packed
  }[]
  readonly shorter: { height: number; width: number; shorter: number; result: [number, number] }[]
  readonly affine: { of: Name; map: AffineMap; fill: number; filter: 'bilinear' | 'nearest'; result: Packed }[]
  readonly colors: { of: Name; change: keyof typeof adjust; amount: number; result: Packed }[]
  readonly crops: { of: Name; height: number; width: number; result: Packed }[]
  readonly pads: { of: Name; mode: 'constant' | 'edge' | 'reflect'; padding: number; result: Packed }[]
  readonly normalize: { mean: number[]; deviation: number[]; result: Packed }
  readonly warp: { places: number[]; result: Packed }
}

const adjust = {
  brightness: adjustBrightness,
  contrast: adjustContrast,
  saturation: adjustSaturation,
  hue: adjustHue,
}

const reference: Reference = JSON.parse(
  readFileSync(new URL('../../fixtures/data/transforms.json', import.meta.url), 'utf8'),
)

function unpack({ shape: [height, width, channels], deflated }: Packed): Pixels & { data: Float32Array } {
  const bytes = inflateSync(Buffer.from(deflated, 'base64'))
  return { height, width, channels, data: new Float32Array(new Uint8Array(bytes).buffer) }
}

const pictures = Object.fromEntries(
  Object.entries(reference.pictures).map(([name, packed]) => [name, unpack(packed)]),
) as Record<Name, Pixels & { data: Float32Array }>

function expectClose(found: Pixels, expected: Packed, tolerance = 2e-6): void {
  const { height, width, channels, data } = unpack(expected)
  expect([found.height, found.width, found.channels]).toEqual([height, width, channels])
  let largest = 0
  for (const [i, value] of data.entries()) largest = Math.max(largest, Math.abs(value - (found.data[i] as number)))
  expect(largest).toBeLessThanOrEqual(tolerance)
}

/** Bytes that all differ from their neighbours. */
function bytes(height: number, width: number, channels = 3): Pixels {
  const data = Uint8Array.from({ length: height * width * channels }, (_, i) => (i * 37 + (i >> 3)) & 255)
  return { height, width, channels, data }
}

describe('by torch and torchvision', () => {
  it.each(reference.resize)(
    'resize $of to $height x $width, $filter, antialias $antialias',
    ({ of, result, ...options }) => {
      expectClose(resized(pictures[of], options), result, options.filter === 'nearest' ? 0 : 2e-6)
    },
  )

  it.each(reference.shorter)(
    'resize $height x $width by the shorter side, $shorter',
    ({ height, width, shorter, result }) => {
      const image = resize({ shorter }).apply(bytes(height, width, 1), new Random(0))
      expect([image.height, image.width]).toEqual(result)
    },
  )

  it.each(reference.affine)('affine $map of $of, $filter, fill $fill', ({ of, map, filter, fill, result }) => {
    expectClose(applyAffine(pictures[of], map, { filter, fill }), result, filter === 'nearest' ? 0 : 1e-5)
  })

  it.each(reference.colors)('$change by $amount of $of', ({ of, change, amount, result }) => {
    expectClose(adjust[change](pictures[of], amount), result)
  })

  it.each(reference.crops)('the middle $height x $width of $of', ({ of, height, width, result }) => {
    expectClose(centerCrop({ size: { height, width } }).apply(pictures[of], new Random(0)), result, 0)
  })

  it.each(reference.pads)('padding, $mode', ({ of, mode, padding, result }) => {
    const { height, width } = pictures[of]
    const box = { top: -padding, left: -padding, height: height + 2 * padding, width: width + 2 * padding }
    expectClose(cropped(pictures[of], { ...box, fill: 0, padding: mode }), result, 0)
  })

  it('normalize', () => {
    const { mean, deviation, result } = reference.normalize
    expectClose(normalize({ mean, deviation }).apply(pictures.picture, new Random(0)), result)
  })

  it('a displacement of every pixel', () => {
    const places = Float64Array.from(reference.warp.places)
    expectClose(warp(pictures.square, { places, filter: 'bilinear', fill: 0 }), reference.warp.result, 1e-5)
  })
})

/** One of each, with options that do something. */
const all: Record<string, Transform> = {
  centerCrop: centerCrop({ size: 10 }),
  colorJitter: colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }),
  cutout: cutout({ size: 6 }),
  elastic: elastic({ alpha: 20, sigma: 3 }),
  horizontalFlip: horizontalFlip(),
  normalize: normalize({ mean: [0.5, 0.4, 0.3], deviation: 0.25 }),
  randomAffine: randomAffine({ degrees: 15, translate: [0.1, 0.1], scale: 0.2, shear: 5 }),
  randomCrop: randomCrop({ size: 16, padding: 4 }),
  randomErasing: randomErasing({ probability: 1 }),
  randomResizedCrop: randomResizedCrop({ size: 12 }),
  randomRotation: randomRotation({ degrees: 30 }),
  resize: resize({ size: { height: 9, width: 14 } }),
  verticalFlip: verticalFlip(),
}

describe('every transform', () => {
  it('is in the table', () => expect([...transformNames].sort()).toEqual(Object.keys(all).sort()))

  it.each(Object.entries(all))(
    '%s is a function of picture and key, here and from its recipe',
    async (_, transform) => {
      const again = await makeTransform(structuredClone(recipeOf(transform)))
      for (const image of [bytes(16, 16), toFloats(bytes(16, 16))]) {
        const before = image.data.slice()
        const drawn = new Set<string>()
        for (let index = 0; index < 20; index++) {
          const key = { seed: 3, epoch: 2, index }
          const result = applyTransforms([transform], image, key)
          expect(result.data.length).toBe(result.height * result.width * result.channels)
          expect(applyTransforms([again], image, key)).toEqual(result)
          drawn.add(result.data.join())
        }
        expect(image.data).toEqual(before)
        // What draws at random gives different pictures for different samples; what does not gives one.
        expect(drawn.size > 1).toBe(!['centerCrop', 'normalize', 'resize'].includes(transform.name))
      }
    },
  )

  it('differs between epochs and seeds, and does not shift the draws of those after it', () => {
    const image = bytes(40, 40)
    const crop = randomCrop({ size: 20 })
    const draw = (seed: number, epoch: number) => applyTransforms([crop], image, { seed, epoch, index: 0 }).data.join()
    expect(new Set([draw(0, 0), draw(0, 1), draw(1, 0), draw(1, 1)]).size).toBe(4)
    const key = { seed: 0, epoch: 0, index: 0 }
    const noDraw: Transform = { name: 'none', options: {}, apply: (same) => same }
    const manyDraws: Transform = {
      name: 'many',
      options: {},
      apply: (same, random) => {
        for (let i = 0; i < 10; i++) random.bits()
        return same
      },
    }
    expect(applyTransforms([manyDraws, crop], image, key)).toEqual(applyTransforms([noDraw, crop], image, key))
  })

  it('is refused by a sentence where another thread cannot make it', async () => {
    await expect(makeTransform({ name: 'own', options: {} })).rejects.toThrow(
      "the transform 'own' is none of this package: give the address of its module, module: import.meta.url, or use 0 workers",
    )
  })
})

describe('random crops', () => {
  it('take every place of the padded picture, equally often', () => {
    const crop = randomCrop({ size: 3, padding: 1 })
    const image = bytes(3, 3, 1)
    const seen = new Map<string, number>()
    for (let index = 0; index < 1800; index++) {
      const text = applyTransforms([crop], image, { seed: 0, epoch: 0, index }).data.join()
      seen.set(text, (seen.get(text) ?? 0) + 1)
    }
    expect(seen.size).toBe(9)
    // 200 each; a deviation of 4 standard deviations (13.3) happens once in 2,000 such tests.
    for (const count of seen.values()) expect(Math.abs(count - 200)).toBeLessThan(54)
  })

  it('of random size keep to the area and the proportions', () => {
    const marks = Float32Array.from({ length: 60 * 60 * 2 }, (_, i) =>
      i % 2 === 0 ? Math.floor(i / 2 / 60) : Math.floor(i / 2) % 60,
    )
    const image: Pixels = { height: 60, width: 60, channels: 2, data: marks }
    for (let index = 0; index < 200; index++) {
      const crop = randomResizedCrop({ size: 60, scale: [0.2, 0.5], ratio: [0.5, 2], filter: 'bilinear' })
      const { data } = applyTransforms([crop], image, { seed: 1, epoch: 0, index })
      // Rows and columns are their own coordinates: half-pixel borders apart, the extent of the part is read off.
      const height = span(data, 0)
      const width = span(data, 1)
      expect(height * width).toBeGreaterThan(0.15 * 3600)
      expect(height * width).toBeLessThan(0.56 * 3600)
      expect(width / height).toBeGreaterThan(0.45)
      expect(width / height).toBeLessThan(2.2)
    }

    function span(data: Pixels['data'], channel: number): number {
      const values = Array.from({ length: 3600 }, (_, i) => data[2 * i + channel] as number)
      return Math.max(...values) - Math.min(...values) + 1
    }
  })

  it('refuse pictures that are too small, in a sentence', () => {
    expect(() => randomCrop({ size: 32, padding: 2 }).apply(bytes(20, 40), new Random(0))).toThrow(
      new UsageError('randomCrop: 32x32 pixels do not fit in a picture of 20x40 with 2 at each side; resize it first'),
    )
  })
})

describe('flips', () => {
  it.each([1, 2, 3, 4])('mirror %i channels, twice is nothing', (channels) => {
    const image = bytes(5, 7, channels)
    for (const flip of [horizontalFlip({ probability: 1 }), verticalFlip({ probability: 1 })]) {
      const once = flip.apply(image, new Random(0))
      expect(once.data).not.toEqual(image.data)
      expect(flip.apply(once, new Random(0))).toEqual(image)
    }
    const { data } = horizontalFlip({ probability: 1 }).apply(image, new Random(0))
    expect([...data.slice(0, channels)]).toEqual([...image.data.slice(6 * channels, 7 * channels)])
  })

  it('happen as often as asked', () => {
    const image = bytes(1, 2, 1)
    const count = (probability: number): number => {
      let flipped = 0
      for (let index = 0; index < 2000; index++) {
        const { data } = applyTransforms([horizontalFlip({ probability })], image, { seed: 0, epoch: 0, index })
        if (data[0] !== image.data[0]) flipped++
      }
      return flipped
    }
    expect(count(0)).toBe(0)
    expect(count(1)).toBe(2000)
    expect(Math.abs(count(0.3) - 600)).toBeLessThan(82)
  })
})

describe('affine maps', () => {
  it('are inverted exactly: the map after its inverse leaves points where they are', () => {
    const random = new Random(4)
    for (let i = 0; i < 50; i++) {
      const map: AffineMap = {
        degrees: random.uniform(-180, 180),
        translate: [random.uniform(-9, 9), random.uniform(-9, 9)],
        scale: random.uniform(0.3, 3),
        shear: [random.uniform(-40, 40), random.uniform(-40, 40)],
      }
      const [a, b, c, d, e, f] = inverseAffine(map)
      // The determinant of rotation and shear is 1: areas grow by the scale squared alone.
      expect(a * e - b * d).toBeCloseTo(1 / map.scale ** 2, 9)
      // The middle goes to the shift, so the shift comes from the middle.
      expect(a * map.translate[0] + b * map.translate[1] + c).toBeCloseTo(0, 9)
      expect(d * map.translate[0] + e * map.translate[1] + f).toBeCloseTo(0, 9)
    }
  })

  it('shift whole pixels without changing them, and fill what comes from outside', () => {
    const image = bytes(6, 6, 1)
    const map: AffineMap = { degrees: 0, translate: [2, -1], scale: 1, shear: [0, 0] }
    const shifted = applyAffine(image, map, { fill: 1 })
    expect(shifted.data[0 * 6 + 2]).toBe(image.data[1 * 6 + 0])
    expect(shifted.data[5 * 6 + 5]).toBe(255)
    expect(shifted.data[0]).toBe(255)
  })

  it('of nothing leave every transform out', () => {
    const image = bytes(6, 8)
    const still = { degrees: 0, translate: [0, 0], scale: 0, shear: 0 } as const
    expect(randomAffine(still).apply(image, new Random(0)).data).toEqual(image.data)
    expect(randomAffine({ degrees: 90, probability: 0 }).apply(image, new Random(0))).toBe(image)
  })
})

describe('erasing', () => {
  it('cutout hides one square, cut off at the edge', () => {
    const image: Pixels = { height: 20, width: 20, channels: 1, data: new Uint8Array(400).fill(200) }
    const sizes = new Set<number>()
    for (let index = 0; index < 100; index++) {
      const { data } = applyTransforms([cutout({ size: 8 })], image, { seed: 0, epoch: 0, index })
      const hidden = Array.from(data.keys()).filter((i) => data[i] === 0)
      const rows = hidden.map((i) => Math.floor(i / 20))
      const columns = hidden.map((i) => i % 20)
      const height = Math.max(...rows) - Math.min(...rows) + 1
      const width = Math.max(...columns) - Math.min(...columns) + 1
      expect(hidden.length).toBe(height * width)
      sizes.add(hidden.length)
    }
    expect(Math.max(...sizes)).toBe(64)
    expect(Math.min(...sizes)).toBeLessThan(64)
  })

  it('randomErasing keeps to area and proportions, and hides as many as asked', () => {
    const image: Pixels = { height: 40, width: 40, channels: 1, data: new Float32Array(1600).fill(0.7) }
    let changed = 0
    for (let index = 0; index < 500; index++) {
      const options = { scale: [0.1, 0.2], ratio: [0.5, 2], value: -3 } as const
      const { data } = applyTransforms([randomErasing(options)], image, { seed: 0, epoch: 0, index })
      const hidden = data.filter((value) => value === -3).length
      if (hidden === 0) continue
      changed++
      expect(hidden).toBeGreaterThan(0.1 * 1600 - 25)
      expect(hidden).toBeLessThan(0.2 * 1600 + 25)
    }
    expect(Math.abs(changed - 250)).toBeLessThan(45)
  })

  it('puts normal noise there', () => {
    const image: Pixels = { height: 80, width: 80, channels: 1, data: new Float32Array(6400).fill(9) }
    const erase = randomErasing({ probability: 1, scale: [0.3, 0.33], value: 'random' })
    const values = [...erase.apply(image, new Random(1)).data].filter((value) => value !== 9)
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
    expect(Math.abs(mean)).toBeLessThan(0.1)
    expect(Math.abs(variance - 1)).toBeLessThan(0.15)
  })
})

describe('elastic distortion', () => {
  it('of strength 0 changes nothing, and stiff ones barely', () => {
    const image = toFloats(bytes(12, 12, 1))
    expect(elastic({ alpha: 0, sigma: 4 }).apply(image, new Random(0)).data).toEqual(image.data)
  })

  it('moves neighbours together: a smooth picture stays smooth', () => {
    const data = Float32Array.from({ length: 784 }, (_, i) => (i % 28) / 27)
    const image: Pixels = { height: 28, width: 28, channels: 1, data }
    const moved = elastic({ alpha: 34, sigma: 4, fill: 0 }).apply(image, new Random(2)).data
    let largest = 0
    let change = 0
    for (let y = 8; y < 20; y++) {
      for (let x = 8; x < 20; x++) {
        change = Math.max(change, Math.abs((moved[y * 28 + x] as number) - (data[y * 28 + x] as number)))
        largest = Math.max(largest, Math.abs((moved[y * 28 + x] as number) - (moved[y * 28 + x + 1] as number)))
      }
    }
    // The displacement's standard deviation is alpha / sqrt(3) / (2 sqrt(pi) sigma) = 1.4 pixels of 1/27 each.
    expect(change).toBeGreaterThan(0.02)
    expect(change).toBeLessThan(0.25)
    expect(largest).toBeLessThan(0.12)
  })
})

describe('mixup', () => {
  const batch: Batch = {
    inputs: { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] },
    labels: Int32Array.of(0, 1, 2),
  }

  it('blends inputs and targets by one share, and keeps the mean', () => {
    const { inputs, targets } = mixup({ alpha: 1, classes: 3 })(batch, new Random(5))
    expect(targets?.shape).toEqual([3, 3])
    const rows = Array.from({ length: 3 }, (_, i) => [...(targets?.data.slice(3 * i, 3 * i + 3) ?? [])])
    for (const [i, row] of rows.entries()) {
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6)
      // Sample i is (2 i + 1, 2 i + 2): the blend of inputs follows from the blend of classes.
      const expected = row.reduce((sum, value, j) => sum + value * (2 * j + 1), 0)
      expect(inputs.data[2 * i]).toBeCloseTo(expected, 5)
    }
    expect(inputs.data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(21, 5)
  })

  it('draws shares from the beta distribution', () => {
    for (const alpha of [0.2, 1, 3]) {
      const random = new Random(8)
      const draws = Array.from({ length: 4000 }, () => beta(alpha, random))
      const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length
      const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length
      expect(mean).toBeCloseTo(0.5, 1)
      // Of Beta(a, a): 1 / (4 (2 a + 1)).
      expect(variance).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 2)
    }
  })

  it('asks for the number of classes', () => {
    expect(() => mixup()(batch, new Random(0))).toThrow('mixup: set classes to the number of classes of the data set')
  })
})

describe('options that make no sense', () => {
  it.each([
    [() => randomCrop({ size: 0 }), 'randomCrop: size must be whole numbers of 1 or more, not 0x0'],
    [() => resize({}), 'resize: give either size or shorter'],
    [() => normalize({ mean: 0, deviation: 0 }), 'normalize: mean must be finite and deviation above 0'],
    [() => horizontalFlip({ probability: 2 }), 'horizontalFlip: probability must be from 0 to 1, not 2'],
    [() => colorJitter({ hue: 0.6 }), 'colorJitter: hue must be'],
    [() => randomAffine({ scale: [0, 1] }), 'randomAffine: scale must be above 0, not 0'],
    [() => randomAffine({ translate: [2, 0] }), 'randomAffine: translate must be shares from 0 to 1'],
    [() => randomErasing({ ratio: [0, 1] }), 'randomErasing: scale must be at most 1 and ratio above 0'],
    [() => randomRotation({ degrees: [5, -5] }), 'randomRotation: degrees must be a number or a range [low, high]'],
    [() => elastic({ alpha: 1, sigma: 0 }), 'elastic: alpha must be 0 or more and sigma above 0'],
    [() => mixup({ alpha: 0 }), 'mixup: alpha must be above 0, not 0'],
    [() => normalize({ mean: [0, 0], deviation: 1 }).apply(bytes(2, 2), new Random(0)), 'statistics of 2 channels'],
  ])('%s', (make, message) => expect(make).toThrow(message))
})
