// Letters of two lines that touch, the foot of one on the head of the other: cut between the lines before lines are found.

import { findComponents } from '../image/components.ts'
import { regionProperties } from '../image/regions.ts'
import { mean } from './lines.ts'
import { centreY, heightOf, overlapX, partOf, type Shape } from './shape.ts'

// In letter heights H.
const stackedLeast = 1.5
const stackedMost = 3.2
const neighbourLeast = 0.5
const neighbourMost = 1.35
const neighbourReach = 3

/**
 * Cuts each shape that is as high as two lines where letters of usual height stand beside both its upper and its lower
 * half. A capital of a large heading has neighbours of its own height and stays. `letterHeight` H in pixels.
 */
export function cutStacked(shapes: readonly Shape[], letterHeight: number): Shape[] {
  return shapes.flatMap((shape) => {
    const row = rowBetweenLines(shape, shapes, letterHeight)
    return row === undefined ? [shape] : cutAtRow(shape, row)
  })
}

/** The row, within the shape, that crosses least ink between the line above and the line below; undefined for a letter. */
function rowBetweenLines(shape: Shape, shapes: readonly Shape[], letterHeight: number): number | undefined {
  const height = heightOf(shape)
  if (height < stackedLeast * letterHeight || height > stackedMost * letterHeight) return undefined
  const near = shapes.filter((other) => other !== shape && -overlapX(shape, other) < neighbourReach * letterHeight)
  const level = (other: Shape): number => (centreY(other) - shape.box[0]) / height
  if (near.some((other) => heightOf(other) > 0.75 * height && level(other) > 0.2 && level(other) < 0.8))
    return undefined
  const usual = near.filter((other) => {
    const high = heightOf(other)
    return high >= neighbourLeast * letterHeight && high <= neighbourMost * letterHeight
  })
  const above = usual.filter((other) => level(other) > 0 && level(other) < 0.42)
  const below = usual.filter((other) => level(other) > 0.58 && level(other) < 1)
  if (above.length === 0 || below.length === 0) return undefined
  const middle =
    (mean(above.map((other) => other.box[2])) + mean(below.map((other) => other.box[0]))) / 2 - shape.box[0]
  const { width, data } = shape.mask
  let best: number | undefined
  let least = Infinity
  for (let row = Math.ceil(0.25 * height); row < 0.75 * height; row++) {
    let ink = Math.abs(row - middle) / 4
    for (let x = 0; x < width; x++) ink += data[row * width + x]!
    if (ink < least) {
      least = ink
      best = row
    }
  }
  return best
}

/** The connected pieces above and below a row. */
function cutAtRow(shape: Shape, row: number): Shape[] {
  const halves = [partOf(shape, (_, y) => y < row), partOf(shape, (_, y) => y >= row)]
  return halves.flatMap((half) => {
    if (half === undefined) return []
    const components = findComponents(half.mask)
    const labels = components.count === 1 ? undefined : regionProperties(components)
    if (labels === undefined) return [half]
    return labels.flatMap(({ box: [y1, x1, y2, x2], label }) => {
      const { runs, rowStart } = components
      const isIn = (x: number, y: number): boolean => {
        for (let r = rowStart[y]!; r < rowStart[y + 1]!; r++) {
          if (x >= runs[3 * r]! && x < runs[3 * r + 1]!) return runs[3 * r + 2] === label
        }
        return false
      }
      const piece = partOf(half, (x, y) => y >= y1 && y < y2 && x >= x1 && x < x2 && isIn(x, y))
      return piece === undefined ? [] : [piece]
    })
  })
}
