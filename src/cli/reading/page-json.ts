// A page as JSON for programs.

import type { Page } from '../../reader/page.ts'
import { jsonText } from '../printing.ts'

/** Page, lines, words and glyphs as they are, with the file's name; probabilities with four decimals, a box on one line. */
export function pageJson(page: Page, file: string): string {
  const { width, height, text, box, confidence, lines } = page
  const document = jsonText({ file, width, height, text, box, confidence, lines }, roundProbability)
  return document.replace(/\[\s+(-?\d+),\s+(-?\d+),\s+(-?\d+),\s+(-?\d+)\s+\]/g, '[$1, $2, $3, $4]')
}

/** Alternatives that round to nothing say nothing. */
function roundProbability(key: string, value: unknown): unknown {
  if (key === 'alternatives') return (value as { confidence: number }[]).filter(({ confidence }) => confidence >= 5e-5)
  return key === 'confidence' && typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value
}
