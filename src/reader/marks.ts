// Small marks of a line: full stops, commas, apostrophes and dashes that are so beyond doubt. All else is a speck.

import type { Letter } from './letters.ts'
import { bandAt } from './lines.ts'
import { centreX, centreY, heightOf, overlapX, type Shape, widthOf } from './shape.ts'

/** The punctuation that a mark is, or undefined for a speck. `height`: letter height of the line. */
export function readMark(mark: Shape, letters: readonly Letter[], height: number): string | undefined {
  if (letters.length === 0) return undefined
  const shapes = letters.map((letter) => letter.shape)
  const darkness = shapes.reduce((sum, shape) => sum + shape.darkness, 0) / shapes.length
  // The dot of a thin pencil is paler than its strokes; a speck or a crease is paler still.
  if (mark.darkness < 0.5 * darkness) return undefined
  const [top, bottom] = bandAt(shapes, centreX(mark))
  const high = heightOf(mark) / height
  const wide = widthOf(mark) / height
  // 0 on the line's upper edge, 1 on its baseline.
  const level = (centreY(mark) - top) / Math.max(1, bottom - top)
  const follows = shapes.some((shape) => shape.box[1] < mark.box[1])
  if (!follows) return undefined
  // A stop stands before a space; what lies under, in or close before a letter is a piece of it.
  const covered = shapes.some((shape) => overlapX(shape, mark) > 0.5 * widthOf(mark))
  const followed = shapes.some((shape) => shape.box[1] > mark.box[1] && shape.box[1] - mark.box[3] < 0.3 * height)
  const stands = !covered && !followed
  if (stands && high < 0.3 && wide < 0.35 && level > 0.7 && level < 1.2) return '.'
  if (stands && high < 0.5 && wide < 0.35 && level >= 0.85 && level < 1.5) return ','
  if (high > 0.18 && high < 0.45 && wide < 0.3 && level < 0.3 && level > -0.3) return "'"
  if (high < 0.25 && wide > 0.25 && wide < 0.8 && wide > 2 * high && level > 0.3 && level < 0.7) return '-'
  return undefined
}
