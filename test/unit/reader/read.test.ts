// The whole way on drawn pages, with a classifier that has no opinion: boxes, light, show-through, and pages without text.

import { describe, expect, it } from 'vitest'
import { intersectionOverUnion } from '../../../scripts/reader/score.ts'
import { Random } from '../../../src/core/random.ts'
import { type Box, grayImage, rgbImage } from '../../../src/image/image.ts'
import { type Classifier, characters } from '../../../src/reader/classifier.ts'
import { drawOverlay } from '../../../src/reader/overlay.ts'
import type { Page } from '../../../src/reader/page.ts'
import { Reader } from '../../../src/reader/reader.ts'
import { letterH, pageOf, type Stroke } from './drawing.ts'

/** Calls everything an H. */
const classifier: Classifier = {
  classify(_, count) {
    const result = new Float32Array(count * characters.length).fill(0.001)
    for (let i = 0; i < count; i++) result[i * characters.length + characters.indexOf('H')] = 0.9
    return result
  },
}
const reader = new Reader({ classifier })

const letterHeight = 60
const places = [0, 1].flatMap((row) => [0, 1, 2, 4, 5].map((column) => [80 + 120 * row, 100 + 66 * column] as const))
const letters: Stroke[] = places.flatMap(([y, x]) => letterH(y, x, letterHeight))
const truth: Box[] = places.map(([y, x]) => [y, x, y + 60, x + 48])

const boxesOf = (page: Page): Box[] =>
  page.lines.flatMap((line) => line.words.flatMap((word) => word.glyphs.map((glyph) => glyph.box)))

function expectAllFound(page: Page): void {
  const boxes = boxesOf(page)
  expect(boxes).toHaveLength(truth.length)
  for (const [i, box] of boxes.entries()) expect(intersectionOverUnion(box, truth[i]!)).toBeGreaterThan(0.85)
}

describe('Reader', () => {
  it('finds letters, lines and words in even light', () => {
    const page = reader.read(pageOf(600, 400, letters))
    expectAllFound(page)
    expect(page.text).toBe('HHH HH\nHHH HH')
    expect(page.lines[0]!.words[0]!.box).toEqual(page.lines[0]!.words[0]!.box.map(Math.round))
    expect(page.width).toBe(600)
  })

  it('finds them across the edge of a shadow and on a slope of light', () => {
    const shadow = (x: number, y: number): number => (x + y / 3 > 330 ? 110 : 220)
    const slope = (x: number): number => 70 + 0.25 * x
    expectAllFound(reader.read(pageOf(600, 400, letters, shadow)))
    expectAllFound(reader.read(pageOf(600, 400, letters, slope)))
  })

  it('leaves out what shows through, ruled lines and a dark desk around the paper', () => {
    const through = letterH(150, 300, 60).map(({ box }) => ({ box, ink: 0.15 }))
    const ruled: Stroke[] = [70, 190, 310].map((y) => ({ box: [y, 0, y + 2, 600], ink: 0.12 }))
    expectAllFound(reader.read(pageOf(600, 400, [...through, ...ruled, ...letters])))
    const desk = (x: number, y: number): number => (x < 25 || y < 20 ? 40 : 220)
    expectAllFound(reader.read(pageOf(600, 400, letters, desk)))
  })

  it('reads the same from bytes, floats and colour', () => {
    const image = pageOf(600, 400, letters)
    const floats = grayImage(
      600,
      400,
      Float32Array.from(image.data, (value) => value / 255),
    )
    const colour = rgbImage(
      600,
      400,
      Uint8Array.from({ length: 600 * 400 * 3 }, (_, i) => image.data[Math.floor(i / 3)]!),
    )
    expect(boxesOf(reader.read(floats))).toEqual(boxesOf(reader.read(image)))
    expect(boxesOf(reader.read(colour))).toEqual(boxesOf(reader.read(image)))
  })

  it('finds nothing on paper without writing', () => {
    const random = new Random(3)
    const noisy = grayImage(
      400,
      300,
      Uint8Array.from({ length: 400 * 300 }, () => 200 + 8 * (random.uniform() + random.uniform() - 1)),
    )
    const blank = [pageOf(400, 300, []), pageOf(1, 1, []), pageOf(300, 2, []), noisy, pageOf(300, 300, [], () => 0)]
    for (const image of blank) expect(reader.read(image)).toMatchObject({ text: '', lines: [] })
  })
})

describe('drawOverlay', () => {
  it('frames glyphs without covering them, and cuts frames at the border', () => {
    const image = pageOf(600, 400, letters)
    const page = reader.read(image)
    const overlay = drawOverlay(image, page)
    const [y1, x1] = boxesOf(page)[0]!
    const at = (y: number, x: number): number[] => [...overlay.data.subarray(3 * (y * 600 + x), 3 * (y * 600 + x) + 3)]
    const gray = image.data[(y1 + 5) * 600 + x1 + 2]!
    expect(at(y1 + 5, x1 + 2)).toEqual([gray, gray, gray])
    expect(new Set(at(y1 - 1, x1 + 2)).size).toBeGreaterThan(1)
    expect(() => drawOverlay(pageOf(50, 50, []), page)).not.toThrow()
  })
})
