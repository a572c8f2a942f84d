// How well a page was read, against hand-checked or generated truth: letters found, boxes too many, lines, spaces, characters.

import type { Box } from '../../src/image/image.ts'
import type { Glyph, Page } from '../../src/reader/page.ts'

/** Truth of one page: lines from top to bottom, their glyphs from left to right. `text` holds the spaces. */
export interface PageTruth {
  readonly image: { readonly width: number; readonly height: number }
  readonly lines: readonly {
    readonly text: string
    readonly glyphs: readonly TruthGlyph[]
  }[]
}

export interface TruthGlyph {
  readonly text: string
  readonly box: Box
}

/** `right` of `total`. */
export interface Share {
  readonly right: number
  readonly total: number
}

export interface PageScore {
  /** Letters and digits whose box overlaps a box read with IoU >= 0.5, one to one. */
  readonly found: Share
  /** Punctuation found, counted apart. */
  readonly marks: Share
  /** Boxes read that are no glyph of the truth. */
  readonly falseBoxes: number
  /** Lines whose glyphs were read as one line, all and in order. */
  readonly lines: Share
  /** Neighbours within a line that are divided by a space or not, as in the truth. */
  readonly spaces: Share
  /** Letters and digits found and read right, case folded. */
  readonly letters: Share
  /** Wrong ones as 'truth>read', `-` for not found, `+read` for a box too many. */
  readonly errors: readonly string[]
}

/** Intersection over union of two boxes. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const height = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const width = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (height <= 0 || width <= 0) return 0
  const area = (box: Box): number => (box[2] - box[0]) * (box[3] - box[1])
  return (height * width) / (area(a) + area(b) - height * width)
}

const isLetter = (text: string): boolean => /^[A-Za-z0-9]$/.test(text)

interface Read {
  readonly glyph: Glyph
  readonly line: number
  readonly order: number
  readonly word: number
}

export function scorePage(page: Page, truth: PageTruth): PageScore {
  const read: Read[] = page.lines.flatMap((line, lineIndex) => {
    const words = line.words.flatMap((word, wordIndex) => word.glyphs.map((glyph) => ({ glyph, word: wordIndex })))
    return words.map(({ glyph, word }, order) => ({ glyph, line: lineIndex, order, word }))
  })
  const expected = truth.lines.flatMap((line) => line.glyphs)
  const matches = matchBoxes(expected, read)
  const letters = expected.filter((glyph) => isLetter(glyph.text))
  const marks = expected.filter((glyph) => !isLetter(glyph.text))
  const isRight = (glyph: TruthGlyph): boolean =>
    matches.get(glyph)?.glyph.text.toUpperCase() === glyph.text.toUpperCase()
  const used = new Set(matches.values())
  let linesRight = 0
  let spacesRight = 0
  let spacesTotal = 0
  for (const line of truth.lines) {
    const found = line.glyphs.map((glyph) => matches.get(glyph))
    const first = found[0]
    const letterRun = page.lines[first?.line ?? -1]?.words.reduce((sum, word) => sum + word.glyphs.length, 0)
    if (letterRun === found.length && found.every((at, i) => at?.line === first?.line && at?.order === i)) linesRight++
    const spaceBefore = spacesOf(line.text)
    for (let i = 1; i < found.length; i++) {
      const [a, b] = [found[i - 1], found[i]]
      spacesTotal++
      if (a === undefined || b === undefined || a.line !== b.line || b.order !== a.order + 1) continue
      if ((a.word !== b.word) === spaceBefore[i]) spacesRight++
    }
  }
  return {
    found: { right: letters.filter((glyph) => matches.has(glyph)).length, total: letters.length },
    marks: { right: marks.filter(isRight).length, total: marks.length },
    falseBoxes: read.filter((at) => !used.has(at)).length,
    lines: { right: linesRight, total: truth.lines.length },
    spaces: { right: spacesRight, total: spacesTotal },
    letters: { right: letters.filter(isRight).length, total: letters.length },
    errors: [
      ...letters
        .filter((glyph) => !isRight(glyph))
        .map((glyph) => `${glyph.text}>${matches.get(glyph)?.glyph.text ?? '-'}`),
      ...read.filter((at) => !used.has(at)).map((at) => `+${at.glyph.text}`),
    ],
  }
}

/** Sums of several pages' scores. */
export function poolScores(scores: readonly PageScore[]): PageScore {
  const sum = (pick: (score: PageScore) => Share): Share => ({
    right: scores.reduce((total, score) => total + pick(score).right, 0),
    total: scores.reduce((total, score) => total + pick(score).total, 0),
  })
  return {
    found: sum((score) => score.found),
    marks: sum((score) => score.marks),
    falseBoxes: scores.reduce((total, score) => total + score.falseBoxes, 0),
    lines: sum((score) => score.lines),
    spaces: sum((score) => score.spaces),
    letters: sum((score) => score.letters),
    errors: scores.flatMap((score) => score.errors),
  }
}

/** Pairs truth and reading one to one, best overlap first, down to IoU 0.5. */
function matchBoxes(expected: readonly TruthGlyph[], read: readonly Read[]): Map<TruthGlyph, Read> {
  const pairs: { truth: TruthGlyph; at: Read; overlap: number }[] = []
  for (const truth of expected) {
    for (const at of read) {
      const overlap = intersectionOverUnion(truth.box, at.glyph.box)
      if (overlap >= 0.5) pairs.push({ truth, at, overlap })
    }
  }
  pairs.sort((a, b) => b.overlap - a.overlap)
  const matches = new Map<TruthGlyph, Read>()
  const used = new Set<Read>()
  for (const { truth, at } of pairs) {
    if (matches.has(truth) || used.has(at)) continue
    matches.set(truth, at)
    used.add(at)
  }
  return matches
}

/** For each character of the text that is no space: does one stand before it? */
function spacesOf(text: string): boolean[] {
  const before: boolean[] = []
  for (let i = 0; i < text.length; i++) if (text[i] !== ' ') before.push(text[i - 1] === ' ')
  return before
}
