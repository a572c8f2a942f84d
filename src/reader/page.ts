// What the reader returns: a page of lines of words of glyphs. Everything has its text, its box and a confidence.

import type { Box } from '../image/image.ts'

/** What is common to page, line, word and glyph. */
export interface Reading {
  readonly text: string
  /** [y1, x1, y2, x2] in pixels of the upright image, half-open: rows y1 to y2 - 1. */
  readonly box: Box
  /** Probability that the text is right, 0 to 1; of a word, line or page the mean over its glyphs. */
  readonly confidence: number
}

/** One character. */
export interface Glyph extends Reading {
  /** The most probable characters, best first, this one included. */
  readonly alternatives: readonly { readonly text: string; readonly confidence: number }[]
}

export interface Word extends Reading {
  readonly glyphs: readonly Glyph[]
}

export interface Line extends Reading {
  readonly words: readonly Word[]
}

/** A page as read. `text`: lines divided by newlines, words by spaces; empty for a page without writing. */
export interface Page extends Reading {
  readonly width: number
  readonly height: number
  readonly lines: readonly Line[]
}
