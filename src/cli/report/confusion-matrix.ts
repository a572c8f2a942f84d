// The confusion matrix as a picture: one row per true class, one column per class that the network found.

import type { Confusion } from './confusion.ts'
import { type Markup, markup } from './markup.ts'

const cell = 16
const edge = 34

/** An `svg` element; mistakes in red, the darker the larger their share of the class, and what is right on the diagonal. */
export function confusionMatrix({ classes, counts }: Confusion): Markup {
  const size = edge + classes.length * cell + 8
  const at = (place: number): number => edge + place * cell
  const labels = classes.map(
    (name, i) =>
      markup`<text x="${at(i) + cell / 2}" y="${edge - 5}">${name}</text><text x="${edge - 9}" y="${at(i) + 12}">${name}</text>\n`,
  )
  const cells = counts.flatMap((row, truth) => {
    const letters = row.reduce((sum, count) => sum + count, 0)
    return row.map((count, found) => (count === 0 ? undefined : drawCell(classes, truth, found, count, letters)))
  })
  const lines = [...classes.keys(), classes.length].map(
    (i) => markup`M${edge} ${at(i)}H${at(classes.length)}M${at(i)} ${edge}V${at(classes.length)}`,
  )
  return markup`<svg class="matrix" viewBox="0 0 ${size} ${size}" role="img" aria-label="Confusion matrix">
<text class="axis" x="${edge + (classes.length * cell) / 2}" y="12">read as</text>
<text class="axis" transform="translate(11 ${edge + (classes.length * cell) / 2}) rotate(-90)">letter</text>
${labels}
<path class="cell" d="${lines}"/>
${cells}
</svg>`
}

function drawCell(classes: readonly string[], truth: number, found: number, count: number, letters: number): Markup {
  const x = edge + found * cell
  const y = edge + truth * cell
  const isRight = truth === found
  // Rare mistakes must still be seen: the square root lifts small shares.
  const strength = isRight ? 0.12 + 0.3 * (count / letters) : 0.18 + 0.75 * Math.sqrt(count / letters)
  const colour = isRight ? '--diagonal' : '--heat'
  const title = `${classes[truth]} read as ${classes[found]}: ${count} of ${letters}`
  return markup`<g><title>${title}</title><rect x="${x}" y="${y}" width="${cell}" height="${cell}" style="fill:rgb(var(${colour})/${strength})"/><text class="count" x="${x + cell / 2}" y="${y + 11}">${count}</text></g>\n`
}
