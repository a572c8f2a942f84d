// How wide letters are, from the boxes of drawn pages: tsx scripts/reader/widths.ts FOLDER...
// Prints per character and per group of characters the geometric mean of the widths, in usual widths of their page, and the
// spread (standard deviation of the logarithm). src/reader/evidence.ts holds the groups' figures.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Box } from '../../src/image/image.ts'
import { characters } from '../../src/reader/classifier.ts'
import { mean, median } from '../../src/reader/lines.ts'

interface Truth {
  readonly lines: readonly { readonly letters: readonly { readonly character: string; readonly box: Box }[] }[]
}

/** Logarithms of the widths in usual widths, by character. */
function widthsOf(folder: string): Map<string, number[]> {
  const widths = new Map<string, number[]>()
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const truth = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Truth
    const letters = truth.lines
      .flatMap((line) => line.letters)
      .filter((letter) => characters.includes(letter.character))
    const usual = usualWidth(letters.map((letter) => letter.box))
    for (const { character, box } of letters) {
      widths.set(character, [...(widths.get(character) ?? []), Math.log((box[3] - box[1]) / usual)])
    }
  }
  return widths
}

/** As the reader measures it: the median, but no stick's. */
function usualWidth(boxes: readonly Box[]): number {
  return Math.max(median(boxes.map((box) => box[3] - box[1])), 0.45 * median(boxes.map((box) => box[2] - box[0])))
}

function row(name: string, widths: readonly number[]): string {
  const middle = mean(widths)
  const spread = Math.sqrt(mean(widths.map((width) => (width - middle) ** 2)))
  return `${name.padEnd(8)} ${String(widths.length).padStart(6)} ${Math.exp(middle).toFixed(2)} ${spread.toFixed(2)}`
}

const folders = process.argv.slice(2)
if (folders.length === 0) {
  console.error('Usage: tsx scripts/reader/widths.ts FOLDER...')
  process.exitCode = 2
} else {
  const all = folders.map(widthsOf)
  const of = (some: string): number[] => [...some].flatMap((c) => all.flatMap((widths) => widths.get(c) ?? []))
  for (const character of characters) {
    const widths = of(character)
    if (widths.length > 0) console.log(row(character, widths))
  }
  console.log(row('M W', of('MW')))
  console.log(row('I 1', of('I1')))
  console.log(row('others', of([...characters].filter((c) => !'MWI1'.includes(c)).join(''))))
}
