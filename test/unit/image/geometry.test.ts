// Cutting, turning, straightening and drawing.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/core/errors.ts'
import {
  type AffineMap,
  binaryImage,
  composeMaps,
  crop,
  drawBox,
  drawLine,
  estimateSkew,
  fillBox,
  grayImage,
  invertMap,
  pad,
  padToSquare,
  rgbImage,
  rotate,
  rotation,
  warpAffine,
} from '../../../src/image/index.ts'

const numbered = grayImage(
  4,
  3,
  Uint8Array.from({ length: 12 }, (_, i) => i),
)

describe('crop and pad', () => {
  it('cut what lies inside and fill what lies outside', () => {
    expect(Array.from(crop(numbered, [1, 1, 3, 3]).data)).toEqual([5, 6, 9, 10])
    expect(Array.from(crop(numbered, [-1, 2, 1, 5]).data)).toEqual([255, 255, 255, 2, 3, 255])
    expect(Array.from(crop(numbered, [5, 5, 6, 7], { fill: 9 }).data)).toEqual([9, 9])
    expect(Array.from(crop(binaryImage(1, 1, Uint8Array.of(1)), [0, -1, 1, 2]).data)).toEqual([0, 1, 0])
    expect(Array.from(crop(rgbImage(1, 1, Uint8Array.of(1, 2, 3)), [0, 0, 1, 2]).data)).toEqual([
      1, 2, 3, 255, 255, 255,
    ])
    expect(crop(grayImage(1, 1, new Float32Array(1)), [0, 0, 2, 1]).data).toEqual(Float32Array.of(0, 1))
    expect(() => crop(numbered, [2, 0, 2, 4])).toThrow(UsageError)
  })

  it('padding and cropping are inverse', () => {
    const sides = fc.record({ top: fc.nat(5), left: fc.nat(5), bottom: fc.nat(5), right: fc.nat(5) })
    fc.assert(
      fc.property(sides, (side) => {
        const padded = pad(numbered, side)
        expect([padded.width, padded.height]).toEqual([4 + side.left + side.right, 3 + side.top + side.bottom])
        expect(crop(padded, [side.top, side.left, side.top + 3, side.left + 4])).toEqual(numbered)
      }),
    )
  })

  it('padToSquare centres', () => {
    const wide = padToSquare(binaryImage(5, 2, new Uint8Array(10).fill(1)), { margin: 1 })
    expect([wide.width, wide.height]).toEqual([7, 7])
    expect(Array.from({ length: 7 }, (_, y) => wide.data.subarray(y * 7, y * 7 + 7).join(''))).toEqual([
      '0000000',
      '0000000',
      '0111110',
      '0111110',
      '0000000',
      '0000000',
      '0000000',
    ])
  })
})

describe('affine maps', () => {
  const coefficient = fc.double({ min: -3, max: 3, noNaN: true })
  const map = fc.tuple(coefficient, coefficient, coefficient, coefficient, coefficient, coefficient)

  it('the inverse undoes the map, composition applies both', () => {
    const apply = ([a, b, c, d, e, f]: AffineMap, [x, y]: readonly [number, number]): [number, number] => [
      a * x + b * y + c,
      d * x + e * y + f,
    ]
    fc.assert(
      fc.property(map, map, (first, second) => {
        fc.pre(Math.abs(first[0] * first[4] - first[1] * first[3]) > 0.01)
        const [x, y] = apply(composeMaps(first, invertMap(first)), [1.5, -2])
        expect(x).toBeCloseTo(1.5, 6)
        expect(y).toBeCloseTo(-2, 6)
        const direct = apply(second, apply(first, [0.5, 2]))
        const composed = apply(composeMaps(first, second), [0.5, 2])
        expect(composed[0]).toBeCloseTo(direct[0], 9)
        expect(composed[1]).toBeCloseTo(direct[1], 9)
      }),
      { seed: 19 },
    )
    expect(() => invertMap([1, 2, 0, 2, 4, 0])).toThrow(/no inverse/)
  })

  it('the identity changes nothing, a shift by whole pixels is a crop', () => {
    expect(warpAffine(numbered, [1, 0, 0, 0, 1, 0])).toEqual(numbered)
    expect(warpAffine(numbered, [1, 0, 1, 0, 1, -1])).toEqual(crop(numbered, [-1, 1, 2, 5]))
    expect(() => warpAffine(numbered, [1, 0, Number.NaN, 0, 1, 0])).toThrow(UsageError)
  })

  it('a quarter turn is counter-clockwise and exact; expand grows the picture to fit', () => {
    const turned = rotate(numbered, { degrees: 90, expand: true })
    expect([turned.width, turned.height]).toEqual([3, 4])
    expect(Array.from(turned.data)).toEqual([3, 7, 11, 2, 6, 10, 1, 5, 9, 0, 4, 8])
    expect(rotate(turned, { degrees: -90, expand: true })).toEqual(numbered)
    const colour = rgbImage(2, 1, Uint8Array.of(1, 2, 3, 4, 5, 6))
    expect(Array.from(rotate(colour, { degrees: 180 }).data)).toEqual([4, 5, 6, 1, 2, 3])
    const ink = binaryImage(3, 3, Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0))
    expect(Array.from(rotate(ink, { degrees: 90 }).data)).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0])
    expect(rotation(numbered, 45, true)).toMatchObject({ width: 5, height: 5 })
  })
})

describe('skew', () => {
  /** Lines of dashes, as writing is: rows 40 pixels apart, strokes 14 high. */
  const lines = binaryImage(700, 500)
  for (let y = 60; y < 440; y += 40) {
    for (let x = 60; x < 640; x += 17) {
      const high = 8 + ((x * 7 + y) % 7)
      for (let dy = 0; dy < high; dy++) lines.data.fill(1, (y - dy) * 700 + x, (y - dy) * 700 + x + 4)
    }
  }

  it.each([-12, -5.3, -1, -0.4, 0, 0.3, 0.9, 2, 7.7, 14])(
    'of lines turned by %d degrees is found within 0.2',
    (degrees) => {
      const turned = rotate(lines, { degrees })
      expect(Math.abs(estimateSkew(turned) - degrees)).toBeLessThanOrEqual(0.2)
    },
  )

  it('of a page without ink is 0; angles that make no sense are refused', () => {
    expect(estimateSkew(binaryImage(50, 40))).toBe(0)
    expect(() => estimateSkew(lines, { maxDegrees: 60 })).toThrow(UsageError)
    expect(() => estimateSkew(lines, { stepDegrees: 0 })).toThrow(UsageError)
  })
})

describe('drawing', () => {
  const red = (image: { data: Uint8Array; width: number; height: number }): string[] =>
    Array.from({ length: image.height }, (_, y) =>
      Array.from({ length: image.width }, (_, x) => (image.data[3 * (y * image.width + x)]! > 0 ? '#' : '.')).join(''),
    )

  it('boxes are drawn inside their border, cut at the picture', () => {
    const image = rgbImage(7, 5)
    drawBox(image, [1, 1, 5, 6], { colour: [9, 0, 0] })
    expect(red(image)).toEqual(['.......', '.#####.', '.#...#.', '.#...#.', '.#####.'])
    const thick = rgbImage(7, 5)
    drawBox(thick, [-3, -3, 5, 7], { thickness: 2 })
    expect(red(thick)).toEqual(['.....##', '.....##', '.....##', '#######', '#######'])
  })

  it('lines join their ends', () => {
    const image = rgbImage(5, 5)
    drawLine(image, [0, 0], [4, 4])
    drawLine(image, [0, 4], [0, 4])
    expect(red(image)).toEqual(['#...#', '.#...', '..#..', '...#.', '....#'])
    const flat = rgbImage(6, 3)
    drawLine(flat, [1, -4], [1, 9], { colour: [1, 2, 3] })
    expect(red(flat)).toEqual(['......', '######', '......'])
    expect(Array.from(flat.data.subarray(18, 21))).toEqual([1, 2, 3])
  })

  it('filled boxes keep to the picture', () => {
    const image = rgbImage(3, 2)
    fillBox(image, [-5, 1, 9, 99])
    expect(red(image)).toEqual(['.##', '.##'])
  })
})
