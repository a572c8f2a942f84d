// A letter as closed polygons: curves flattened, edges cut short enough to be bent by any smooth map of the plane.

import type { PathCommand } from 'opentype.js'

/**
 * Closed polygons, filled by the nonzero rule. The unit is the height of a capital, the baseline is y = 0 and y points
 * down, so that a capital H reaches from y = -1 to y = 0; letters laid on a page or a raster use pixels.
 */
export interface Outline {
  /** Each [2 * points]: x0, y0, x1, y1 … */
  readonly contours: readonly Float64Array[]
}

/** Smallest rectangle around the points. */
export interface Bounds {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** A map of the plane. */
export type PointMap = (x: number, y: number) => readonly [x: number, y: number]

const curveSteps = 8

/** The polygons of a glyph's path; no edge is longer than `longest`, in units of the path. */
export function outlineOf(commands: readonly PathCommand[], longest: number): Outline {
  const contours: Float64Array[] = []
  let points: number[] = []
  let x = 0
  let y = 0
  const lineTo = (toX: number, toY: number): void => {
    const pieces = Math.max(1, Math.ceil(Math.hypot(toX - x, toY - y) / longest))
    for (let i = 1; i <= pieces; i++) points.push(x + ((toX - x) * i) / pieces, y + ((toY - y) * i) / pieces)
    x = toX
    y = toY
  }
  const close = (): void => {
    if (points.length >= 2) lineTo(points[0] as number, points[1] as number)
    if (points.length >= 6) contours.push(Float64Array.from(points))
    points = []
  }
  for (const command of commands) {
    if (command.type === 'Z') {
      close()
    } else if (command.type === 'M') {
      close()
      x = command.x
      y = command.y
      points.push(x, y)
    } else if (command.type === 'L') {
      lineTo(command.x, command.y)
    } else {
      const startX = x
      const startY = y
      for (let i = 1; i <= curveSteps; i++) {
        const t = i / curveSteps
        const s = 1 - t
        if (command.type === 'Q') {
          lineTo(
            s * s * startX + 2 * s * t * command.x1 + t * t * command.x,
            s * s * startY + 2 * s * t * command.y1 + t * t * command.y,
          )
        } else {
          lineTo(
            s * s * s * startX + 3 * s * s * t * command.x1 + 3 * s * t * t * command.x2 + t * t * t * command.x,
            s * s * s * startY + 3 * s * s * t * command.y1 + 3 * s * t * t * command.y2 + t * t * t * command.y,
          )
        }
      }
    }
  }
  close()
  return { contours }
}

/** The outline with every point moved. */
export function mapOutline(outline: Outline, map: PointMap): Outline {
  return {
    contours: outline.contours.map((contour) => {
      const moved = new Float64Array(contour.length)
      for (let i = 0; i < contour.length; i += 2) {
        const [x, y] = map(contour[i] as number, contour[i + 1] as number)
        moved[i] = x
        moved[i + 1] = y
      }
      return moved
    }),
  }
}

/** Bounds of all points; an outline without points has bounds of zero size at the origin. */
export function boundsOf({ contours }: Outline): Bounds {
  let left = Infinity
  let top = Infinity
  let right = -Infinity
  let bottom = -Infinity
  for (const contour of contours) {
    for (let i = 0; i < contour.length; i += 2) {
      const x = contour[i] as number
      const y = contour[i + 1] as number
      if (x < left) left = x
      if (x > right) right = x
      if (y < top) top = y
      if (y > bottom) bottom = y
    }
  }
  return left <= right ? { left, top, right, bottom } : { left: 0, top: 0, right: 0, bottom: 0 }
}
