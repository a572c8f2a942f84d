// One sample of the character set: a letter in some hand and with some pen, brought to the frame of 32x32 pixels.

import type { Random } from '../../src/core/random.ts'
import { gaussianBlur } from '../../src/image/blur.ts'
import { grayImage } from '../../src/image/image.ts'
import type { Hand } from './fonts.ts'
import { type LetterVariation, varyLetter } from './letter.ts'
import { boundsOf, mapOutline } from './outline.ts'
import { drawInk } from './pen.ts'

/** Height and width of a sample in pixels. */
export const side = 32

/** Samples are drawn this many times finer, then averaged. */
const fineness = 3

/** Small letters that hand print also uses in place of the capital, and how often. */
const smallForms = 'cfkmnopsuvwxyz'
const smallShare = 0.1

/** Share of the capital I that gets crossbars: most people print them, few fonts do. */
const barredShare = 0.75

/** The forms in which a hand writes a class; empty where it writes none that can be told apart. */
export function formsOf(hand: Hand, character: string): readonly string[] {
  if (!hand.has(character)) return []
  const small = character.toLowerCase()
  const second = hand.entry.capitalsTwice === true && small !== character && hand.has(small)
  return second ? [character, small] : [character]
}

/** Draws one sample: [32, 32] in bytes, ink 255. The letter's longer side takes 22 to 29 pixels, its middle is the middle. */
export function drawCharacter(hand: Hand, character: string, random: Random): Uint8Array {
  const forms = formsOf(hand, character)
  const small = character.toLowerCase()
  const usesSmall = forms.length === 1 && smallForms.includes(small) && hand.has(small) && random.uniform() < smallShare
  const form = usesSmall ? small : forms[random.integer(forms.length)]!
  const serifs = random.uniform() < barredShare ? 'barred' : 'as-drawn'
  const outline = varyLetter(hand, form, drawVariation(random), random, serifs)
  const { left, top, right, bottom } = boundsOf(outline)
  // A pen may thin the font's strokes to 55 % at most, lest hairlines vanish.
  const penWidth = Math.max(random.uniform(0.07, 0.17), hand.strokeWidth * 0.55)
  const growth = (penWidth - hand.strokeWidth) / 2
  const longer = Math.max(right - left, bottom - top) + 2 * growth
  const scale = (random.uniform(22, 29) * fineness) / longer
  const centreX = (side / 2 + random.uniform(-0.7, 0.7)) * fineness
  const centreY = (side / 2 + random.uniform(-0.7, 0.7)) * fineness
  const placed = mapOutline(outline, (x, y) => [
    (x - (left + right) / 2) * scale + centreX,
    (y - (top + bottom) / 2) * scale + centreY,
  ])
  const ink = drawInk(placed, growth * scale)
  const frame = new Float32Array((side * fineness) ** 2)
  for (let i = 0; i < ink.data.length; i++) {
    const x = ink.x + (i % ink.width)
    const y = ink.y + Math.floor(i / ink.width)
    if (x >= 0 && y >= 0 && x < side * fineness && y < side * fineness) frame[y * side * fineness + x] = ink.data[i]!
  }
  const blurred = gaussianBlur(grayImage(side * fineness, side * fineness, frame), {
    sigma: fineness * random.uniform(0, 0.6),
  })
  return average(blurred.data)
}

/** A wider spread than on a page: every sample is by another writer. */
function drawVariation(random: Random): LetterVariation {
  return {
    slant: random.normal(0.05, 0.11),
    slantSpread: 0,
    aspect: Math.exp(random.normal(0, 0.12)),
    aspectSpread: 0,
    sizeSpread: 0,
    rotationSpread: 0.05,
    bend: random.uniform(0.01, 0.035),
  }
}

/** The mean of each square of `fineness` pixels, as bytes. */
function average(fine: Float32Array): Uint8Array {
  const out = new Uint8Array(side * side)
  for (let i = 0; i < out.length; i++) {
    const start = Math.floor(i / side) * fineness * side * fineness + (i % side) * fineness
    let sum = 0
    for (let row = 0; row < fineness; row++) {
      for (let column = 0; column < fineness; column++) sum += fine[start + row * side * fineness + column]!
    }
    out[i] = Math.round(255 * Math.min(1, sum / fineness ** 2))
  }
  return out
}
