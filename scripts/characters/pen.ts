// Ink of a letter: its outline redrawn with a thicker or thinner pen.

import { signedDistance } from '../../src/reader/distance.ts'
import { boundsOf, type Outline } from './outline.ts'
import { type Patch, rasterize } from './rasterize.ts'

/** The outline is offset on a raster this many times finer than the pixels of the result. */
const fineness = 2

/**
 * The ink of an outline in pixels, every stroke made `growth` pixels wider on each side (thinner if negative): with d the
 * signed distance to the outline, ink is where d < growth. Corners of a grown letter are round, as a pen leaves them.
 */
export function drawInk(outline: Outline, growth: number): Patch {
  const { left, top, right, bottom } = boundsOf(outline)
  const margin = Math.ceil(Math.max(growth, 0)) + 2
  const x = Math.floor(left) - margin
  const y = Math.floor(top) - margin
  const width = Math.ceil(right) + margin - x
  const height = Math.ceil(bottom) + margin - y
  const fine = {
    contours: outline.contours.map((contour) => contour.map((at, i) => (at - (i % 2 === 0 ? x : y)) * fineness)),
  }
  const fineWidth = width * fineness
  const covered = rasterize(fine, { x: 0, y: 0, width: fineWidth, height: height * fineness })
  const distance = signedDistance(
    Uint8Array.from(covered.data, (share) => (share >= 0.5 ? 1 : 0)),
    fineWidth,
    covered.height,
  )
  const data = new Float32Array(width * height)
  for (let row = 0, i = 0; row < covered.height; row++) {
    for (let column = 0; column < fineWidth; column++, i++) {
      const value = Math.min(Math.max(0.5 + growth * fineness - distance[i]!, 0), 1)
      data[Math.floor(row / fineness) * width + Math.floor(column / fineness)]! += value / fineness ** 2
    }
  }
  return { x, y, width, height, data }
}

/** Mean width of the strokes of an outline in its own unit: 4 * mean distance of the ink to its edge, exact for a long stroke. */
export function strokeWidthOf(outline: Outline): number {
  const { left, top, right, bottom } = boundsOf(outline)
  const scale = 200 / Math.max(right - left, bottom - top)
  const moved = {
    contours: outline.contours.map((contour) => contour.map((at, i) => (at - (i % 2 === 0 ? left : top)) * scale)),
  }
  const covered = rasterize(moved, { x: 0, y: 0, width: 201, height: 201 })
  const distance = signedDistance(
    Uint8Array.from(covered.data, (share) => (share >= 0.5 ? 1 : 0)),
    201,
    201,
  )
  const inside = distance.filter((d) => d < 0)
  return inside.length === 0 ? 0 : (-4 * inside.reduce((sum, d) => sum + d, 0)) / inside.length / scale
}

/** Bounds of the pixels that are at least half ink, half open [y1, x1, y2, x2]; undefined where there are none. */
export function inkBox({ x, y, width, height, data }: Patch): [number, number, number, number] | undefined {
  let left = width
  let right = 0
  let top = height
  let bottom = 0
  for (let i = 0; i < data.length; i++) {
    if (data[i]! < 0.5) continue
    const column = i % width
    const row = Math.floor(i / width)
    if (column < left) left = column
    if (column >= right) right = column + 1
    if (row < top) top = row
    if (row >= bottom) bottom = row + 1
  }
  return right > left ? [y + top, x + left, y + bottom, x + right] : undefined
}
