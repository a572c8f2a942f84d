// Cutting a contraction into register tiles: rows x vectors of columns. The choice changes speed only, never bits.

import type { Target } from '../codegen/loop-program.ts'
import { bytesOf, type DType } from '../core/dtype.ts'
import { OcellusError } from '../core/errors.ts'

/** Does a tile's accumulators, weights and splats fit the registers that the target lets a tile fill? */
function fits(target: Target, rows: number, vectors: number): boolean {
  if (target.splatsTogether) return (rows + 1) * (vectors + 1) <= target.registers
  return rows * vectors + vectors + (target.broadcastOperand ? 0 : 1) <= target.registers
}

/** Chains with which no multiply-add ever waits: a few more than hide the latency on paper (measured on Zen 4). */
const steadyChains = 12
/** What each chain that is missing there costs, as a part of a step. */
const waiting = 0.018

/** Cycles of one step along the sum for a tile: multiply-adds, loads, or the latency of one chain each, whichever is longest. */
function cycles(target: Target, rows: number, vectors: number): number {
  const chains = rows * vectors
  const missing = Math.max(0, steadyChains - chains)
  return Math.max((Math.max(chains, target.fmaChains) / 2) * (1 + waiting * missing), (rows + vectors) / 2)
}

/** Stretches of an axis: how long, and how many of them. */
export type Pieces = readonly (readonly [piece: number, count: number])[]

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

/** Most vectors of columns that a panel has, and most rows of a tile. */
const mostVectors = 8
const mostRows = 32
/** Bytes between lines that share a set of the first cache, on x64, and lines that every such set holds. */
const cacheWay = 4096
const cacheWays = 8

/** Rows that a tile can walk side by side where they are `stride` elements apart: those whole ways apart crowd each other out. */
export function rowsApart(stride: number, dtype: DType): number | undefined {
  return stride !== 0 && (stride * bytesOf(dtype)) % cacheWay === 0 ? cacheWays : undefined
}

/** Cycles that opening a tile and its loops costs, whatever its size. */
const openingCycles = 12

/** The cheapest cuts of panels of 0, 1, … `mostVectors` vectors for tiles of some rows: what each costs, and how wide its first tile is. */
interface Cuts {
  readonly costs: readonly number[]
  readonly first: readonly number[]
}

/** What a tile costs per step of the sum; Infinity where it does not fit. */
function costOfTile(target: Target, rows: number, vectors: number, steps: number): number {
  if (!fits(target, rows, vectors)) return Number.POSITIVE_INFINITY
  // Among equals the wider tile reads less.
  const wideness = 1 + (0.1 * (rows + vectors)) / (rows * vectors)
  return (cycles(target, rows, vectors) + openingCycles / Math.max(1, steps)) * wideness
}

function cutsFor(target: Target, rows: number, steps: number): Cuts {
  const costs = [0]
  const first = [0]
  const tiles = [0]
  for (let vectors = 1; vectors <= mostVectors; vectors++) {
    tiles.push(costOfTile(target, rows, vectors, steps))
    let [least, widest] = [Number.POSITIVE_INFINITY, 1]
    for (let piece = vectors; piece > 0; piece--) {
      const cost = (costs[vectors - piece] as number) + (tiles[piece] as number)
      if (cost < least) [least, widest] = [cost, piece]
    }
    costs.push(least)
    first.push(widest)
  }
  return { costs, first }
}

/** Vectors of the tiles of a cut panel. */
function piecesOf({ first }: Cuts, width: number): number[] {
  const pieces: number[] = []
  for (let rest = width; rest > 0; rest -= pieces.at(-1) as number) pieces.push(first[rest] as number)
  return pieces.reverse()
}

/** Tiles side by side: `count` of `size` positions each, from `start` on. */
export interface Band {
  readonly start: number
  readonly size: number
  readonly count: number
}

/** Rectangles of the same height below each other, as a band of the outer axis, each row of them in bands of the inner one. */
export interface Block extends Band {
  readonly bands: readonly Band[]
}

/** How the two innermost row axes and the columns are cut into tiles. */
export interface Tiling {
  readonly blocks: readonly Block[]
  /** Rows of the tiles of the first band; 0 where there is nothing to cut. */
  readonly rows: number
  /** Vectors of a panel of columns. */
  readonly vectors: number
  /** Vectors of the tiles that a panel of `vectors` is cut into, for tiles of `rows` rows of this tiling. */
  cut(rows: number, vectors: number): readonly number[]
}

/** Tiles of `height` x `width` and what they cost over all rows and columns; how the rest is cut is found again when they are taken. */
interface Plan {
  readonly height: number
  readonly width: number
  readonly strips: boolean
  readonly cost: number
}

/** How much cheaper tiles with strips of other ones beside them must be than even ones. */
const worthStrips = 0.99
/** Tiles that may have as many rows as this waste little at the edge. */
const manyRows = 16

function bandsOf(pieces: Pieces): Band[] {
  let start = 0
  return pieces.map(([size, count]) => {
    const band = { start, size, count }
    start += size * count
    return band
  })
}

/** Whole pieces of `size`, then the rest of `extent`. */
export function wholePieces(extent: number, size: number): Pieces {
  if (extent === 0) return []
  const rest = extent % size
  const whole = [size, Math.floor(extent / size)] as const
  return rest === 0 ? [whole] : whole[1] === 0 ? [[rest, 1]] : [whole, [rest, 1]]
}

/** Cuts [outer, inner] rows, where a tile of r rows costs `costs[r]` over all columns. */
class RowCutter {
  readonly #outer: number
  readonly #inner: number
  readonly #costs: readonly number[]
  readonly #strips = new Map<number, { readonly size: number; readonly cost: number }>()

  constructor([outer, inner]: readonly [outer: number, inner: number], costs: readonly number[]) {
    this.#outer = outer
    this.#inner = inner
    this.#costs = costs
  }

  /** What the tiles would cost if all were of the best size. */
  get ideal(): number {
    return this.#outer * this.#inner * Math.min(...this.#costs.slice(1).map((cost, i) => cost / (i + 1)))
  }

  /** The cheapest plan with even pieces on both axes; a tile spans several rows of the outer axis only where it holds the inner one whole. */
  even(): Plan {
    const most = this.#costs.length - 1
    let best: Plan = { height: 1, width: 1, strips: false, cost: Number.POSITIVE_INFINITY }
    for (let width = 1; width <= Math.min(this.#inner, most); width++) {
      const heights = width === this.#inner ? Math.min(this.#outer, Math.floor(most / width)) : 1
      for (let height = 1; height <= heights; height++) {
        const rows = Math.ceil(this.#outer / height)
        const small = Math.floor(this.#outer / rows)
        const large = this.#outer - small * rows
        const cost =
          (rows - large) * this.#evenRow(small, width) + (large > 0 ? large * this.#evenRow(small + 1, width) : 0)
        if (cost < best.cost) best = { height, width, strips: false, cost }
      }
    }
    return best
  }

  /** The inner axis in even pieces of at most `size`, in tiles of `height`. */
  #evenRow(height: number, size: number): number {
    const count = Math.ceil(this.#inner / size)
    const small = Math.floor(this.#inner / count)
    const large = this.#inner - small * count
    return (count - large) * this.#cost(height * small) + (large > 0 ? large * this.#cost(height * (small + 1)) : 0)
  }

  /** The cheapest plan of equal tiles from the corner on, and strips at the right and below in tiles of their own: 7 x 7 as seven 1 x 6, one 4 x 1, one 3 x 1. */
  withStrips(): Plan {
    const most = this.#costs.length - 1
    let best: Plan = { height: 1, width: 1, strips: true, cost: Number.POSITIVE_INFINITY }
    for (let height = 1; height <= Math.min(this.#outer, most); height++) {
      for (let width = Math.min(this.#inner, Math.floor(most / height)); width > 0; width--) {
        const [rows, columns] = [Math.floor(this.#outer / height), Math.floor(this.#inner / width)]
        const [below, right] = [this.#outer % height, this.#inner % width]
        const strips = this.#strip(this.#outer, right).cost + this.#strip(columns * width, below).cost
        const cost = (rows * columns * this.#cost(height * width) + strips) / worthStrips
        if (cost < best.cost) best = { height, width, strips: true, cost }
      }
    }
    return best
  }

  blocks({ height, width, strips }: Plan): Block[] {
    if (!strips) {
      const bands = bandsOf(evenPieces(this.#inner, width))
      return bandsOf(evenPieces(this.#outer, height)).map((block) => ({ ...block, bands }))
    }
    const [rows, columns] = [Math.floor(this.#outer / height), Math.floor(this.#inner / width)]
    const [below, right] = [this.#outer % height, this.#inner % width]
    const blocks: Block[] = [
      { start: 0, size: height, count: rows, bands: [{ start: 0, size: width, count: columns }] },
    ]
    if (right > 0) {
      const bands = [{ start: columns * width, size: right, count: 1 }]
      for (const band of bandsOf(wholePieces(this.#outer, this.#strip(this.#outer, right).size)))
        blocks.push({ ...band, bands })
    }
    if (below > 0) {
      const bands = bandsOf(wholePieces(columns * width, this.#strip(columns * width, below).size))
      blocks.push({ start: rows * height, size: below, count: 1, bands })
    }
    return blocks
  }

  /** How long the tiles of a strip are best, if each is as wide as the strip. */
  #strip(extent: number, width: number): { readonly size: number; readonly cost: number } {
    if (width === 0) return { size: 1, cost: 0 }
    const key = extent * (mostRows + 1) + width
    let best = this.#strips.get(key)
    if (best === undefined) {
      best = { size: 1, cost: Number.POSITIVE_INFINITY }
      for (let size = 1; size <= Math.min(extent, Math.floor((this.#costs.length - 1) / width)); size++) {
        const rest = extent % size
        const cost = Math.floor(extent / size) * this.#cost(size * width) + (rest > 0 ? this.#cost(rest * width) : 0)
        if (cost < best.cost) best = { size, cost }
      }
      this.#strips.set(key, best)
    }
    return best
  }

  #cost(rows: number): number {
    return this.#costs[rows] ?? Number.POSITIVE_INFINITY
  }
}

/**
 * The tiles with the fewest cycles over [outer, inner] rows and `vectors` of columns, for sums of `steps`. `uniform`: all tiles take the same vectors
 * of columns, as copied panels need, which are cut before the rows pass; else each as many as suit its rows. `most`: rows of a tile at most.
 */
export function chooseTiling(
  target: Target,
  rows: readonly [outer: number, inner: number],
  vectors: number,
  steps: number,
  uniform: boolean,
  most: number = mostRows,
): Tiling {
  const cuts: Cuts[] = [{ costs: [], first: [] }]
  while (cuts.length <= Math.min(most, mostRows) && fits(target, cuts.length, 1))
    cuts.push(cutsFor(target, cuts.length, steps))
  let blocks: readonly Block[] = []
  let least = Number.POSITIVE_INFINITY
  let widest = 1
  for (let width = 1; width <= Math.min(vectors, mostVectors); width++) {
    const panels = uniform ? wholePieces(vectors, width) : evenPieces(vectors, width)
    const costs = cuts.map((cut, tileRows) =>
      panels.reduce((sum, [v, count]) => {
        const each = uniform ? costOfTile(target, tileRows, v, steps) : cut.costs[v]
        return sum + count * (each ?? 0)
      }, 0),
    )
    const cutter = new RowCutter(rows, costs)
    const { ideal } = cutter
    if (ideal >= least) continue
    let plan = cutter.even()
    if (cuts.length <= manyRows && ideal / worthStrips < plan.cost) {
      const other = cutter.withStrips()
      if (other.cost < plan.cost) plan = other
    }
    if (plan.cost < least) {
      least = plan.cost
      blocks = cutter.blocks(plan)
      widest = width
    }
  }
  const first = blocks[0]
  return {
    blocks,
    rows: (first?.size ?? 0) * (first?.bands[0]?.size ?? 0),
    vectors: widest,
    cut: (tileRows, width) => {
      if (uniform) return wholePieces(width, widest).flatMap(([v, count]) => new Array<number>(count).fill(v))
      const found = cuts[tileRows]
      if (found === undefined || width > mostVectors)
        throw new OcellusError(`no tile of ${tileRows} rows for a panel of ${width} vectors`)
      return piecesOf(found, width)
    },
  }
}
