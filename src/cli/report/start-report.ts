// The report of `ocellus start`: a page that was read, and how the network that read it learned.

import type { Dataset } from '../../data/dataset.ts'
import type { Page } from '../../reader/page.ts'
import type { Comparison } from '../reading/comparison.ts'
import { formatShare } from '../terminal.ts'
import type { MeasuredTraining } from '../training/characters/character-training.ts'
import { htmlDocument, section, table } from './document.ts'
import { type Markup, markup } from './markup.ts'
import { pageFigure, pageText } from './page-figure.ts'
import { trainingFacts } from './training-report.ts'
import { curvesSection, mistakesSection, trainingRows, weightsSection } from './training-sections.ts'

export interface StartReportOptions {
  readonly training: MeasuredTraining
  /** The test part, rows of pixels. */
  readonly test: Dataset
  readonly page: Page
  readonly comparison: Comparison
  /** The page as a picture, as an address that holds it. */
  readonly picture: Markup
  /** Seconds that reading took. */
  readonly seconds: number
  /** What the computer is, row by row. */
  readonly machine: readonly (readonly [string, string])[]
}

/** The text of an HTML file. */
export async function startReport({
  training,
  test,
  page,
  comparison,
  picture,
  seconds,
  machine,
}: StartReportOptions): Promise<string> {
  const { right, total, isRight } = comparison
  const reading = section(
    'The page as read',
    'Each box is a letter that was found; above it stands what it was read as. Red is wrong. Point at a box for the alternatives.',
    markup`<div class="reading"><figure>${pageFigure({ page, picture, isRight })}<figcaption>A page drawn with a handwriting font that the network has not seen, photographed in software.</figcaption></figure><div class="card">${pageText({ page, isRight })}</div></div>`,
  )
  const parts = [
    reading,
    curvesSection(training),
    await weightsSection(training),
    await mistakesSection(training, test),
    section(
      'How it was made',
      'The same settings on the same kind of device give the same bits.',
      table([...trainingRows(training), ...machine]),
    ),
  ]
  return htmlDocument({
    title: 'A network learned 36 characters, then read a page',
    lead: `Trained from nothing on letters drawn from handwriting fonts, then given a photograph: it found the lines, words and letters, and read ${right} of ${total} letters right.`,
    facts: [
      { value: `${right} of ${total}`, label: `letters of the page right, ${formatShare(right / Math.max(1, total))}` },
      ...trainingFacts(training),
      { value: `${seconds.toFixed(2)} s`, label: 'to read the page' },
    ],
    sections: parts.filter((part) => part !== undefined),
    footer: 'Drawn by ocellus start. This file needs nothing but itself.',
  })
}
