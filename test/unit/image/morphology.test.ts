// Binary pictures: laws of morphology, components against a flood fill, distances against a search, on random pictures.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/core/errors.ts'
import {
  areasOf,
  type BinaryImage,
  binaryImage,
  type Connectivity,
  clearBorder,
  closing,
  dilate,
  disk,
  distanceTransform,
  erode,
  eulerNumber,
  findComponents,
  invert,
  labelsOf,
  maskOf,
  opening,
  rectangle,
  regionProperties,
  removeSmallObjects,
  type StructuringElement,
  selectComponents,
  skeletonize,
  square,
  structuringElement,
} from '../../../src/image/index.ts'

const picture = (largest = 70): fc.Arbitrary<BinaryImage> =>
  fc
    .record({ width: fc.integer({ min: 1, max: largest }), height: fc.integer({ min: 1, max: 20 }), share: fc.nat(10) })
    .chain(({ width, height, share }) =>
      fc
        .array(
          fc.nat(9).map((v) => (v < share ? 1 : 0)),
          { minLength: width * height, maxLength: width * height },
        )
        .map((values) => binaryImage(width, height, Uint8Array.from(values))),
    )

const element: fc.Arbitrary<StructuringElement> = fc.oneof(
  fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 })).map(([w, h]) => rectangle(w, h)),
  fc.nat(4).map(disk),
  fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }))
    .chain(([w, h]) => fc.array(fc.array(fc.nat(1), { minLength: w, maxLength: w }), { minLength: h, maxLength: h }))
    .filter((rows) => rows.some((row) => row.includes(1)))
    .map(structuringElement),
)

const runs = { numRuns: 150, seed: 3 }
const includes = (large: BinaryImage, small: BinaryImage): boolean => small.data.every((v, i) => v <= large.data[i]!)
const inkOf = (image: BinaryImage): number => image.data.reduce((sum, v) => sum + v, 0)

/** Dilation by its definition: union of the picture moved to every pixel of the shape. */
function dilateByDefinition(image: BinaryImage, shape: StructuringElement): BinaryImage {
  const { width, height, data } = image
  const out = binaryImage(width, height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0) continue
      for (let j = 0; j < shape.height; j++) {
        for (let i = 0; i < shape.width; i++) {
          const toY = y + j - (shape.height >> 1)
          const toX = x + i - (shape.width >> 1)
          const inside = toY >= 0 && toY < height && toX >= 0 && toX < width
          if (inside && shape.data[j * shape.width + i] === 1) out.data[toY * width + toX] = 1
        }
      }
    }
  }
  return out
}

/** Labels by flood fill from each pixel in reading order. */
function floodFill(image: BinaryImage, connectivity: Connectivity): { labels: Int32Array; count: number } {
  const { width, height, data } = image
  const labels = new Int32Array(width * height)
  let count = 0
  for (let start = 0; start < data.length; start++) {
    if (data[start] === 0 || labels[start] !== 0) continue
    labels[start] = ++count
    const waiting = [start]
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if (connectivity === 4 && dx !== 0 && dy !== 0) continue
          const x = (at % width) + dx
          const y = Math.floor(at / width) + dy
          const next = y * width + x
          if (x < 0 || y < 0 || x >= width || y >= height || data[next] === 0 || labels[next] !== 0) continue
          labels[next] = count
          waiting.push(next)
        }
      }
    }
  }
  return { labels, count }
}

describe('morphology', () => {
  it('dilation is what its definition says', () => {
    fc.assert(
      fc.property(picture(), element, (image, shape) => {
        expect(dilate(image, shape)).toEqual(dilateByDefinition(image, shape))
      }),
      runs,
    )
  })

  it('erosion is adjoint to dilation: dilate(X) in Y exactly if X in erode(Y)', () => {
    fc.assert(
      fc.property(picture(), element, fc.nat(), (image, shape, seed) => {
        const other = binaryImage(
          image.width,
          image.height,
          image.data.map((v, i) => ((i * 31 + seed) % 5 ? 1 : v)),
        )
        expect(includes(other, dilate(image, shape))).toBe(includes(erode(other, shape), image))
        expect(includes(image, dilate(erode(image, shape), shape))).toBe(true)
      }),
      runs,
    )
  })

  it('closing is extensive and idempotent, opening anti-extensive and idempotent', () => {
    fc.assert(
      fc.property(picture(), element, (image, shape) => {
        const closed = closing(image, shape)
        expect(includes(closed, image)).toBe(true)
        expect(closing(closed, shape)).toEqual(closed)
        const opened = opening(image, shape)
        expect(includes(image, opened)).toBe(true)
        expect(opening(opened, shape)).toEqual(opened)
      }),
      runs,
    )
  })

  it('a row longer than one word closes a gap of 39 pixels with a bar of 40', () => {
    const image = binaryImage(131, 1)
    image.data[40] = 1
    image.data[80] = 1
    expect(Array.from(closing(image, rectangle(40, 1)).data.subarray(40, 81))).toEqual(new Array(41).fill(1))
    expect(inkOf(closing(image, rectangle(39, 1)))).toBe(2)
  })

  it('shapes: a disk is round, bad ones are refused', () => {
    expect(Array.from(disk(1).data)).toEqual([0, 1, 0, 1, 1, 1, 0, 1, 0])
    expect(square(2)).toEqual(rectangle(2, 2))
    expect(() => rectangle(0, 3)).toThrow(UsageError)
    expect(() => disk(1.5)).toThrow(UsageError)
    expect(() => structuringElement([[1, 0], [1]])).toThrow(UsageError)
    expect(() => structuringElement([[0, 0]])).toThrow(UsageError)
  })
})

describe('components', () => {
  const connectivity = fc.constantFrom<Connectivity>(4, 8)

  it('are those of a flood fill, numbered in reading order, and their areas sum to the ink', () => {
    fc.assert(
      fc.property(picture(), connectivity, (image, connectivity) => {
        const components = findComponents(image, { connectivity })
        const slow = floodFill(image, connectivity)
        expect(components.count).toBe(slow.count)
        expect(labelsOf(components)).toEqual(slow.labels)
        expect(areasOf(components).reduce((sum, area) => sum + area, 0)).toBe(inkOf(image))
      }),
      runs,
    )
  })

  it('boxes are tight, masks hold the component and nothing else', () => {
    fc.assert(
      fc.property(picture(30), (image) => {
        const components = findComponents(image)
        const labels = labelsOf(components)
        for (const { label, area, box, centroid } of regionProperties(components)) {
          const [y1, x1, y2, x2] = box
          const mask = maskOf(components, label, box)
          expect([mask.width, mask.height]).toEqual([x2 - x1, y2 - y1])
          expect(inkOf(mask)).toBe(area)
          expect(findComponents(mask).count).toBe(1)
          expect(regionProperties(findComponents(mask))[0]?.box).toEqual([0, 0, y2 - y1, x2 - x1])
          mask.data.forEach((v, i) => {
            const at = (y1 + Math.floor(i / mask.width)) * image.width + x1 + (i % mask.width)
            expect(v).toBe(labels[at] === label ? 1 : 0)
          })
          expect(centroid[0]).toBeGreaterThanOrEqual(y1)
          expect(centroid[1]).toBeLessThan(x2)
        }
        expect(maskOf(components, [1, 2, 3], [-2, -1, 3, 4])).toMatchObject({ width: 5, height: 5 })
      }),
      { numRuns: 60, seed: 5 },
    )
  })

  it('selecting all gives the picture back; small ones and those at the border go', () => {
    fc.assert(
      fc.property(picture(), fc.nat(6), connectivity, (image, area, connectivity) => {
        const components = findComponents(image, { connectivity })
        expect(selectComponents(components, () => true)).toEqual(image)
        const kept = removeSmallObjects(image, { area, connectivity })
        expect(includes(image, kept)).toBe(true)
        for (const region of regionProperties(findComponents(kept, { connectivity }))) {
          expect(region.area).toBeGreaterThanOrEqual(area)
        }
        for (const { box } of regionProperties(
          findComponents(clearBorder(image, { connectivity }), { connectivity }),
        )) {
          expect(Math.min(box[0], box[1], image.height - box[2], image.width - box[3])).toBeGreaterThan(0)
        }
      }),
      runs,
    )
  })

  it('the Euler number is objects minus holes, counted the slow way', () => {
    fc.assert(
      fc.property(picture(30), connectivity, (image, connectivity) => {
        const outside = binaryImage(image.width + 2, image.height + 2).data.fill(1)
        for (let y = 0; y < image.height; y++) {
          for (let x = 0; x < image.width; x++) {
            outside[(y + 1) * (image.width + 2) + x + 1] = 1 - image.data[y * image.width + x]!
          }
        }
        const background = binaryImage(image.width + 2, image.height + 2, outside)
        const holes = floodFill(background, connectivity === 8 ? 4 : 8).count - 1
        expect(eulerNumber(image, { connectivity })).toBe(floodFill(image, connectivity).count - holes)
      }),
      runs,
    )
  })

  it('an ellipse has its axes and its slope', () => {
    const image = binaryImage(201, 201)
    const angle = 0.6
    for (let y = 0; y < 201; y++) {
      for (let x = 0; x < 201; x++) {
        const along = (y - 100) * Math.cos(angle) + (x - 100) * Math.sin(angle)
        const across = (x - 100) * Math.cos(angle) - (y - 100) * Math.sin(angle)
        if ((along / 80) ** 2 + (across / 30) ** 2 <= 1) image.data[y * 201 + x] = 1
      }
    }
    const region = regionProperties(findComponents(image))[0]!
    expect(region.majorAxis).toBeCloseTo(160, 0)
    expect(region.minorAxis).toBeCloseTo(60, 0)
    expect(region.orientation).toBeCloseTo(angle, 2)
    expect(region.eccentricity).toBeCloseTo(Math.sqrt(1 - (30 / 80) ** 2), 2)
  })

  it('an unknown connectivity is refused', () => {
    expect(() => findComponents(binaryImage(2, 2), JSON.parse('{"connectivity": 6}'))).toThrow(/4 or 8/)
  })
})

describe('distance and skeleton', () => {
  it('distances are those of a search over the background', () => {
    fc.assert(
      fc.property(picture(30), (image) => {
        const { width, data } = image
        const expected = Array.from(data, (_, i) => {
          let best = Infinity
          for (let j = 0; j < data.length; j++) {
            if (data[j] !== 0) continue
            best = Math.min(best, Math.hypot((i % width) - (j % width), Math.floor(i / width) - Math.floor(j / width)))
          }
          return Math.fround(best)
        })
        expect(Array.from(distanceTransform(image))).toEqual(expected)
      }),
      { numRuns: 60, seed: 9 },
    )
  })

  it('without background every distance is Infinity', () => {
    expect(Array.from(distanceTransform(invert(binaryImage(3, 2))))).toEqual(new Array(6).fill(Infinity))
  })

  it('a skeleton lies in the ink, and is its own skeleton', () => {
    fc.assert(
      fc.property(picture(), (image) => {
        const skeleton = skeletonize(image)
        expect(includes(image, skeleton)).toBe(true)
        expect(skeletonize(skeleton)).toEqual(skeleton)
      }),
      runs,
    )
  })

  it('a bar becomes the line along its middle', () => {
    const bar = binaryImage(30, 9)
    for (let y = 2; y < 7; y++) bar.data.fill(1, y * 30 + 2, y * 30 + 28)
    const skeleton = skeletonize(bar)
    for (let y = 0; y < 9; y++) {
      const middle = Array.from(skeleton.data.subarray(y * 30 + 6, y * 30 + 24))
      expect(middle).toEqual(new Array(18).fill(y === 4 ? 1 : 0))
    }
  })
})
