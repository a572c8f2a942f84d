// The slant of the lines of a page: the angle at which its ink, summed along it, falls into the sharpest stripes.

import { UsageError } from '../core/errors.ts'
import type { BinaryImage } from './image.ts'

export interface SkewOptions {
  /** Angles from -maxDegrees to maxDegrees are tried, at most 45. Default 15. */
  readonly maxDegrees?: number
  /** Steps of the final search. Default 0.05. */
  readonly stepDegrees?: number
}

/**
 * Angle of the text lines in degrees, counter-clockwise: positive where lines rise to the right. `rotate` by its negative
 * sets them level. The projection profile p(r) counts ink per line r at a trial angle; the score is the sum of p^2
 * (W. Postl, 1986). A page without ink has angle 0.
 */
export function estimateSkew(image: BinaryImage, options: SkewOptions = {}): number {
  const { maxDegrees = 15, stepDegrees = 0.05 } = options
  if (!(maxDegrees > 0 && maxDegrees <= 45)) {
    throw new UsageError(`estimateSkew: maxDegrees must be above 0 and at most 45, got ${maxDegrees}`)
  }
  if (!(stepDegrees > 0)) throw new UsageError(`estimateSkew: stepDegrees must be above 0, got ${stepDegrees}`)
  const strips = sumStrips(image)
  let step = Math.max(stepDegrees, Math.min(0.5, maxDegrees / 8))
  let best = bestAngle(strips, 0, maxDegrees, step)
  while (step > stepDegrees) {
    const around = step
    step = Math.max(stepDegrees, step / 4)
    best = bestAngle(strips, best, around, step)
  }
  return best
}

/** Ink counts of `count` vertical strips of `stripWidth` columns, in rows of `rowHeight` pixels; [count, rows]. */
interface Strips {
  readonly count: number
  readonly stripWidth: number
  readonly rows: number
  readonly rowHeight: number
  readonly ink: Float64Array
}

function sumStrips(image: BinaryImage): Strips {
  const { width, height, data } = image
  // Strips so narrow that the steepest angle moves ink by a few rows within one, rows so low that lines stay apart.
  const stripWidth = Math.max(1, Math.round(width / 256))
  const rowHeight = Math.max(1, Math.round(height / 1024))
  const count = Math.ceil(width / stripWidth)
  const rows = Math.ceil(height / rowHeight)
  const ink = new Float64Array(count * rows)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / rowHeight)
    for (let strip = 0; strip < count; strip++) {
      const end = Math.min(width, (strip + 1) * stripWidth)
      let sum = 0
      for (let x = strip * stripWidth; x < end; x++) sum += data[y * width + x]!
      ink[strip * rows + row] = ink[strip * rows + row]! + sum
    }
  }
  return { count, stripWidth, rows, rowHeight, ink }
}

/** The best angle of those at whole steps from `centre`, at most `reach` away; of equals the one nearest to `centre`. */
function bestAngle(strips: Strips, centre: number, reach: number, step: number): number {
  const tries = Math.floor(reach / step + 1e-9)
  let best = centre
  let bestScore = scoreOf(strips, centre)
  for (let k = 1; k <= tries; k++) {
    for (const angle of [centre + k * step, centre - k * step]) {
      const score = scoreOf(strips, angle)
      if (score > bestScore) {
        bestScore = score
        best = angle
      }
    }
  }
  return best
}

function scoreOf(strips: Strips, degrees: number): number {
  const { count, stripWidth, rows, rowHeight, ink } = strips
  const slope = (Math.tan((degrees * Math.PI) / 180) * stripWidth) / rowHeight
  const middle = (count - 1) / 2
  const slack = Math.ceil(Math.abs(slope) * middle) + 2
  const profile = new Float64Array(rows + 2 * slack)
  for (let strip = 0; strip < count; strip++) {
    // The shift is fractional: its two neighbours share the ink, which keeps the score smooth in the angle.
    const shift = slope * (strip - middle) + slack
    const whole = Math.floor(shift)
    const share = shift - whole
    const from = strip * rows
    for (let row = 0; row < rows; row++) {
      const value = ink[from + row]!
      if (value === 0) continue
      profile[row + whole] = profile[row + whole]! + value * (1 - share)
      profile[row + whole + 1] = profile[row + whole + 1]! + value * share
    }
  }
  let score = 0
  for (let row = 0; row < profile.length; row++) score += profile[row]! * profile[row]!
  return score
}
