// A synthetic page of hand print: letters laid out, seen by a camera, inked and photographed, with the truth beside it.

import { UsageError } from '../../src/core/errors.ts'
import { Random } from '../../src/core/random.ts'
import type { Box, GrayImage, RgbImage } from '../../src/image/image.ts'
import { type CameraView, pageToPhotograph } from './camera.ts'
import { breakStrokes, partStrokes } from './damage.ts'
import type { Hand } from './fonts.ts'
import { type LaidLine, layLines, type Writing } from './layout.ts'
import { boundsOf, mapOutline, type PointMap } from './outline.ts'
import { drawInk, inkBox } from './pen.ts'
import { emptyLayer, photograph, type Scene } from './photograph.ts'
import { type Patch, rasterize } from './rasterize.ts'

export interface PageOptions {
  readonly seed: number
  readonly lines: readonly string[]
  readonly hand: Hand
  readonly writing: Writing
  readonly view: CameraView
  readonly scene: Scene
  /** Where the first line begins: its left end and its baseline, in pixels. */
  readonly start: { readonly x: number; readonly y: number }
  /** Printed lines or squares so many pixels apart. */
  readonly ruling?: { readonly kind: 'lines' | 'grid'; readonly spacing: number } | undefined
  /** What is written on the back of the page. */
  readonly back?: readonly string[] | undefined
  /** Share of the letters with gaps in their strokes, and with parts that do not meet. */
  readonly broken?: number
  readonly parted?: number
  /** Move the longest line so far to the right that its last letter touches the edge of the photograph. */
  readonly touchesEdge?: boolean
  /** Number of specks of dirt, each smaller than a full stop. */
  readonly specks?: number
}

/** A letter on the photograph. */
export interface LetterTruth {
  readonly character: string
  /** Index of its word in the line. */
  readonly word: number
  /** Its ink on the photograph, half open: [y1, x1, y2, x2], the pixels that are at least half ink. */
  readonly box: Box
}

export interface LineTruth {
  readonly text: string
  readonly letters: readonly LetterTruth[]
}

export interface PageTruth {
  readonly width: number
  readonly height: number
  readonly font: string
  /** Height of a capital in pixels, before perspective. */
  readonly letterHeight: number
  /** The lines, separated by line feeds. */
  readonly text: string
  readonly lines: readonly LineTruth[]
}

export interface DrawnPage {
  readonly image: RgbImage
  readonly truth: PageTruth
}

// Streams of random numbers of a page's seed.
const streams = { layout: 1, damage: 2, camera: 3, back: 4, specks: 5 } as const

/** Draws the page. Words that do not fit on it are left out, and so are lines without a word; throws UsageError if none is left. */
export function drawPage(options: PageOptions): DrawnPage {
  const { hand, writing, view, scene, seed } = options
  const { width, height } = view
  const toPhotograph = pageToPhotograph(view)
  const laid = layLines(options.lines, hand, writing, options.start, new Random(seed, streams.layout))
  let lines = movedInside(
    laid.map((line) => seen(line, toPhotograph)),
    writing.letterHeight * 0.2,
  )
    .map((line) => fitting(line, width, height, writing.letterHeight * 0.15))
    .filter((line) => line.letters.length > 0)
  if (lines.length === 0)
    throw new UsageError('no word of the text fits on the page; use smaller letters or a larger page')
  if (options.touchesEdge === true) lines = movedToEdge(lines, width, writing.letterHeight)
  const layer = emptyLayer(width, height)
  const damage = new Random(seed, streams.damage)
  const penWidth = writing.penWidth * writing.letterHeight
  const growth = (penWidth - hand.strokeWidth * writing.letterHeight) / 2
  const lineTruths = lines.map((line): LineTruth => {
    const letters: LetterTruth[] = []
    for (const { character, word, outline } of line.letters) {
      let ink = drawInk(outline, growth)
      if (damage.uniform() < (options.parted ?? 0))
        ink = partStrokes(ink, character, penWidth, writing.variation.slant, damage)
      if (damage.uniform() < (options.broken ?? 0)) ink = breakStrokes(ink, penWidth, damage)
      stamp(layer, ink)
      const box = clip(inkBox(ink), width, height)
      if (box !== undefined) letters.push({ character, word, box })
    }
    return { text: textOf(letters), letters }
  })
  addSpecks(layer, options.specks ?? 0, writing.letterHeight, new Random(seed, streams.specks))
  const ruling = options.ruling === undefined ? undefined : drawRuling(view, options.ruling, toPhotograph)
  const back = options.back === undefined ? undefined : drawBack(options, options.back, growth)
  const image = photograph({ writing: layer, ruling, back }, scene, new Random(seed, streams.camera))
  const text = lineTruths.map((line) => line.text).join('\n')
  const { letterHeight } = writing
  return { image, truth: { width, height, font: hand.entry.name, letterHeight, text, lines: lineTruths } }
}

function seen(line: LaidLine, map: PointMap): LaidLine {
  return { ...line, letters: line.letters.map((letter) => ({ ...letter, outline: mapOutline(letter.outline, map) })) }
}

/** All lines moved together, if need be, so that the text begins at least `margin` from the left and the upper edge. */
function movedInside(lines: readonly LaidLine[], margin: number): LaidLine[] {
  const bounds = lines.flatMap((line) => line.letters.map(({ outline }) => boundsOf(outline)))
  const right = Math.max(0, margin - bounds.reduce((least, { left }) => Math.min(least, left), Infinity))
  const down = Math.max(0, margin - bounds.reduce((least, { top }) => Math.min(least, top), Infinity))
  return lines.map((line) => seen(line, (x, y) => [x + right, y + down]))
}

/** The line without the words, from the first that leaves the photograph on. */
function fitting(line: LaidLine, width: number, height: number, margin: number): LaidLine {
  const leaving = line.letters.find(({ outline }) => {
    const { left, top, right, bottom } = boundsOf(outline)
    return left < margin || top < margin || right > width - margin || bottom > height - margin
  })
  return leaving === undefined ? line : { ...line, letters: line.letters.filter(({ word }) => word < leaving.word) }
}

/** Moves the line that reaches furthest to the right, so that up to a twentieth of a letter's height is cut off. */
function movedToEdge(lines: readonly LaidLine[], width: number, letterHeight: number): LaidLine[] {
  const ends = lines.map((line) => Math.max(...line.letters.map(({ outline }) => boundsOf(outline).right)))
  const longest = ends.indexOf(Math.max(...ends))
  const shift = width + 0.03 * letterHeight - ends[longest]!
  return lines.map((line, i) => (i === longest ? seen(line, (x, y) => [x + shift, y]) : line))
}

function textOf(letters: readonly LetterTruth[]): string {
  return letters
    .map(({ character, word }, i) => (i > 0 && letters[i - 1]!.word !== word ? ` ${character}` : character))
    .join('')
}

/** Adds ink to a layer: `1 - (1 - layer) (1 - ink)`. */
function stamp(layer: GrayImage<Uint8Array>, ink: Patch): void {
  for (let row = 0; row < ink.height; row++) {
    const y = ink.y + row
    if (y < 0 || y >= layer.height) continue
    for (let column = 0; column < ink.width; column++) {
      const x = ink.x + column
      const value = ink.data[row * ink.width + column]!
      if (value === 0 || x < 0 || x >= layer.width) continue
      const i = y * layer.width + x
      layer.data[i] = Math.round(255 - (255 - layer.data[i]!) * (1 - Math.min(1, value)))
    }
  }
}

function clip(box: Box | undefined, width: number, height: number): Box | undefined {
  if (box === undefined) return undefined
  const [y1, x1, y2, x2] = box
  const clipped: Box = [Math.max(0, y1), Math.max(0, x1), Math.min(height, y2), Math.min(width, x2)]
  return clipped[2] > clipped[0] && clipped[3] > clipped[1] ? clipped : undefined
}

/** Hexagons of up to 3 % of a letter's height. */
function addSpecks(layer: GrayImage<Uint8Array>, count: number, letterHeight: number, random: Random): void {
  for (let speck = 0; speck < count; speck++) {
    const x = random.uniform(0, layer.width)
    const y = random.uniform(0, layer.height)
    const radius = Math.max(0.7, letterHeight * random.uniform(0.008, 0.03))
    const points = Array.from({ length: 6 }, (_, i) => [
      x + radius * random.uniform(0.6, 1.2) * Math.cos((i * Math.PI) / 3),
      y + radius * random.uniform(0.6, 1.2) * Math.sin((i * Math.PI) / 3),
    ])
    stamp(layer, drawInk({ contours: [Float64Array.from(points.flat())] }, 0))
  }
}

/** Lines one to three pixels wide across the whole page. */
function drawRuling(
  { width, height }: CameraView,
  { kind, spacing }: { readonly kind: 'lines' | 'grid'; readonly spacing: number },
  map: PointMap,
): GrayImage<Uint8Array> {
  const thickness = Math.max(1, spacing / 40)
  const overhang = 0.1 * Math.max(width, height)
  const contours: Float64Array[] = []
  for (let y = -overhang; y < height + overhang; y += spacing) {
    contours.push(strip(-overhang, width + overhang, y, thickness, (along, across) => map(along, across)))
  }
  for (let x = -overhang; kind === 'grid' && x < width + overhang; x += spacing) {
    contours.push(strip(-overhang, height + overhang, x, thickness, (along, across) => map(across, along)))
  }
  const layer = emptyLayer(width, height)
  stamp(layer, rasterize({ contours }, { x: 0, y: 0, width, height }))
  return layer
}

/** A straight band in pieces of 50 pixels, so that it follows the curl of the page. */
function strip(from: number, to: number, at: number, thickness: number, map: PointMap): Float64Array {
  const pieces = Math.ceil((to - from) / 50)
  const points: number[] = []
  for (let i = 0; i <= pieces; i++) points.push(...map(from + ((to - from) * i) / pieces, at))
  for (let i = pieces; i >= 0; i--) points.push(...map(from + ((to - from) * i) / pieces, at + thickness))
  return Float64Array.from(points)
}

/** The writing on the back, in the same hand and mirrored. */
function drawBack(
  { hand, writing, view, start, seed }: PageOptions,
  text: readonly string[],
  growth: number,
): GrayImage<Uint8Array> {
  const layer = emptyLayer(view.width, view.height)
  const shifted = { x: start.x, y: start.y + 0.4 * writing.letterHeight }
  const map = pageToPhotograph(view)
  for (const line of layLines(text, hand, writing, shifted, new Random(seed, streams.back))) {
    for (const letter of line.letters) {
      stamp(
        layer,
        drawInk(
          mapOutline(letter.outline, (x, y) => map(view.width - x, y)),
          growth,
        ),
      )
    }
  }
  return layer
}
