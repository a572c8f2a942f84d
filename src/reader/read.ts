// What the reader does, in ten lines.

import { toBytes, toGray } from '../image/gray.ts'
import type { GrayImage, RgbImage } from '../image/image.ts'
import { binarizePage } from './binarize.ts'
import type { Classifier } from './classifier.ts'
import { composePage } from './compose.ts'
import { findLetterHeight } from './letter-height.ts'
import { type FormOptions, formLetters } from './letters.ts'
import { findLines } from './lines.ts'
import type { Page } from './page.ts'
import { findShapes, joinParts } from './parts.ts'
import { cutStacked } from './stacked.ts'

/** Reads an upright picture of a page of hand-printed capitals and digits, dark on light. */
export function readPage(image: GrayImage | RgbImage, classifier: Classifier, options: FormOptions = {}): Page {
  const gray = bytesOf(image)
  const { width, height } = gray
  const letterHeight = findLetterHeight(gray) // everything is measured in letter heights
  const ink = letterHeight && binarizePage(gray, letterHeight) // light and shadow taken off, ink against paper
  if (!ink) return composePage([], { width, height, scale: 1 })
  const found = cutStacked(findShapes(ink), ink.letterHeight) // connected ink, lines that touch cut apart
  const shapes = joinParts(found, ink.letterHeight) // loose parts of one letter joined
  const lines = findLines(shapes, ink.letterHeight) // chains of neighbours
  const letters = formLetters(lines, classifier, options) // broken letters joined, touching ones cut, all recognised
  return composePage(letters, { width, height, scale: width / ink.mask.width }) // spaces, marks, context
}

function bytesOf(image: GrayImage | RgbImage): GrayImage<Uint8Array> {
  if (image.kind === 'rgb') return toGray(image)
  const { data } = image
  return data instanceof Uint8Array ? { ...image, data } : toBytes(image)
}
