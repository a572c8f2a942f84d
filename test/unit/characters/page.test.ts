// Synthetic pages: the truth is where the ink is, and the same seed gives the same page.

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { drawPage, type PageOptions, type PageTruth } from '../../../scripts/characters/draw-page.ts'
import { Hand } from '../../../scripts/characters/fonts.ts'
import type { Outline } from '../../../scripts/characters/outline.ts'
import { drawStyle, type HardCase, hardCases } from '../../../scripts/characters/page-style.ts'
import { writeText } from '../../../scripts/characters/text.ts'
import { UsageError } from '../../../src/core/errors.ts'
import { Random } from '../../../src/core/random.ts'
import type { RgbImage } from '../../../src/image/image.ts'

/** A hand that writes every character as an L with a bar in the middle, so that no font is needed. */
function plainHand(): Hand {
  const band = (left: number, top: number, right: number, bottom: number): Float64Array => {
    const pieces = 20
    const points: number[] = []
    for (let i = 0; i <= pieces; i++) points.push(left + ((right - left) * i) / pieces, top)
    for (let i = 0; i <= pieces; i++) points.push(right, top + ((bottom - top) * i) / pieces)
    for (let i = pieces; i >= 0; i--) points.push(left + ((right - left) * i) / pieces, bottom)
    for (let i = pieces; i >= 0; i--) points.push(left, top + ((bottom - top) * i) / pieces)
    return Float64Array.from(points)
  }
  const letter: Outline = { contours: [band(0, -1, 0.12, 0), band(0, -0.12, 0.6, 0), band(0, -0.56, 0.5, -0.44)] }
  const dot: Outline = { contours: [band(0, -0.14, 0.14, 0)] }
  const characters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'-"].map((character): [string, Outline] => [
    character,
    letter,
  ])
  return new Hand({ name: 'plain', part: 'train' }, '', new Map([...characters, ['.', dot], [',', dot]]))
}

const hand = plainHand()

function request(seed: number, hard: readonly HardCase[] = []): PageOptions {
  return drawStyle({ seed, hand, kind: 'words', hard, megapixels: 0.3, letterHeight: 30 })
}

/** Darkest and mean brightness of the pixels in a box. */
function brightness(
  image: RgbImage,
  [y1, x1, y2, x2]: readonly [number, number, number, number],
): { least: number; mean: number } {
  let least = 255
  let sum = 0
  for (let y = y1; y < y2; y++) {
    for (let x = x1; x < x2; x++) {
      const i = (y * image.width + x) * 3
      const value = (image.data[i]! + image.data[i + 1]! + image.data[i + 2]!) / 3
      least = Math.min(least, value)
      sum += value
    }
  }
  return { least, mean: sum / ((y2 - y1) * (x2 - x1)) }
}

/** Every box lies on the page and holds ink: something much darker than the paper beside the box's own mean. */
function expectInk(image: RgbImage, truth: PageTruth): void {
  expect([image.width, image.height]).toEqual([truth.width, truth.height])
  for (const line of truth.lines) {
    for (const { box, character } of line.letters) {
      const [y1, x1, y2, x2] = box
      expect(0 <= y1 && y1 < y2 && y2 <= truth.height && 0 <= x1 && x1 < x2 && x2 <= truth.width).toBe(true)
      const margin = Math.round(truth.letterHeight / 4)
      const around = brightness(image, [
        Math.max(0, y1 - margin),
        Math.max(0, x1 - margin),
        Math.min(truth.height, y2 + margin),
        Math.min(truth.width, x2 + margin),
      ])
      expect(brightness(image, box).least, `${character} at ${box}`).toBeLessThan(around.mean * 0.8)
    }
  }
}

describe('drawPage', () => {
  test('the same request gives the same page, another seed another one', () => {
    const first = drawPage(request(5))
    const again = drawPage(request(5))
    expect(again.truth).toEqual(first.truth)
    // Compared as buffers, because a matcher takes seconds for a million pixels.
    expect(Buffer.compare(again.image.data, first.image.data)).toBe(0)
    expect(Buffer.compare(drawPage(request(6)).image.data, first.image.data)).not.toBe(0)
  })

  test.each([[[] as HardCase[]], ...hardCases.map((name) => [[name]])])('boxes hold ink on a page with %j', (hard) => {
    const { image, truth } = drawPage(request(9, hard))
    expectInk(image, truth)
    expect(truth.text.replaceAll(/\s/g, '')).toBe(
      truth.lines.flatMap((line) => line.letters.map((letter) => letter.character)).join(''),
    )
    expect(truth.text.split('\n')).toEqual(truth.lines.map((line) => line.text))
  })

  test('shares that are asked for stand before those of the hard cases', () => {
    const asked = { seed: 1, hand, kind: 'words', shares: { touching: 0.08, broken: 0 } } as const
    const { writing, broken, parted } = drawStyle({ ...asked, hard: ['touching', 'broken', 'parted'] })
    expect([writing.touching, broken, parted]).toEqual([0.08, 0, 0.5])
    expect(drawStyle({ ...asked, hard: [] }).writing.touching).toBe(0.08)
  })

  test('letters are apart, unless the page has touching ones', () => {
    const overlaps = (truth: PageTruth): number =>
      truth.lines.flatMap(({ letters }) => letters.filter(({ box }, i) => i > 0 && box[1] <= letters[i - 1]!.box[3]))
        .length
    let apart = 0
    let touching = 0
    for (let seed = 0; seed < 3; seed++) {
      apart += overlaps(drawPage(request(seed)).truth)
      touching += overlaps(drawPage(request(seed, ['touching'])).truth)
    }
    expect(apart).toBe(0)
    expect(touching).toBeGreaterThan(5)
  })

  test('words that do not fit are left out of the text too', () => {
    const options = request(3)
    const { truth } = drawPage({ ...options, lines: ['AB CD', `A ${'X'.repeat(80)}`] })
    expect(truth.text).toBe('AB CD\nA')
    expect(() => drawPage({ ...options, lines: ['X'.repeat(80)] })).toThrow(UsageError)
  })

  test('a page with text at the edge has a letter that ends with the page', () => {
    const { truth } = drawPage(request(4, ['edge']))
    const ends = truth.lines.flatMap((line) => line.letters.map(({ box }) => box[3]))
    expect(ends.filter((end) => end === truth.width)).toHaveLength(1)
  })

  test('a character that the font lacks is named', () => {
    expect(() => drawPage({ ...request(1), lines: ['A#B'] })).toThrow(/plain has no character '#'/)
  })
})

describe('writeText', () => {
  test.each(['words', 'list', 'numbers', 'characters', 'poem'] as const)(
    '%s: lines of capitals and digits that fit',
    (kind) => {
      for (let seed = 0; seed < 20; seed++) {
        const lines = writeText({ kind, lines: 6, columns: 24, punctuation: seed % 2 === 0 }, new Random(seed))
        expect(lines.length).toBeGreaterThan(0)
        expect(lines.length).toBeLessThanOrEqual(6)
        for (const line of lines) expect(line).toMatch(/^(?=.{1,24}$)[A-Z0-9.,'-]+( [A-Z0-9.,'-]+)*$/)
      }
    },
  )
})

describe('the sample page', async () => {
  const folder = new URL('../../../assets/pages/', import.meta.url)
  const bytes = await readFile(new URL('sample.jpg', folder))
  const truth = JSON.parse(await readFile(new URL('sample.json', folder), 'utf8')) as PageTruth
  const text = await readFile(new URL('sample.txt', folder), 'utf8')

  test('is at most 250 KB and has 60 to 100 letters on five lines', () => {
    expect(bytes.length).toBeLessThanOrEqual(250_000)
    expect(text).toBe(`${truth.text}\n`)
    expect(truth.lines).toHaveLength(5)
    const letters = truth.lines.reduce((sum, line) => sum + line.letters.length, 0)
    expect(letters).toBeGreaterThanOrEqual(60)
    expect(letters).toBeLessThanOrEqual(100)
  })

  test('its boxes hold ink', async () => {
    const { data, info } = await sharp(fileURLToPath(new URL('sample.jpg', folder)))
      .raw()
      .toBuffer({ resolveWithObject: true })
    expectInk({ kind: 'rgb', width: info.width, height: info.height, data: new Uint8Array(data) }, truth)
  })
})
