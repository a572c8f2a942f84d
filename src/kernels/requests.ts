// Requests for the next image: each tile of a convolution asks for its share of every stream, a few lines at a time between the steps of its sum.

import { bytesOf } from '../core/dtype.ts'
import type { Builder } from './builder.ts'
import { type Place, type SlabLoops, scaled, within } from './expression.ts'
import { lineBytes } from './panels.ts'
import type { TileRows } from './row-tiles.ts'
import type { Stream } from './streams.ts'

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

/** A tile's share of what the next image reads: runs of lines, one for each stream. `positions`: of all tiles. */
export function sharesOf(
  streams: readonly Stream[],
  { inside, before }: TileRows,
  positions: number,
  visit: Visit,
): StreamShare[] {
  return streams.map((stream) => {
    const lineElements = lineBytes / bytesOf(stream.dtype)
    const each = Math.ceil(stream.elements / positions / lineElements) * lineElements
    const lines = (inside.length * each) / lineElements
    return { stream, start: scaled(before, each), lines, lineElements, visit }
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
