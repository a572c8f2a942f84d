// The confusion matrix as a picture: one row per true class, one column per class that the network found.

import type { Confusion } from './confusion.ts'
import { type Markup, markup } from './markup.ts'

const cell = 16
const edge = 34
/** Width of a digit of a count, in user units, at a size of one. */
const digitWidth = 0.62

/** Pixels of a user unit: at most so many, however wide the page, and at least so many before the matrix scrolls in its card. */
const magnification = { most: 1.6, least: 0.48 } as const

/** What a matrix shows, for a sentence above it. */
export const matrixKey =
  'Each row is a true class; red is taken for something else, the stronger the larger its share of the class.'

/** With more classes, a phone shows shares by colour and leaves the counts out. */
const mostWithCounts = 16

/** How strong cells are: the share of their colour over the card, from a share of 0 to one of 1; counts must stay readable on all. */
export const strengths: {
  readonly mistake: readonly [least: number, most: number]
  readonly right: readonly [least: number, most: number]
} = { mistake: [0.18, 0.72], right: [0.12, 0.42] }

/**
 * A frame with an `svg` in it; mistakes in red, the stronger the larger their share of the class, and what is right on the diagonal in blue.
 * `edgeNames`: what stands at the edges, at most two letters each (default: the classes).
 */
export function confusionMatrix(confusion: Confusion, edgeNames: readonly string[] = confusion.classes): Markup {
  const { classes, counts } = confusion
  const size = edge + classes.length * cell + 8
  const at = (place: number): number => edge + place * cell
  const middle = edge + (classes.length * cell) / 2
  const names = edgeNames.map(
    (name, i) =>
      markup`<text x="${at(i) + cell / 2}" y="${edge - 5}">${name}</text><text x="${edge - 9}" y="${at(i) + 12}">${name}</text>\n`,
  )
  const cells = counts.flatMap((row, truth) => {
    const images = row.reduce((sum, count) => sum + count, 0)
    return row.map((count, found) => (count === 0 ? undefined : drawCell(classes, truth, found, count, images)))
  })
  const lines = [...classes.keys(), classes.length].map(
    (i) => markup`M${edge} ${at(i)}H${at(classes.length)}M${at(i)} ${edge}V${at(classes.length)}`,
  )
  const crowded = classes.length > mostWithCounts ? ' crowded' : ''
  const long = edgeNames.some((name) => name.length > 1) ? ' long' : ''
  return markup`<div class="card wide" tabindex="0" role="region" aria-label="Confusion matrix">
<svg class="matrix${crowded}" style="max-width:${size * magnification.most}px;min-width:${size * magnification.least}px" viewBox="0 0 ${size} ${size}" role="img" aria-label="Confusion matrix of ${classes.length} classes: a row per true class, a column per class that was found">
<text class="axis" x="${middle}" y="12">taken for</text>
<text class="axis" transform="translate(11 ${middle}) rotate(-90)">true class</text>
<g class="names${long}">
${names}</g>
<path class="cell" d="${lines}"/>
${cells}
</svg>
</div>`
}

function drawCell(classes: readonly string[], truth: number, found: number, count: number, images: number): Markup {
  const x = edge + found * cell
  const y = edge + truth * cell
  const isRight = truth === found
  const [least, most] = isRight ? strengths.right : strengths.mistake
  // Rare mistakes must still be seen: the square root lifts small shares.
  const strength = least + (most - least) * (isRight ? count / images : Math.sqrt(count / images))
  const colour = isRight ? '--diagonal' : '--heat'
  const title = `${classes[truth]} ${isRight ? 'right' : `taken for ${classes[found]}`}: ${count} of ${images}`
  const digits = String(count).length
  const narrow = digits < 3 ? undefined : markup` style="font-size:${(cell - 2.5) / (digits * digitWidth)}px"`
  return markup`<g><title>${title}</title><rect x="${x}" y="${y}" width="${cell}" height="${cell}" style="fill:rgb(var(${colour})/${strength})"/><text class="count"${narrow} x="${x + cell / 2}" y="${y + 11}">${count}</text></g>\n`
}
