// Tiles of the rows of a convolution: rectangles of pixels, in loops where several are alike.

import type { Builder } from './builder.ts'
import { type Place, place } from './expression.ts'
import { evenPieces } from './tile.ts'

/** Rows of one tile: positions of the row axes relative to the tile's corner, and the corner. */
export interface TileRows {
  readonly corner: readonly Place[]
  readonly inside: readonly (readonly number[])[]
}

/** The two innermost row axes, `height` undefined where there is one, in tiles of at most the size of `tile`. */
export function overRowTiles(
  b: Builder,
  [height, width]: readonly [height: number | undefined, width: number],
  tile: { readonly height: number; readonly width: number },
  body: (rows: TileRows) => void,
): void {
  const heights = height === undefined ? [] : pieces(b, height, tile.height)
  const widths = pieces(b, width, tile.width)
  const across = (corners: readonly Place[], rows: number): void => {
    for (const { extent, each } of widths) {
      const inside = Array.from({ length: rows * extent }, (_, p) =>
        height === undefined ? [p] : [Math.floor(p / extent), p % extent],
      )
      each((corner) => body({ corner: [...corners, corner], inside }))
    }
  }
  if (height === undefined) across([], 1)
  for (const { extent, each } of heights) each((corner) => across([corner], extent))
}

/** An axis in even pieces of at most `size`: the extent of alike pieces, and a loop over their corners. */
function pieces(
  b: Builder,
  extent: number,
  size: number,
): { readonly extent: number; readonly each: (body: (corner: Place) => void) => void }[] {
  let base = 0
  return evenPieces(extent, size).map(([piece, count]) => {
    const start = base
    base += piece * count
    const each = (body: (corner: Place) => void): void => {
      if (count === 1) body(place(start))
      else b.loop(count, (variable) => body(place(start, [variable, piece])))
    }
    return { extent: piece, each }
  })
}
