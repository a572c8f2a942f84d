// The page with what was read drawn on it: lines, words and glyphs as boxes.

import { toRgb } from '../image/gray.ts'
import type { Box, Image, RgbImage } from '../image/image.ts'
import type { Page } from './page.ts'

type Colour = readonly [red: number, green: number, blue: number]

const lineColour: Colour = [60, 160, 60]
const wordColour: Colour = [60, 90, 220]
const sureColour: Colour = [20, 150, 20]
const unsureColour: Colour = [220, 30, 30]
// Glyphs below this confidence are drawn as unsure.
const sure = 0.5

/** A copy of the picture with boxes: lines light green, words blue, glyphs green or, below confidence 0.5, red. */
export function drawOverlay(image: Image, page: Page): RgbImage {
  const picture = toRgb(image)
  const thickness = Math.max(1, Math.round(Math.min(image.width, image.height) / 800))
  for (const line of page.lines) {
    drawBox(picture, grown(line.box, 4 * thickness), lineColour, thickness)
    for (const word of line.words) {
      drawBox(picture, grown(word.box, 2 * thickness), wordColour, thickness)
      for (const glyph of word.glyphs) {
        drawBox(picture, glyph.box, glyph.confidence < sure ? unsureColour : sureColour, thickness)
      }
    }
  }
  return picture
}

function grown([y1, x1, y2, x2]: Box, by: number): Box {
  return [y1 - by, x1 - by, y2 + by, x2 + by]
}

/** A frame around the box, outside it, cut at the picture's border. */
function drawBox(picture: RgbImage, box: Box, colour: Colour, thickness: number): void {
  const [y1, x1, y2, x2] = box
  const [top, left, bottom, right] = grown(box, thickness)
  fill(picture, [top, left, y1, right], colour)
  fill(picture, [y2, left, bottom, right], colour)
  fill(picture, [y1, left, y2, x1], colour)
  fill(picture, [y1, x2, y2, right], colour)
}

function fill({ width, height, data }: RgbImage, [y1, x1, y2, x2]: Box, colour: Colour): void {
  for (let y = Math.max(0, y1); y < Math.min(height, y2); y++) {
    for (let x = Math.max(0, x1); x < Math.min(width, x2); x++) data.set(colour, 3 * (y * width + x))
  }
}
