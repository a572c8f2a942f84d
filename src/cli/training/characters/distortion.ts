// Letters drawn anew in every step, each a little turned, slanted, stretched and shifted: so a network learns shapes, not samples.

import type { Random } from '../../../core/random.ts'
import type { Augmentation } from '../../../train/trainer.ts'

export interface DistortionOptions {
  /** Largest angle, in degrees (default 12). */
  readonly turn?: number
  /** Largest slant: columns per row (default 0.3). */
  readonly slant?: number
  /** Largest change of width and of height, as a share (default 0.18). */
  readonly stretch?: number
  /** Largest shift in pixels, down and right (default 2). */
  readonly shift?: number
}

/** The affine map from a pixel of the new letter to a place in the old one, both measured from the centre. */
interface Affine {
  readonly xx: number
  readonly xy: number
  readonly yx: number
  readonly yy: number
  readonly dx: number
  readonly dy: number
}

/** Distorts each letter of a batch, a row of `side` times `side` pixels; what comes from outside is paper, 0. */
export function distortion(side: number, options: DistortionOptions = {}): Augmentation {
  const { turn = 12, slant = 0.3, stretch = 0.18, shift = 2 } = options
  return (batch, random) => {
    const { data, shape } = batch.inputs
    const drawn = new Float32Array(data.length)
    for (let start = 0; start < data.length; start += side * side) {
      const map = drawAffine(random, { turn, slant, stretch, shift })
      resample(data.subarray(start, start + side * side), drawn.subarray(start, start + side * side), side, map)
    }
    return { inputs: { data: drawn, shape }, labels: batch.labels }
  }
}

function drawAffine(random: Random, { turn, slant, stretch, shift }: Required<DistortionOptions>): Affine {
  const within = (limit: number): number => random.uniform(-limit, limit)
  const angle = (within(turn) * Math.PI) / 180
  const shear = within(slant)
  const [width, height] = [1 + within(stretch), 1 + within(stretch)]
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  return {
    xx: cosine * width,
    xy: (cosine * shear - sine) * height,
    yx: sine * width,
    yy: (sine * shear + cosine) * height,
    dx: within(shift),
    dy: within(shift),
  }
}

/** Draws `target` from `source` by bilinear interpolation. */
function resample(source: Float32Array, target: Float32Array, side: number, map: Affine): void {
  const centre = (side - 1) / 2
  const at = (y: number, x: number): number =>
    y >= 0 && y < side && x >= 0 && x < side ? (source[y * side + x] as number) : 0
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const [v, u] = [row - centre, column - centre]
      const x = map.xx * u + map.xy * v + map.dx + centre
      const y = map.yx * u + map.yy * v + map.dy + centre
      const [left, top] = [Math.floor(x), Math.floor(y)]
      const [right, down] = [x - left, y - top]
      const upper = at(top, left) * (1 - right) + at(top, left + 1) * right
      const lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
      target[row * side + column] = upper * (1 - down) + lower * down
    }
  }
}
