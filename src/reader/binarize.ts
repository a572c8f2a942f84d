// Pass 2: the ink at a scale where letters are 40 pixels high, with constants in units of the letter height.

import { gaussianBlur } from '../image/blur.ts'
import type { GrayImage } from '../image/image.ts'
import { findInk, type Ink } from './ink.ts'
import { shrink } from './letter-height.ts'
import { contrastOf } from './paper.ts'

/** The ink of a page, in a reduced copy of it. */
export interface PageInk extends Ink {
  /** Contrast of each pixel, as `contrastOf`. */
  readonly contrast: GrayImage<Uint8Array>
  /** Letter height H in pixels of the copy. */
  readonly letterHeight: number
}

const workingHeight = 40
// In letter heights.
const blur = 1 / 40
const paperCell = 1 / 12

/**
 * Reduces the page so that letters are 40 pixels high, takes off the light and finds the ink.
 * `letterHeight`: in pixels of `image`. Undefined for a page without ink.
 */
export function binarizePage(image: GrayImage<Uint8Array>, letterHeight: number): PageInk | undefined {
  const scale = Math.max(1, letterHeight / workingHeight)
  const height = letterHeight / scale
  const smooth = gaussianBlur(shrink(image, scale), { sigma: Math.min(1.2, blur * height), truncate: 2.5 })
  const contrast = contrastOf(smooth, { cell: Math.max(1, Math.round(paperCell * height)), reach: 4 })
  const ink = findInk(contrast)
  return ink && { ...ink, contrast, letterHeight: height }
}
