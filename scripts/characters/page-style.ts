// How synthetic pages differ: size, hand, pen, paper, light and the hard cases, drawn at random from the seed of the page.

import { Random } from '../../src/core/random.ts'
import { drawView } from './camera.ts'
import type { PageOptions } from './draw-page.ts'
import type { Hand } from './fonts.ts'
import type { Writing } from './layout.ts'
import { boundsOf } from './outline.ts'
import type { Colour, Ink, Paper } from './photograph.ts'
import { type TextKind, writeText } from './text.ts'

/** What can make a page hard to read; a page has any number of them. */
export const hardCases = [
  'touching',
  'broken',
  'parted',
  'edge',
  'punctuation',
  'tight',
  'show-through',
  'ruling',
  'shadow',
  'specks',
  'blurred',
] as const

export type HardCase = (typeof hardCases)[number]

/** What is wrong with single letters, and with which share of them on a page that has the hard case of that name. */
const usualShares = { touching: 0.25, broken: 0.3, parted: 0.5 } as const

/** Shares of the pairs of letters that touch, and of the letters with gaps in their strokes or parts that do not meet. */
export type Shares = { readonly [Case in keyof typeof usualShares]?: number | undefined }

export interface PageRequest {
  readonly seed: number
  readonly hand: Hand
  readonly kind: TextKind
  readonly hard: readonly HardCase[]
  /** Where they differ from what the hard cases say. */
  readonly shares?: Shares | undefined
  /** Millions of pixels (default: drawn from 1 to 12). */
  readonly megapixels?: number | undefined
  /** Height of a capital in pixels (default: drawn from 40 to 200, as the page allows). */
  readonly letterHeight?: number | undefined
  /** Text to write (default: drawn). */
  readonly lines?: readonly string[] | undefined
}

const papers: readonly Colour[] = [
  [238, 236, 230],
  [190, 190, 192],
  [186, 163, 132],
  [226, 216, 192],
  [212, 208, 205],
]

const inks: readonly { readonly ink: Ink; readonly pen: readonly [number, number] }[] = [
  { ink: { colour: [28, 28, 32], cover: 1, pressure: 0.02, grain: 0 }, pen: [0.09, 0.16] },
  { ink: { colour: [30, 44, 120], cover: 0.93, pressure: 0.06, grain: 0.02 }, pen: [0.055, 0.1] },
  { ink: { colour: [40, 38, 44], cover: 0.9, pressure: 0.07, grain: 0.02 }, pen: [0.05, 0.1] },
  { ink: { colour: [70, 70, 74], cover: 0.82, pressure: 0.08, grain: 0.06 }, pen: [0.05, 0.1] },
  { ink: { colour: [52, 74, 160], cover: 0.95, pressure: 0.03, grain: 0 }, pen: [0.08, 0.14] },
  { ink: { colour: [128, 30, 40], cover: 0.95, pressure: 0.03, grain: 0 }, pen: [0.07, 0.12] },
]

const aspects = [4 / 3, 3 / 4, 16 / 9, 3 / 2, 1, 3.4]

/** Most lines on a page; more would only repeat. */
const mostLines = 9

/** All that is needed to draw the requested page; the same request gives the same page. */
export function drawStyle(request: PageRequest): PageOptions {
  const { seed, hand, hard } = request
  const random = new Random(seed, 100)
  const has = (name: HardCase): boolean => hard.includes(name)
  const shareOf = (name: keyof Shares): number => request.shares?.[name] ?? (has(name) ? usualShares[name] : 0)
  const drawnMegapixels = Math.exp(random.uniform(0, Math.log(12)))
  const aspect = aspects[random.integer(aspects.length)]!
  const { ink, pen } = inks[random.integer(inks.length)]!
  const unit = drawWriting(hand, random.uniform(...pen), has('tight'), shareOf('touching'), random)
  const advance = meanWidth(hand) * unit.variation.aspect + unit.letterGap + unit.penWidth - hand.strokeWidth
  // A page holds at least two lines of seven letters and the margins.
  const shortestWidth = advance * 7 + 4
  const shortestHeight = unit.lineSpacing + 4.5
  const needed = (request.letterHeight ?? 40) ** 2 * Math.max(shortestWidth ** 2 / aspect, shortestHeight ** 2 * aspect)
  const megapixels = request.megapixels ?? Math.max(drawnMegapixels, needed / 1e6)
  const width = Math.round(Math.sqrt(megapixels * 1e6 * aspect))
  const height = Math.round(Math.sqrt((megapixels * 1e6) / aspect))
  const largest = Math.min(200, width / shortestWidth, height / shortestHeight)
  const letterHeight = request.letterHeight ?? Math.exp(random.uniform(Math.log(40), Math.log(Math.max(41, largest))))
  const writing = { ...unit, letterHeight }
  const margin = { x: letterHeight * random.uniform(0.7, 2), y: letterHeight * random.uniform(1.6, 2.2) }
  const room = Math.floor((height - margin.y - letterHeight * 0.5) / (letterHeight * unit.lineSpacing)) + 1
  const columns = Math.floor((width - margin.x - letterHeight) / (advance * letterHeight))
  const wanted = {
    kind: request.kind,
    lines: Math.max(1, Math.min(room, mostLines)),
    columns,
    punctuation: has('punctuation'),
  }
  const lines = request.lines ?? writeText(wanted, random.fork(1))
  const back = has('show-through') ? writeText({ ...wanted, kind: 'words' }, random.fork(2)) : undefined
  const spare = Math.max(0, height - margin.y - (lines.length - 1) * unit.lineSpacing * letterHeight - letterHeight)
  const spacing = letterHeight * unit.lineSpacing * (random.uniform() < 0.5 ? 1 : 0.5)
  const kind = random.uniform() < 0.5 ? ('grid' as const) : ('lines' as const)
  return {
    seed,
    lines,
    hand,
    writing,
    view: drawView(width, height, random),
    start: { x: margin.x, y: margin.y + spare * random.uniform(0, 0.6) },
    ruling: has('ruling') ? { kind, spacing } : undefined,
    back,
    broken: shareOf('broken'),
    parted: shareOf('parted'),
    touchesEdge: has('edge'),
    specks: has('specks') ? 40 : 0,
    scene: {
      ink,
      paper: drawPaper(has('show-through'), random),
      light: {
        brightness: random.uniform(0.8, 1.03),
        gradient: random.uniform(0.05, 0.3),
        vignette: random.uniform(0, 0.25),
        shadow: has('shadow') ? random.uniform(0.2, 0.45) : 0,
      },
      lens: {
        blur: Math.max(
          0.5,
          letterHeight * (has('blurred') ? random.uniform(0.02, 0.035) : random.uniform(0.005, 0.013)),
        ),
        noise: has('blurred') ? random.uniform(3, 7) : random.uniform(1, 3.5),
      },
    },
  }
}

/** A way of writing; lengths are in heights of a capital, the height itself is still 1. */
function drawWriting(hand: Hand, pen: number, tight: boolean, touching: number, random: Random): Writing {
  return {
    letterHeight: 1,
    lineSpacing: tight ? random.uniform(1.22, 1.4) : random.uniform(1.6, 2.4),
    letterGap: random.uniform(0.12, 0.3),
    wordGap: random.uniform(0.85, 1.5),
    baselineSpread: random.uniform(0.015, 0.045),
    gapSpread: 0.22,
    touching,
    penWidth: thinnest(hand, pen),
    serifs: random.uniform() < 0.5 ? 'barred' : 'as-drawn',
    variation: {
      slant: random.normal(0, 0.08),
      slantSpread: 0.03,
      aspect: Math.exp(random.normal(0, 0.1)),
      aspectSpread: 0.06,
      sizeSpread: 0.045,
      rotationSpread: 0.025,
      bend: random.uniform(0.008, 0.02),
    },
  }
}

/** A pen that thins the font's strokes by half at most, so that their thin places stay. */
export function thinnest(hand: Hand, pen: number): number {
  return Math.max(pen, hand.strokeWidth * 0.55)
}

function drawPaper(thin: boolean, random: Random): Paper {
  return {
    colour: papers[random.integer(papers.length)]!,
    grain: random.uniform(0.002, 0.01),
    blotches: random.uniform(0.002, 0.015),
    ruling: random.uniform() < 0.5 ? [120, 150, 200] : [150, 150, 150],
    rulingStrength: random.uniform(0.15, 0.4),
    showThrough: thin ? random.uniform(0.06, 0.15) : 0,
  }
}

function meanWidth(hand: Hand): number {
  const widths = [...'ABCDEFGHJKLMNOPQRSTUVWXYZ'].map((character) => {
    const { left, right } = boundsOf(hand.outline(character))
    return right - left
  })
  return widths.reduce((sum, width) => sum + width, 0) / widths.length
}
