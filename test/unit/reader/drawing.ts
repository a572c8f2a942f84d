// Small pictures for the reader's tests: shapes from boxes or from rows of text, and pages with bars for letters.

import { type Box, binaryImage, type GrayImage, grayImage } from '../../../src/image/image.ts'
import type { Shape } from '../../../src/reader/shape.ts'

/** A shape of solid ink. */
export function block(...box: Box): Shape {
  const mask = binaryImage(box[3] - box[1], box[2] - box[0])
  mask.data.fill(1)
  return { box, mask, area: mask.data.length, darkness: 100 }
}

/** A shape from rows of '#' (ink) and '.', each character `size` pixels square, its corner at row y, column x. */
export function shapeOf(rows: readonly string[], options: { size?: number; y?: number; x?: number } = {}): Shape {
  const { size = 1, y = 0, x = 0 } = options
  const width = rows[0]!.length * size
  const height = rows.length * size
  const mask = binaryImage(width, height)
  for (let i = 0; i < mask.data.length; i++) {
    const row = rows[Math.floor(i / width / size)]!
    mask.data[i] = row[Math.floor((i % width) / size)] === '#' ? 1 : 0
  }
  const area = mask.data.reduce((sum, ink) => sum + ink, 0)
  return { box: [y, x, y + height, x + width], mask, area, darkness: 100 }
}

export interface Stroke {
  readonly box: Box
  /** Share of the paper's light that the ink takes away. */
  readonly ink?: number
}

/** A page of paper with rectangles of ink under a light that depends on the place. */
export function pageOf(
  width: number,
  height: number,
  strokes: readonly Stroke[],
  light: (x: number, y: number) => number = () => 220,
): GrayImage<Uint8Array> {
  const share = new Float32Array(width * height).fill(1)
  for (const { box, ink = 0.7 } of strokes) {
    for (let y = box[0]; y < box[2]; y++) share.fill(1 - ink, y * width + box[1], y * width + box[3])
  }
  return grayImage(
    width,
    height,
    Uint8Array.from(share, (value, i) => Math.round(value * light(i % width, Math.floor(i / width)))),
  )
}

/** The strokes of an H: two posts and a bar, `height` high and 0.8 `height` wide, its corner at row y, column x. */
export function letterH(y: number, x: number, height: number): Stroke[] {
  const pen = Math.round(height / 8)
  const width = Math.round(0.8 * height)
  const middle = y + Math.round(height / 2)
  return [
    { box: [y, x, y + height, x + pen] },
    { box: [y, x + width - pen, y + height, x + width] },
    { box: [middle, x, middle + pen, x + width] },
  ]
}
