// Random surfaces: a smooth one for bending letters, light and pressure, and a periodic one for the grain of paper and sensor.

import type { Random } from '../../src/core/random.ts'

/**
 * A smooth random surface over the unit square, about normal with mean 0 and deviation 1: a uniform cubic B-spline whose
 * control points are drawn at random. More cells give shorter waves.
 */
export class SmoothNoise {
  readonly #columns: number
  readonly #rows: number
  /** [rows + 3, columns + 3] */
  readonly #points: Float64Array

  constructor(random: Random, columns: number, rows: number) {
    this.#columns = columns
    this.#rows = rows
    // The spline averages its neighbours: its variance is 0.23 of the points' in the mean over a cell, along both axes.
    this.#points = Float64Array.from({ length: (columns + 3) * (rows + 3) }, () => random.normal(0, 2.08))
  }

  /** Height of the surface at (u, v), both 0 to 1; beyond, the border's values go on. */
  at(u: number, v: number): number {
    const line = this.#line(v)
    const [first, weights] = spline(u, this.#columns)
    let sum = 0
    for (let i = 0; i < 4; i++) sum += weights[i]! * line[first + i]!
    return sum
  }

  /** Fills `out` with the heights at v and u = (column + 0.5) / out.length. */
  fillRow(v: number, out: Float32Array): void {
    const line = this.#line(v)
    for (let column = 0; column < out.length; column++) {
      const [first, weights] = spline((column + 0.5) / out.length, this.#columns)
      out[column] =
        weights[0]! * line[first]! +
        weights[1]! * line[first + 1]! +
        weights[2]! * line[first + 2]! +
        weights[3]! * line[first + 3]!
    }
  }

  /** Control points of the curve at v: [columns + 3] */
  #line(v: number): Float64Array {
    const width = this.#columns + 3
    const [first, weights] = spline(v, this.#rows)
    const line = new Float64Array(width)
    for (let i = 0; i < 4; i++) {
      for (let column = 0; column < width; column++) {
        line[column]! += weights[i]! * this.#points[(first + i) * width + column]!
      }
    }
    return line
  }
}

/** Index of the first of the four control points that rule at t, and their weights. */
function spline(t: number, cells: number): [first: number, weights: readonly number[]] {
  const position = Math.min(Math.max(t, 0), 1) * cells
  const first = Math.min(Math.floor(position), cells - 1)
  const f = position - first
  const g = 1 - f
  return [
    first,
    [(g * g * g) / 6, (3 * f * f * f - 6 * f * f + 4) / 6, (3 * g * g * g - 6 * g * g + 4) / 6, (f * f * f) / 6],
  ]
}

/** Normal noise with mean 0 and deviation 1 that repeats after `side` pixels in both directions. */
export class GrainTile {
  readonly side: number
  /** [side, side] */
  readonly values: Float32Array

  /** `radius`: neighbours within so many pixels are averaged (0: independent pixels). */
  constructor(random: Random, side: number, radius: number) {
    this.side = side
    const draws = Float32Array.from({ length: side * side }, () => random.normal())
    const span = 2 * radius + 1
    this.values = boxSums(boxSums(draws, side, radius, 1, side), side, radius, side, 1).map((sum) => sum / span)
  }

  /** Value at pixel (x, y), whole numbers of at least 0. */
  at(x: number, y: number): number {
    return this.values[(y % this.side) * this.side + (x % this.side)]!
  }
}

/** Sums over 2 * radius + 1 neighbours along one axis of a periodic square. */
function boxSums(values: Float32Array, side: number, radius: number, step: number, next: number): Float32Array {
  const sums = new Float32Array(values.length)
  for (let line = 0; line < side; line++) {
    for (let i = 0; i < side; i++) {
      let sum = 0
      for (let k = -radius; k <= radius; k++) sum += values[line * next + ((i + k + side) % side) * step]!
      sums[line * next + i * step] = sum
    }
  }
  return sums
}
