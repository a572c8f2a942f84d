// A page with what was read drawn on it, and its text beside it.

import type { Glyph, Page } from '../../reader/page.ts'
import { formatShare } from '../terminal.ts'
import { type Markup, markup } from './markup.ts'

export interface PageFigureOptions {
  readonly page: Page
  /** The upright picture, as an address that holds it. */
  readonly picture: Markup
  /** Of each letter on the page, line by line, whether it is right. */
  readonly isRight: readonly boolean[]
}

/** The picture with a box around each letter and what it was read as above it; mistakes in red. */
export function pageFigure({ page, picture, isRight }: PageFigureOptions): Markup {
  const glyphs = page.lines.flatMap(({ words }) => words.flatMap((word) => word.glyphs))
  const { width, height } = page
  return markup`<svg class="page" viewBox="0 0 ${width} ${height}" role="img" aria-label="The page, with a box around each letter">
<image href="${picture}" width="${width}" height="${height}"/>
${glyphs.map((glyph, i) => glyphBox(glyph, isRight[i] === true))}
</svg>`
}

function glyphBox({ text, box, confidence, alternatives }: Glyph, isRight: boolean): Markup {
  const [y1, x1, y2, x2] = box
  const choices = alternatives.slice(0, 3).map((choice) => `${choice.text} ${formatShare(choice.confidence)}`)
  const title = choices.length > 0 ? choices.join(', ') : `${text} ${formatShare(confidence)}`
  return markup`<g class="${isRight ? 'is-right' : 'is-wrong'}"><title>${title}</title><rect x="${x1}" y="${y1}" width="${x2 - x1}" height="${y2 - y1}"/><text x="${(x1 + x2) / 2}" y="${y1 - 12}">${text}</text></g>\n`
}

/** The text as a list of lines; what was read wrong is marked. */
export function pageText({ page, isRight }: Pick<PageFigureOptions, 'page' | 'isRight'>): Markup {
  let letter = 0
  const lines = page.lines.map(({ words }) => {
    const texts = words.map(({ glyphs }, i) => {
      const marked = glyphs.map(({ text }) => (isRight[letter++] === true ? text : markup`<mark>${text}</mark>`))
      return [i === 0 ? '' : ' ', ...marked]
    })
    return markup`<li>${texts}</li>\n`
  })
  return markup`<ol class="text">${lines}</ol>`
}
