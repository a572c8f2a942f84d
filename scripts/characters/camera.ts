// From the flat page to the photograph: a small turn, perspective and a curl of the paper.

import type { Random } from '../../src/core/random.ts'
import type { PointMap } from './outline.ts'

export interface CameraView {
  /** Size of the photograph in pixels. */
  readonly width: number
  readonly height: number
  /** Turn of the page, radians. */
  readonly turn: number
  /** How much smaller the far side is, as a share of the near side, across and down. */
  readonly tiltAcross: number
  readonly tiltDown: number
  /** Height of the waves of the paper, as a share of its width. */
  readonly curl: number
  /** Which waves: 0 to 2 pi. */
  readonly phase: number
}

/**
 * Maps pixels of the flat page to pixels of the photograph; both have the same size and the centre stays in place.
 * With (u, v) measured from the centre in half the longer side: first the curl moves v by waves along u, then the turn,
 * then the perspective division by 1 + tiltAcross * u + tiltDown * v.
 */
export function pageToPhotograph({ width, height, turn, tiltAcross, tiltDown, curl, phase }: CameraView): PointMap {
  const half = Math.max(width, height) / 2
  const cosine = Math.cos(turn)
  const sine = Math.sin(turn)
  return (x, y) => {
    const u = (x - width / 2) / half
    const v = (y - height / 2) / half + curl * Math.sin(2.2 * u + phase)
    const turnedU = cosine * u - sine * v
    const turnedV = sine * u + cosine * v
    const depth = 1 + tiltAcross * turnedU + tiltDown * turnedV
    return [width / 2 + (half * turnedU) / depth, height / 2 + (half * turnedV) / depth]
  }
}

/** A view as a telephone held by hand has it. */
export function drawView(width: number, height: number, random: Random): CameraView {
  return {
    width,
    height,
    turn: random.normal(0, 0.012),
    tiltAcross: random.normal(0, 0.025),
    tiltDown: random.normal(0, 0.025),
    curl: Math.abs(random.normal(0, 0.003)),
    phase: random.uniform(0, 2 * Math.PI),
  }
}
