// Letters into words, characters and text: the last step, where spaces, marks and context come together.

import type { Box } from '../image/image.ts'
import { characters } from './classifier.ts'
import { type Evidence, weighWord } from './context.ts'
import type { LetterLine } from './letters.ts'
import { mean } from './lines.ts'
import { readMark } from './marks.ts'
import type { Glyph, Line, Page, Reading, Word } from './page.ts'
import { boxAround } from './shape.ts'
import { findSpaces } from './words.ts'

/** A glyph before its word has spoken. Box in pixels of the page. */
interface Item {
  readonly box: Box
  readonly evidence: Evidence
}

// Alternatives kept per glyph.
const mostAlternatives = 5

/** The page of these lines. `scale`: pixels of the page per pixel of the letters' boxes. */
export function composePage(
  lines: readonly LetterLine[],
  page: { readonly width: number; readonly height: number; readonly scale: number },
): Page {
  const { width, height, scale } = page
  const written = lines.filter((line) => line.letters.length > 0)
  const itemsOf = written.map((line) => itemsOfLine(line, scale))
  const spaces = findSpaces(
    itemsOf.map((items, i) => ({
      extents: items.map(({ box }) => [box[1], box[3]] as const),
      height: written[i]!.height * scale,
    })),
  )
  const read = itemsOf.map((items, i) => composeLine(divide(items, spaces[i]!)))
  if (read.length === 0) return { text: '', box: [0, 0, height, width], confidence: 1, width, height, lines: [] }
  return { ...together(read, '\n'), width, height, lines: read }
}

function itemsOfLine({ letters, marks, height }: LetterLine, scale: number): Item[] {
  const scaled = ([y1, x1, y2, x2]: Box): Box => [
    Math.round(y1 * scale),
    Math.round(x1 * scale),
    Math.round(y2 * scale),
    Math.round(x2 * scale),
  ]
  const items: Item[] = letters.map(({ shape, logits }) => ({ box: scaled(shape.box), evidence: logits }))
  for (const mark of marks) {
    const text = readMark(mark, letters, height)
    if (text !== undefined) items.push({ box: scaled(mark.box), evidence: text })
  }
  return items.sort((a, b) => a.box[1] + a.box[3] - b.box[1] - b.box[3])
}

/** Cuts a line's items at its spaces. */
function divide(items: readonly Item[], spaces: readonly boolean[]): Item[][] {
  const words: Item[][] = [[]]
  items.forEach((item, i) => {
    if (i > 0 && spaces[i - 1] === true) words.push([])
    words.at(-1)!.push(item)
  })
  return words
}

function composeLine(words: readonly (readonly Item[])[]): Line {
  // A line of single characters set apart says together what each alone cannot.
  const apart = words.length > 2 && words.every((word) => word.length === 1)
  const weighed = apart
    ? weighWord(words.map(([item]) => item!.evidence)).map((probabilities) => [probabilities])
    : words.map((word, i) =>
        weighWord(
          word.map((item) => item.evidence),
          { isNumber: i === 0 && isListNumber(word) },
        ),
      )
  const composed = words.map((word, i): Word => {
    const glyphs = word.map((item, k) => glyphOf(item, weighed[i]![k]!))
    return { ...together(glyphs, ''), glyphs }
  })
  return { ...together(composed, ' '), words: composed }
}

/** One to three characters and a full stop. */
function isListNumber(word: readonly Item[]): boolean {
  const marks = word.filter((item) => typeof item.evidence === 'string')
  return word.length >= 2 && word.length <= 4 && marks.length === 1 && word.at(-1)!.evidence === '.'
}

function glyphOf({ box, evidence }: Item, probabilities: Float32Array): Glyph {
  if (typeof evidence === 'string') {
    return { text: evidence, box, confidence: 1, alternatives: [{ text: evidence, confidence: 1 }] }
  }
  const alternatives = Array.from(probabilities, (confidence, i) => ({ text: characters[i]!, confidence }))
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, mostAlternatives)
  return { ...alternatives[0]!, box, alternatives }
}

function together(parts: readonly Reading[], divider: string): Reading {
  return {
    text: parts.map((part) => part.text).join(divider),
    box: boxAround(parts.map((part) => part.box)),
    confidence: mean(parts.map((part) => part.confidence)),
  }
}
