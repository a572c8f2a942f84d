// Loops over the tiles of the rows of a contraction: rectangles of pixels, or rows of a matrix.

import type { Builder } from './builder.ts'
import { type Place, place, scaled, shifted, within } from './expression.ts'
import type { Band, Block } from './tile.ts'

/** Rows of one tile: positions of the row axes relative to the tile's corner, and the corner. */
export interface TileRows {
  readonly corner: readonly Place[]
  readonly inside: readonly (readonly number[])[]
  /** Positions in the tiles before this one. */
  readonly before: Place
}

/** Tiles side by side, and a loop over them. */
export interface TileBand {
  /** Positions of one tile. */
  readonly rows: number
  each(body: (rows: TileRows) => void): void
}

/** All bands of tiles; `axes` counts the row axes, 1 where there is no outer one. */
export function overBands(
  b: Pick<Builder, 'loop'>,
  blocks: readonly Block[],
  axes: 1 | 2,
  body: (band: TileBand) => void,
): void {
  let before = 0
  for (const block of blocks) {
    const width = block.bands.reduce((sum, { size, count }) => sum + size * count, 0)
    const first = before
    overTiles(b, block, (y) => {
      let left = 0
      for (const band of block.bands) {
        const inside = Array.from({ length: block.size * band.size }, (_, p) =>
          axes === 1 ? [p] : [Math.floor(p / band.size), p % band.size],
        )
        const start = left
        const each: TileBand['each'] = (inner) =>
          overTiles(b, band, (x) => {
            const above = scaled(shifted(y, -block.start), width)
            const beside = shifted(scaled(shifted(x, -band.start), block.size), first + start * block.size)
            inner({ corner: axes === 1 ? [x] : [y, x], inside, before: within(above, beside) })
          })
        body({ rows: inside.length, each })
        left += band.size * band.count
      }
    })
    before += width * block.size * block.count
  }
}

/** The first position of each tile. */
function overTiles(b: Pick<Builder, 'loop'>, { start, size, count }: Band, body: (corner: Place) => void): void {
  if (count === 1) body(place(start))
  else b.loop(count, (variable) => body(place(start, [variable, size])))
}
