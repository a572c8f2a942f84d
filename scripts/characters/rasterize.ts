// Polygons to pixels: how much of each pixel the filled outline covers.

import type { Outline } from './outline.ts'

/** A rectangle of pixels somewhere on the plane: pixel (column, row) covers [x + column, x + column + 1) and so on. */
export interface Patch {
  /** Left edge, a whole number. */
  readonly x: number
  /** Top edge, a whole number. */
  readonly y: number
  readonly width: number
  readonly height: number
  /** [height, width], 0 to 1 */
  readonly data: Float32Array
}

/** Scanlines per row of pixels. */
const scanlines = 5

/**
 * Share of each pixel inside the outline (nonzero winding), exact along x and sampled on five scanlines per row along y.
 * `frame` says which rectangle of the plane is wanted; the unit of the outline is the pixel.
 */
export function rasterize(outline: Outline, frame: Omit<Patch, 'data'>): Patch {
  const { x, y, width, height } = frame
  const data = new Float32Array(width * height)
  const crossings: { at: number; direction: number }[][] = Array.from({ length: height * scanlines }, () => [])
  for (const contour of outline.contours) {
    const length = contour.length
    for (let i = 0; i < length; i += 2) {
      const j = i + 2 < length ? i + 2 : 0
      addEdge(crossings, contour[i]! - x, contour[i + 1]! - y, contour[j]! - x, contour[j + 1]! - y)
    }
  }
  for (const [line, found] of crossings.entries()) {
    if (found.length === 0) continue
    found.sort((a, b) => a.at - b.at)
    const start = Math.floor(line / scanlines) * width
    let winding = 0
    let from = 0
    for (const { at, direction } of found) {
      if (winding === 0) from = at
      winding += direction
      if (winding === 0) addSpan(data, start, width, from, at)
    }
  }
  return { x, y, width, height, data }
}

/** Notes where an edge crosses each scanline; scanline k runs at y = (k + 0.5) / scanlines. */
function addEdge(
  crossings: { at: number; direction: number }[][],
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): void {
  if (y0 === y1) return
  const direction = y0 < y1 ? 1 : -1
  const low = Math.min(y0, y1) * scanlines - 0.5
  const high = Math.max(y0, y1) * scanlines - 0.5
  const first = Math.max(0, Math.ceil(low))
  const end = Math.min(crossings.length, Math.ceil(high))
  const slope = (x1 - x0) / (y1 - y0)
  for (let line = first; line < end; line++) {
    crossings[line]!.push({ at: x0 + ((line + 0.5) / scanlines - y0) * slope, direction })
  }
}

/** Adds a scanline's share of the span [from, to) to the pixels of a row. */
function addSpan(data: Float32Array, start: number, width: number, from: number, to: number): void {
  const left = Math.max(0, from)
  const right = Math.min(width, to)
  if (right <= left) return
  const first = Math.floor(left)
  const last = Math.min(width - 1, Math.floor(right))
  for (let column = first; column <= last; column++) {
    const covered = Math.min(right, column + 1) - Math.max(left, column)
    if (covered > 0) data[start + column]! += covered / scanlines
  }
}
