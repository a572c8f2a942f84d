// Choosing the register tile of a contraction: rows x vectors of columns. The choice changes speed only, never bits.

import type { Target } from '../codegen/loop-program.ts'

export interface Tile {
  readonly rows: number
  readonly vectors: number
}

/** Does a tile's accumulators, weights and splats fit the registers that the target lets a tile fill? */
function fits(target: Target, rows: number, vectors: number): boolean {
  if (target.splatsTogether) return (rows + 1) * (vectors + 1) <= target.registers
  return rows * vectors + vectors + (target.broadcastOperand ? 0 : 1) <= target.registers
}

/** Cycles of one step along the sum for a tile: multiply-adds, loads, or the latency of one chain each, whichever is longest. */
function cycles(target: Target, rows: number, vectors: number): number {
  return Math.max((rows * vectors) / 2, (rows + vectors) / 2, target.fmaChains / 2)
}

type Pieces = readonly (readonly [piece: number, count: number])[]

/** `extent` in pieces of at most `size`, as even as can be: [piece, how many] with the larger first. */
export function evenPieces(extent: number, size: number): Pieces {
  if (extent === 0) return []
  const count = Math.ceil(extent / size)
  const small = Math.floor(extent / count)
  const large = extent - small * count
  const pieces: [number, number][] = []
  if (large > 0) pieces.push([small + 1, large])
  if (count - large > 0) pieces.push([small, count - large])
  return pieces
}

/** Most vectors of columns that a tile has. */
const mostVectors = 8

/** The pieces of `vectors` for tiles of 1, 2 and more. */
function columnPieces(vectors: number): readonly Pieces[] {
  return Array.from({ length: Math.min(vectors, mostVectors) }, (_, i) => evenPieces(vectors, i + 1))
}

/** The tile with the fewest cycles over all rows and vectors of columns. */
export function chooseTile(target: Target, rows: number, vectors: number): Tile {
  let best: Tile = { rows: 1, vectors: 1 }
  let bestCost = Number.POSITIVE_INFINITY
  const columns = columnPieces(vectors)
  for (let tileRows = 1; tileRows <= Math.min(rows, 32); tileRows++) {
    const rowPieces = evenPieces(rows, tileRows)
    for (let tileVectors = 1; tileVectors <= columns.length; tileVectors++) {
      if (!fits(target, tileRows, tileVectors)) continue
      let cost = 0
      for (const [r, rowCount] of rowPieces) {
        for (const [v, columnCount] of columns[tileVectors - 1] as Pieces)
          cost += rowCount * columnCount * cycles(target, r, v)
      }
      // Among equals the wider tile reads less.
      cost *= 1 + (0.1 * (tileRows + tileVectors)) / (tileRows * tileVectors)
      if (cost < bestCost) {
        bestCost = cost
        best = { rows: tileRows, vectors: tileVectors }
      }
    }
  }
  return best
}

/** A tile over the two innermost row axes; it spans several rows of the outer one only where it holds the inner one whole. */
export interface AreaTile {
  readonly height: number
  readonly width: number
  readonly vectors: number
}

/** Cycles that opening a tile and its loops costs, whatever its size. */
const openingCycles = 12

/** The tile with the fewest cycles over [outer, inner] rows and `vectors` of columns, for sums of `steps`. */
export function chooseAreaTile(
  target: Target,
  [outer, inner]: readonly [outer: number, inner: number],
  vectors: number,
  steps: number,
): AreaTile {
  let best: AreaTile = { height: 1, width: 1, vectors: 1 }
  let bestCost = Number.POSITIVE_INFINITY
  const columns = columnPieces(vectors)
  for (let width = 1; width <= Math.min(inner, 32); width++) {
    const widths = evenPieces(inner, width)
    const heights = width === inner ? Math.min(outer, Math.floor(32 / width)) : 1
    for (let height = 1; height <= heights; height++) {
      const heightPieces = evenPieces(outer, height)
      for (let wide = 1; wide <= columns.length; wide++) {
        if (!fits(target, height * width, wide)) continue
        let cost = 0
        for (const [h, heightCount] of heightPieces) {
          for (const [w, widthCount] of widths) {
            for (const [v, count] of columns[wide - 1] as Pieces) {
              cost += heightCount * widthCount * count * (cycles(target, h * w, v) + openingCycles / steps)
            }
          }
        }
        cost *= 1 + (0.1 * (height * width + wide)) / (height * width * wide)
        if (cost < bestCost) {
          bestCost = cost
          best = { height, width, vectors: wide }
        }
      }
    }
  }
  return best
}
