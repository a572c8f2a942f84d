// Lines and boxes drawn onto an RGB picture, in place: for overlays that show what was found.

import type { Box, RgbImage } from './image.ts'

/** Red, green, blue, 0..255. */
export type Colour = readonly [red: number, green: number, blue: number]

export interface StrokeOptions {
  /** Default red, [220, 30, 30]. */
  readonly colour?: Colour
  /** Width of the stroke in pixels, centred on the line. Default 1. */
  readonly thickness?: number
}

/** Draws the outline of `box` just inside its border, `thickness` pixels wide; what lies outside the picture is cut. */
export function drawBox(image: RgbImage, box: Box, options: StrokeOptions = {}): void {
  const [y1, x1, y2, x2] = box
  const { colour, thickness = 1 } = options
  const inner: Box = [y1 + thickness, x1 + thickness, y2 - thickness, x2 - thickness]
  fillBox(image, [y1, x1, Math.min(y2, inner[0]), x2], colour)
  fillBox(image, [Math.max(y1, inner[2]), x1, y2, x2], colour)
  fillBox(image, [y1, x1, y2, Math.min(x2, inner[1])], colour)
  fillBox(image, [y1, Math.max(x1, inner[3]), y2, x2], colour)
}

/** Fills `box`, cut to the picture. */
export function fillBox(image: RgbImage, box: Box, colour: Colour = [220, 30, 30]): void {
  const [y1, x1, y2, x2] = box
  const { width, height, data } = image
  const from = Math.max(0, Math.round(x1))
  const to = Math.min(width, Math.round(x2))
  for (let y = Math.max(0, Math.round(y1)); y < Math.min(height, Math.round(y2)); y++) {
    for (let x = from; x < to; x++) data.set(colour, 3 * (y * width + x))
  }
}

/** Draws the straight line between two pixels, ends included (Bresenham), cut to the picture. */
export function drawLine(
  image: RgbImage,
  from: readonly [y: number, x: number],
  to: readonly [y: number, x: number],
  options: StrokeOptions = {},
): void {
  const { colour, thickness = 1 } = options
  const steps = Math.max(
    Math.abs(Math.round(to[0]) - Math.round(from[0])),
    Math.abs(Math.round(to[1]) - Math.round(from[1])),
  )
  const before = Math.floor((thickness - 1) / 2)
  for (let step = 0; step <= steps; step++) {
    const share = steps === 0 ? 0 : step / steps
    const y = Math.round(Math.round(from[0]) + share * (Math.round(to[0]) - Math.round(from[0]))) - before
    const x = Math.round(Math.round(from[1]) + share * (Math.round(to[1]) - Math.round(from[1]))) - before
    fillBox(image, [y, x, y + thickness, x + thickness], colour)
  }
}
