// Requests for the next image: each tile of a convolution asks for its share of every stream, a few lines at a time between the steps of its sum.

import { bytesOf } from '../core/dtype.ts'
import type { Builder } from './builder.ts'
import { type Place, place, type SlabLoops, scaled, within } from './expression.ts'
import type { TileRows } from './row-tiles.ts'
import type { Stream } from './streams.ts'

/** Bytes of a cache line. */
export const lineBytes = 64
/** Steps of the sum between two requests, at least. */
const leastRun = 8

/** Which of its visits a tile gets: sums that wait in memory between blocks have several. */
export interface Visit {
  readonly number: Place
  readonly count: number
}

/** A tile's share of a stream: `lines` cache lines from `start` on. */
export interface StreamShare {
  readonly stream: Stream
  readonly start: Place
  readonly lines: number
  readonly lineElements: number
  readonly visit: Visit
}

/** Into how many even runs `extent` steps are cut: as many as there are requests, where they divide it. */
export function runsOf(extent: number, requests: number): number {
  for (let runs = Math.min(requests, Math.floor(extent / leastRun)); runs > 1; runs--)
    if (extent % runs === 0) return runs
  return 1
}

/** A tile's share of what the next image reads: runs of lines, one for each stream. `image`: extents of the row axes. */
export function sharesOf(
  streams: readonly Stream[],
  { corner, inside }: TileRows,
  image: readonly number[],
  visit: Visit,
): StreamShare[] {
  const positions = image.reduce((product, extent) => product * extent, 1)
  const [y, x] = corner.length === 2 ? corner : [place(0), corner[0]]
  // Tiles of one height stand side by side in a band of the image: the share begins behind those of the tiles before.
  const band = corner.length === 2 ? (image.at(-1) as number) : 1
  const height = inside.length / (new Set(inside.map((position) => position.at(-1))).size || 1)
  return streams.map((stream) => {
    const lineElements = lineBytes / bytesOf(stream.dtype)
    const each = Math.ceil(stream.elements / positions / lineElements) * lineElements
    const start = within(scaled(y as Place, band * each), scaled(x as Place, height * each))
    return { stream, start, lines: (inside.length * each) / lineElements, lineElements, visit }
  })
}

/** Asks for lines of a share: `each` of them for each of the steps before, from line `cell` * `each` on. */
export function askFor(
  b: Builder,
  { stream, start, lineElements }: StreamShare,
  slabLoops: SlabLoops,
  cell: Place,
  each: number,
): void {
  const { buffer, dtype, offset, slab, step } = stream
  b.argument(buffer, dtype)
  const from = within(start, scaled(cell, each * lineElements))
  const terms = [...from.terms]
  if (slabLoops.slab !== undefined && slab !== 0) terms.push([slabLoops.slab, slab])
  if (slabLoops.step !== undefined && step !== 0) terms.push([slabLoops.step, step])
  for (let line = 0; line < each; line++)
    b.emit({ kind: 'prefetch', address: { arg: buffer, offset: offset + from.base + line * lineElements, terms } })
}
