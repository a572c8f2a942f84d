// One written letter: a font's glyph as a hand would vary it, sheared, turned, stretched and bent.

import type { Random } from '../../src/core/random.ts'
import type { Hand } from './fonts.ts'
import { boundsOf, mapOutline, type Outline } from './outline.ts'
import { SmoothNoise } from './smooth-noise.ts'

/** How far a letter may stray from the font; every field but `slant` and `aspect` is a standard deviation. */
export interface LetterVariation {
  /** Shear: columns to the right per row upwards. */
  readonly slant: number
  readonly slantSpread: number
  /** Width of the letter relative to the font's. */
  readonly aspect: number
  /** Of the logarithm of width over height. */
  readonly aspectSpread: number
  /** Of the logarithm of the size. */
  readonly sizeSpread: number
  /** Radians. */
  readonly rotationSpread: number
  /** Displacement of points, in heights of a capital. */
  readonly bend: number
}

/** Whether a capital I gets its two bars. */
export type Serifs = 'as-drawn' | 'barred'

/**
 * Draws a character in the hand: p' = rotate(shear(scale(p + bend * noise(p)))), about the middle of the baseline.
 * The unit is the height of a capital, the baseline y = 0.
 */
export function varyLetter(
  hand: Hand,
  character: string,
  variation: LetterVariation,
  random: Random,
  serifs: Serifs = 'as-drawn',
): Outline {
  const plain = hand.outline(character)
  const outline = character === 'I' && serifs === 'barred' ? barred(plain, hand.strokeWidth, random) : plain
  const { left, top, right, bottom } = boundsOf(outline)
  const extent = Math.max(right - left, bottom - top, 0.3)
  const acrossNoise = new SmoothNoise(random, 2, 2)
  const downNoise = new SmoothNoise(random, 2, 2)
  const size = Math.exp(bounded(random, variation.sizeSpread))
  const stretch = Math.exp(bounded(random, variation.aspectSpread) / 2)
  const scaleX = size * stretch * variation.aspect
  const scaleY = size / stretch
  const shear = variation.slant + bounded(random, variation.slantSpread)
  const angle = bounded(random, variation.rotationSpread)
  const cosine = Math.cos(angle)
  const sine = Math.sin(angle)
  const centre = (left + right) / 2
  return mapOutline(outline, (px, py) => {
    const u = (px - left) / extent
    const v = (py - top) / extent
    const x = (px - centre + variation.bend * acrossNoise.at(u, v)) * scaleX
    const y = (py + variation.bend * downNoise.at(u, v)) * scaleY
    const sheared = x - shear * y
    return [cosine * sheared - sine * y + centre * scaleX, sine * sheared + cosine * y]
  })
}

/** A normal draw, cut at two and a half deviations. */
function bounded(random: Random, deviation: number): number {
  return deviation * Math.max(-2.5, Math.min(2.5, random.normal()))
}

/** The bar of an I with a crossbar at top and bottom; an I that is wide already has its own. */
function barred(outline: Outline, strokeWidth: number, random: Random): Outline {
  const { left, top, right, bottom } = boundsOf(outline)
  if (right - left > 0.35 * (bottom - top)) return outline
  const centre = (left + right) / 2
  const bars = [top, bottom - strokeWidth].map((y) => {
    const half = random.uniform(0.2, 0.34)
    const tilt = random.uniform(-0.04, 0.04)
    const from = centre - half * random.uniform(0.85, 1.15)
    const to = centre + half * random.uniform(0.85, 1.15)
    return bar(from, to, y, strokeWidth, tilt, signedArea(outline.contours[0]!) > 0)
  })
  return { contours: [...outline.contours, ...bars] }
}

/** A crossbar in pieces, so that it bends with the letter; it winds like the outline that it joins. */
function bar(from: number, to: number, y: number, thickness: number, tilt: number, positive: boolean): Float64Array {
  const pieces = 8
  const points: [number, number][] = []
  for (let i = 0; i <= pieces; i++) points.push([from + ((to - from) * i) / pieces, y + tilt * (i / pieces - 0.5)])
  for (let i = pieces; i >= 0; i--) {
    points.push([from + ((to - from) * i) / pieces, y + thickness + tilt * (i / pieces - 0.5)])
  }
  const contour = Float64Array.from(points.flat())
  return signedArea(contour) > 0 === positive ? contour : Float64Array.from(points.reverse().flat())
}

/** Area by the shoelace formula; its sign tells which way the contour winds. */
function signedArea(contour: Float64Array): number {
  let area = 0
  for (let i = 0; i < contour.length; i += 2) {
    const j = (i + 2) % contour.length
    area += contour[i]! * contour[j + 1]! - contour[j]! * contour[i + 1]!
  }
  return area / 2
}
