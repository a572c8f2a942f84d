// Distorts a normalised glyph as hands differ: turned, sheared, stretched, bent, strokes thicker, thinner, ragged or broken.

import type { Random } from '../../src/core/random.ts'
import { glyphSize } from '../../src/reader/glyph.ts'
import { SmoothField } from './smooth-field.ts'

/** How far glyphs are distorted. */
export interface Distortion {
  /** Deviation of the rotation, radians. */
  readonly rotation: number
  /** Deviation of the shear: columns per row. */
  readonly shear: number
  /** Deviation of the logarithm of the width, and of minus that of the height. */
  readonly aspect: number
  /** Largest deviation of the displacement of points, in pixels. */
  readonly bend: number
  /** Deviation of the threshold that says where strokes end, in shares of the edge's height. */
  readonly thickness: number
  /** Largest deviation of that threshold from place to place: ragged edges. */
  readonly ragged: number
  /** Deviation of the size, as a share of it. */
  readonly size: number
  /** Largest shift to each side, in pixels. */
  readonly shift: number
  /** Share of glyphs with a hole in a stroke. */
  readonly broken: number
}

/** Ink spans this many pixels after `normalizeGlyph`. */
const span = 25
const middle = (glyphSize - 1) / 2
const bends = new SmoothField(5)
const edges = new SmoothField(12)
const bendX = new Float32Array(glyphSize * glyphSize)
const bendY = new Float32Array(glyphSize * glyphSize)
const ragged = new Float32Array(glyphSize * glyphSize)

/**
 * A distorted copy of `glyph` ([32 * 32], ink 255) in `target` (ink 1), brought to the size and place that `normalizeGlyph`
 * would give it, up to what a glyph's size and place vary.
 */
export function distortGlyph(glyph: Uint8Array, target: Float32Array, distortion: Distortion, random: Random): void {
  const angle = distortion.rotation * bounded(random)
  const shear = distortion.shear * bounded(random)
  const stretch = distortion.aspect * bounded(random)
  // p' = rotate(shear(stretch(p))), about the middle.
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const [wide, high] = [Math.exp(stretch), Math.exp(-stretch)]
  const slope = -shear * high
  const a = cos * wide
  const b = cos * slope - sin * high
  const c = sin * wide
  const d = sin * slope + cos * high
  const bounds = boundsAfter(glyph, a, b, c, d)
  const longer = Math.max(bounds.right - bounds.left, bounds.bottom - bounds.top) + 1
  const scale = longer / (span * (1 + distortion.size * bounded(random)))
  const centreX = (bounds.left + bounds.right) / 2 + random.uniform(-distortion.shift, distortion.shift)
  const centreY = (bounds.top + bounds.bottom) / 2 + random.uniform(-distortion.shift, distortion.shift)
  const determinant = a * d - b * c
  bends.draw(bendX, distortion.bend * random.uniform(), random)
  bends.draw(bendY, distortion.bend * random.uniform(), random)
  edges.draw(ragged, distortion.ragged * random.uniform(), random)
  const level = distortion.thickness * bounded(random) - 0.5
  const gain = random.uniform(1, 1.8)
  for (let row = 0, i = 0; row < glyphSize; row++) {
    for (let column = 0; column < glyphSize; column++, i++) {
      const u = (column - middle) * scale + centreX
      const v = (row - middle) * scale + centreY
      const x = (d * u - b * v) / determinant + middle + bendX[i]!
      const y = (a * v - c * u) / determinant + middle + bendY[i]!
      const value = sample(glyph, x, y) / 255
      const drawn = value < 0.02 ? 0 : (value + level + ragged[i]!) * gain + 0.5
      target[i] = drawn < 0.03 ? 0 : drawn > 1 ? 1 : drawn
    }
  }
  if (random.uniform() < distortion.broken) breakStroke(target, random)
}

interface Bounds {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Where the ink lies after (x, y) -> (ax + by, cx + dy), in pixels from the middle. */
function boundsAfter(glyph: Uint8Array, a: number, b: number, c: number, d: number): Bounds {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < glyph.length; i++) {
    if (glyph[i]! < 128) continue
    const x = (i % glyphSize) - middle
    const y = Math.floor(i / glyphSize) - middle
    const u = a * x + b * y
    const v = c * x + d * y
    if (u < left) left = u
    if (u > right) right = u
    if (v < top) top = v
    if (v > bottom) bottom = v
  }
  return left > right ? { left: -middle, top: -middle, right: middle, bottom: middle } : { left, top, right, bottom }
}

/** Bilinear interpolation; paper beyond the picture. */
function sample(glyph: Uint8Array, x: number, y: number): number {
  const column = Math.floor(x)
  const row = Math.floor(y)
  if (column < 0 || row < 0 || column >= glyphSize - 1 || row >= glyphSize - 1) return 0
  const at = row * glyphSize + column
  const fx = x - column
  const above = glyph[at]! * (1 - fx) + glyph[at + 1]! * fx
  const below = glyph[at + glyphSize]! * (1 - fx) + glyph[at + glyphSize + 1]! * fx
  return above + (below - above) * (y - row)
}

/** A round hole somewhere in the glyph's frame. */
function breakStroke(glyph: Float32Array, random: Random): void {
  const x = random.uniform(5, 27)
  const y = random.uniform(5, 27)
  const radius = random.uniform(1.2, 2.8)
  for (let i = 0; i < glyph.length; i++) {
    const distance = Math.hypot((i % glyphSize) - x, Math.floor(i / glyphSize) - y)
    glyph[i]! *= Math.min(1, Math.max(0, distance - radius + 0.5))
  }
}

/** A normal draw, cut at 2.2 deviations. */
function bounded(random: Random): number {
  return Math.max(-2.2, Math.min(2.2, random.normal()))
}
