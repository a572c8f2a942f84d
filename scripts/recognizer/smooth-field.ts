// Smooth random fields over the pixels of a glyph: random numbers on a grid, interpolated by Catmull-Rom's cubics.

import { Random } from '../../src/core/random.ts'
import { glyphSize } from '../../src/reader/glyph.ts'

/** Normal draws, made once: a field takes a stretch of them, which costs one random number instead of hundreds. */
const normals: Float32Array = (() => {
  const random = new Random(1984, 0)
  return Float32Array.from({ length: 1 << 15 }, () => Math.max(-2.5, Math.min(2.5, random.normal())))
})()

/** Fields of one fineness: `points` x `points` grid points over the picture, and a frame of them around it. */
export class SmoothField {
  readonly #side: number
  /** First of the four grid points that a pixel takes from, along one axis. */
  readonly #first: Int32Array
  /** Their shares, [glyphSize, 4]. */
  readonly #shares: Float32Array
  readonly #row: Float32Array

  constructor(points: number) {
    this.#side = points + 2
    this.#row = new Float32Array(this.#side)
    const places = Float64Array.from({ length: glyphSize }, (_, i) => (i / (glyphSize - 1)) * (points - 1))
    this.#first = Int32Array.from(places, (place) => Math.min(points - 2, Math.floor(place)))
    this.#shares = Float32Array.from({ length: glyphSize * 4 }, (_, i) => {
      const pixel = i >> 2
      return cubicShare(Math.abs(places[pixel]! - this.#first[pixel]! + 1 - (i & 3)))
    })
  }

  /** Fills `field`, [glyphSize, glyphSize], with a new field whose grid points have the given deviation. */
  draw(field: Float32Array, deviation: number, random: Random): void {
    const side = this.#side
    const shares = this.#shares
    const first = this.#first
    const row = this.#row
    const start = random.integer(normals.length - side * side)
    for (let y = 0; y < glyphSize; y++) {
      const at = start + first[y]! * side
      const [a, b, c, d] = [shares[4 * y]!, shares[4 * y + 1]!, shares[4 * y + 2]!, shares[4 * y + 3]!]
      for (let j = 0; j < side; j++) {
        const upper = a * normals[at + j]! + b * normals[at + side + j]!
        row[j] = deviation * (upper + c * normals[at + 2 * side + j]! + d * normals[at + 3 * side + j]!)
      }
      for (let x = 0; x < glyphSize; x++) {
        const j = first[x]!
        const left = shares[4 * x]! * row[j]! + shares[4 * x + 1]! * row[j + 1]!
        field[y * glyphSize + x] = left + shares[4 * x + 2]! * row[j + 2]! + shares[4 * x + 3]! * row[j + 3]!
      }
    }
  }
}

/** Catmull-Rom's interpolation kernel at a distance of `t` grid steps. */
function cubicShare(t: number): number {
  if (t >= 2) return 0
  return t < 1 ? 1.5 * t ** 3 - 2.5 * t ** 2 + 1 : -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2
}
