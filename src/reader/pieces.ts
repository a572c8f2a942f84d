// Shapes joined and cut, each made once: in the next round the same objects come back and are not recognised again.

import { type Cut, findCuts } from './cuts.ts'
import { joinShapes, type Shape } from './shape.ts'

/** Remembers what became of shapes. */
export class Pieces {
  readonly #joined = new Map<Shape, Map<Shape, Shape>>()
  readonly #cuts = new Map<Shape, readonly Cut[]>()

  /** Two shapes as one. */
  join(left: Shape, right: Shape): Shape {
    const known = this.#joined.get(left) ?? new Map<Shape, Shape>()
    const joined = known.get(right) ?? joinShapes([left, right])
    this.#joined.set(left, known.set(right, joined))
    return joined
  }

  /** Ways to cut a shape in two, from `findCuts`. `letterHeight` in pixels. */
  cut(shape: Shape, letterHeight: number): readonly Cut[] {
    const cuts = this.#cuts.get(shape) ?? findCuts(shape, letterHeight)
    this.#cuts.set(shape, cuts)
    return cuts
  }
}
