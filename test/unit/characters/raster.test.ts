// Areas of polygons, by geometry: rectangles on fractions of pixels, discs, holes, and pens.

import { describe, expect, test } from 'vitest'
import { boundsOf, type Outline, outlineOf } from '../../../scripts/characters/outline.ts'
import { drawInk, inkBox, strokeWidthOf } from '../../../scripts/characters/pen.ts'
import { rasterize } from '../../../scripts/characters/rasterize.ts'

const total = (data: Float32Array): number => data.reduce((sum, value) => sum + value, 0)

function rectangle(left: number, top: number, right: number, bottom: number, turn: 1 | -1 = 1): Float64Array {
  const corners = [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ]
  return Float64Array.from((turn === 1 ? corners : corners.reverse()).flat())
}

function disc(x: number, y: number, radius: number): Float64Array {
  const points = Array.from({ length: 90 }, (_, i) => {
    const angle = (i * Math.PI) / 45
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)]
  })
  return Float64Array.from(points.flat())
}

const frame = { x: 0, y: 0, width: 20, height: 20 }

describe('rasterize', () => {
  test('covers pixels by their share along x', () => {
    const { data } = rasterize({ contours: [rectangle(2.25, 3, 5.5, 4)] }, frame)
    expect(Array.from(data.subarray(60, 67), (value) => Math.round(value * 1e4) / 1e4)).toEqual([
      0, 0, 0.75, 1, 1, 0.5, 0,
    ])
    expect(total(data)).toBeCloseTo(3.25, 5)
  })

  test('leaves out a hole that winds the other way and counts an overlap once', () => {
    const hole: Outline = { contours: [rectangle(1, 1, 11, 11), rectangle(3, 3, 6, 6, -1)] }
    expect(total(rasterize(hole, frame).data)).toBeCloseTo(100 - 9, 4)
    const cross: Outline = { contours: [rectangle(4, 1, 6, 11), rectangle(1, 4, 11, 6)] }
    expect(total(rasterize(cross, frame).data)).toBeCloseTo(20 + 20 - 4, 4)
  })

  test('cuts off what lies beyond the frame', () => {
    const patch = rasterize({ contours: [rectangle(-5, -5, 50, 50)] }, { x: 7, y: -3, width: 4, height: 5 })
    expect(total(patch.data)).toBeCloseTo(20, 4)
  })
})

describe('drawInk', () => {
  test.each([-3, 0, 2.5])('a disc drawn %f pixels wider on each side is the wider disc', (growth) => {
    const ink = drawInk({ contours: [disc(40.3, 37.8, 15)] }, growth)
    // The outline is offset on half pixels, so its edge is right within a quarter of a pixel.
    expect(Math.abs(Math.sqrt(total(ink.data) / Math.PI) - (15 + growth))).toBeLessThan(0.25)
  })

  test('the box of a rectangle is the rectangle', () => {
    expect(inkBox(drawInk({ contours: [rectangle(10, 4, 31, 9)] }, 0))).toEqual([4, 10, 9, 31])
    expect(inkBox(drawInk({ contours: [rectangle(10, 4, 31, 9)] }, -3))).toBeUndefined()
  })

  test('the stroke width of a long bar is its width', () => {
    expect(strokeWidthOf({ contours: [rectangle(0, 0, 0.12, 1.4)] })).toBeCloseTo(0.12, 1)
    const ring: Outline = { contours: [rectangle(0, 0, 1, 1), rectangle(0.1, 0.1, 0.9, 0.9, -1)] }
    expect(Math.abs(strokeWidthOf(ring) - 0.1)).toBeLessThan(0.01)
  })
})

describe('outlineOf', () => {
  test('closes contours, follows curves and keeps edges short', () => {
    // A quarter of a circle as a cubic; its middle lies at radius 1 to within 3e-4.
    const k = 0.5523
    const outline = outlineOf(
      [
        { type: 'M', x: 0, y: 0 },
        { type: 'L', x: 1, y: 0 },
        { type: 'C', x1: 1, y1: k, x2: k, y2: 1, x: 0, y: 1 },
        { type: 'Z' },
      ],
      0.1,
    )
    const contour = outline.contours[0]!
    for (let i = 2; i < contour.length; i += 2) {
      const x = contour[i]!
      const y = contour[i + 1]!
      expect(Math.hypot(x - contour[i - 2]!, y - contour[i - 1]!)).toBeLessThanOrEqual(0.1 + 1e-12)
      if (x > 0 && y > 0) expect(Math.hypot(x, y)).toBeGreaterThan(0.99)
    }
    expect(boundsOf(outline)).toEqual({ left: 0, top: 0, right: 1, bottom: 1 })
  })
})
