// Letters side by side on lines: where a hand puts each letter of a text on the flat page.

import type { Random } from '../../src/core/random.ts'
import type { Hand } from './fonts.ts'
import { type LetterVariation, type Serifs, varyLetter } from './letter.ts'
import { boundsOf, mapOutline, type Outline } from './outline.ts'

/** Lengths are in heights of a capital, which is `letterHeight` pixels. */
export interface Writing {
  readonly letterHeight: number
  /** From baseline to baseline. */
  readonly lineSpacing: number
  /** Free paper between two letters, and between two words. */
  readonly letterGap: number
  readonly wordGap: number
  /** Standard deviation of a letter's height above the line. */
  readonly baselineSpread: number
  /** Standard deviation of the gaps between letters, as a share of the gap; those between words spread half as much. */
  readonly gapSpread: number
  /** Share of the pairs of letters within a word that touch. */
  readonly touching: number
  /** Pen width on the page. */
  readonly penWidth: number
  readonly serifs: Serifs
  readonly variation: LetterVariation
}

export interface LaidLetter {
  readonly character: string
  /** Index of the word in its line. */
  readonly word: number
  /** In pixels of the flat page. */
  readonly outline: Outline
}

export interface LaidLine {
  readonly text: string
  readonly letters: readonly LaidLetter[]
}

/** A horizontal band of a letter of this height, in capitals, counts as one row when gaps are measured. */
const bandHeight = 0.1

/**
 * Lays the lines with the first baseline at `y` and each line starting near `x`, both in pixels.
 * Gaps are measured between the inks, half row by row and half between whole letters, as a hand does.
 */
export function layLines(
  lines: readonly string[],
  hand: Hand,
  writing: Writing,
  { x, y }: { readonly x: number; readonly y: number },
  random: Random,
): LaidLine[] {
  const height = writing.letterHeight
  return lines.map((text, index) => {
    const baseline = y + index * writing.lineSpacing * height + random.normal(0, 0.04) * height
    const drift = random.normal(0, 0.006)
    const start = x + random.normal(0, 0.12) * height
    const letters = layLine(text, hand, writing, random).map(({ character, word, outline }) => ({
      character,
      word,
      outline: mapOutline(outline, (px, py) => [start + px * height, baseline + (py + drift * px) * height]),
    }))
    return { text, letters }
  })
}

/** One line from x = 0 on the baseline y = 0, in heights of a capital. */
function layLine(text: string, hand: Hand, writing: Writing, random: Random): LaidLetter[] {
  const letters: LaidLetter[] = []
  // The pen widens each stroke beyond the font's outline; gaps are between the inks.
  const growth = (writing.penWidth - hand.strokeWidth) / 2
  let before: Outline | undefined
  let word = 0
  let spaced = false
  for (const character of text) {
    if (character === ' ') {
      spaced = true
      word++
      continue
    }
    const free = varyLetter(hand, character, writing.variation, random, writing.serifs)
    const lift = random.normal(0, writing.baselineSpread)
    const raised = mapOutline(free, (px, py) => [px, py + lift])
    const spread = Math.exp(random.normal(0, spaced ? writing.gapSpread / 2 : writing.gapSpread))
    const touches = !spaced && isAlphanumeric(character) && random.uniform() < writing.touching
    const gap = touches ? random.uniform(-0.06, -0.02) : spread * (spaced ? writing.wordGap : writing.letterGap)
    // Whole letters keep words apart, the nearest rows decide whether letters touch, and both share in between.
    const byRows = spaced ? 0 : touches ? 1 : 0.5
    const shift = before === undefined ? -boundsOf(raised).left : placeAfter(before, raised, gap + 2 * growth, byRows)
    const outline = mapOutline(raised, (px, py) => [px + shift, py])
    letters.push({ character, word, outline })
    before = outline
    spaced = false
  }
  return letters
}

/** How far to move `next` to the right, so that the gap between it and `before` is `gap`. */
function placeAfter(before: Outline, next: Outline, gap: number, byRows: number): number {
  const whole = boundsOf(before).right - boundsOf(next).left
  const right = reach(before, 1)
  const left = reach(next, -1)
  let rows = -Infinity
  for (const [band, x] of right) {
    for (const near of [band - 1, band, band + 1]) {
      const other = left.get(near)
      if (other !== undefined) rows = Math.max(rows, x + other)
    }
  }
  if (rows === -Infinity) rows = whole
  return gap + byRows * rows + (1 - byRows) * whole
}

/** For each band of rows, the largest value of direction * x. */
function reach({ contours }: Outline, direction: 1 | -1): Map<number, number> {
  const furthest = new Map<number, number>()
  for (const contour of contours) {
    for (let i = 0; i < contour.length; i += 2) {
      const band = Math.floor(contour[i + 1]! / bandHeight)
      furthest.set(band, Math.max(furthest.get(band) ?? -Infinity, direction * contour[i]!))
    }
  }
  return furthest
}

function isAlphanumeric(character: string): boolean {
  return /[A-Za-z0-9]/.test(character)
}
