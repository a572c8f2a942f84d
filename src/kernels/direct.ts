// Lowering of contractions over several row or sum axes (convolutions and their gradients): register tiles straight over the operands, one
// chain per output along the sum. Padding is in the operands already, so no mask stands in the inner loop.

import type { Address, LoopVar, Reg, Target } from '../codegen/loop-program.ts'
import { bytesOf } from '../core/dtype.ts'
import type { Builder } from './builder.ts'
import { ExpressionWriter, type Place, place, type SlabLoops, scaled, shifted, within } from './expression.ts'
import { type Access, type Contract, type Expression, stageResults } from './kernel.ts'
import type { Stretch } from './operand-copies.ts'
import { copiedTogether, epilogue, overPanels, overParts, type PanelPart, partsOf, storeAll } from './panels.ts'
import { askFor, runsOf, type StreamShare, sharesOf, type Visit } from './requests.ts'
import { overBands, type TileRows } from './row-tiles.ts'
import { Fences, isUnrolled, overSteps } from './steps.ts'
import type { Stream } from './streams.ts'
import { chooseTiling, evenPieces, type Tiling, wholePieces } from './tile.ts'
import { Weights } from './weights.ts'

/** Share of the first cache that both operands of a block of an accumulated sum may fill. */
const blockShare = 0.75
/** Steps of the sum that a block has at least: each visit of a tile loads and stores its totals. */
const blockSteps = 64
/** Vectors of a tile whose epilogues end together. */
const epiloguesTogether = 4
/** Tiles that must share a panel of weights to be worth its copy. */
const sharingTiles = 8

class DirectLowering {
  readonly #b: Builder
  readonly #target: Target
  readonly #stage: Contract
  readonly #slab: SlabLoops
  readonly #streams: readonly Stream[]
  readonly #writer: ExpressionWriter
  readonly #weights: Weights
  readonly #result: Expression | undefined
  readonly #rows: readonly number[]
  readonly #sums: readonly number[]
  readonly #column: number

  constructor(b: Builder, target: Target, stage: Contract, slab: SlabLoops, streams: readonly Stream[]) {
    this.#b = b
    this.#target = target
    this.#slab = slab
    this.#streams = streams
    this.#stage = stage
    const ofRole = (role: string): number[] => [...stage.roles.keys()].filter((axis) => stage.roles[axis] === role)
    this.#rows = ofRole('row')
    this.#sums = ofRole('sum')
    this.#column = ofRole('column')[0] as number
    this.#writer = new ExpressionWriter(b, stage.axes.length, this.#column, slab)
    this.#weights = new Weights(b, stage, this.#writer)
    this.#result = stageResults(stage)[0]
    for (const row of [stage.a.buffer, stage.b.buffer, stage.panel]) if (row !== undefined) b.argument(row, stage.dtype)
  }

  #extent(axis: number): number {
    return this.#stage.axes[axis] as number
  }

  lower(): void {
    const outer = [...this.#stage.roles.keys()].filter((axis) => this.#stage.roles[axis] === 'outer')
    this.#over(outer, () => this.#sumBlocks((sums, visit) => this.#panels(sums, visit)))
  }

  /** `body` at each position of `axes`. */
  #over(axes: readonly number[], body: () => void): void {
    const [axis, ...rest] = axes
    if (axis === undefined) body()
    else
      this.#b.loop(this.#extent(axis), (variable) =>
        this.#writer.at([[axis, place(0, [variable, 1])]], () => this.#over(rest, body)),
      )
  }

  /** Blocks of the outermost sum axis whose operands stay in the first cache while all tiles pass; one block where totals cannot wait in memory. */
  #sumBlocks(body: (sums: readonly Stretch[], visit: Visit) => void): void {
    const whole = this.#sums.map((axis) => ({ place: place(0), extent: this.#extent(axis) }))
    const [first, ...inner] = whole
    const size = this.#stage.accumulates === true ? this.#blockExtent() : (first?.extent ?? 1)
    if (first === undefined || size >= first.extent) {
      body(whole, { number: place(0), count: 1 })
      return
    }
    const full = Math.floor(first.extent / size)
    this.#b.loop(full, (variable) =>
      body([{ place: place(0, [variable, size]), extent: size }, ...inner], {
        number: place(0, [variable, 1]),
        count: full,
      }),
    )
    const rest = first.extent % size
    if (rest > 0) body([{ place: place(full * size), extent: rest }, ...inner], { number: place(0), count: 0 })
  }

  #blockExtent(): number {
    const [axis, ...rest] = this.#sums as [number, ...number[]]
    const { a, b, dtype } = this.#stage
    const bytes = (Math.abs(a.strides[axis] as number) + Math.abs(b.strides[axis] as number)) * bytesOf(dtype)
    const steps = rest.reduce((product, sum) => product * this.#extent(sum), 1)
    const fitting = Math.floor((this.#target.l1 * blockShare) / Math.max(1, bytes))
    return Math.max(1, fitting, Math.ceil(blockSteps / steps))
  }

  #panels(sums: readonly Stretch[], visit: Visit): void {
    const columns = this.#extent(this.#column)
    const vectors = Math.ceil(columns / this.#b.lanes)
    const steps = sums.reduce((product, { extent }) => product * extent, 1)
    const image = this.#rows.map((axis) => this.#extent(axis))
    const [height, width] = [image.at(-2), image.at(-1) as number]
    const positions = image.reduce((product, extent) => product * extent, 1)
    const tilingOf = (uniform: boolean): Tiling =>
      chooseTiling(this.#target, [height ?? 1, width], vectors, steps, uniform)
    const uniform = this.#stage.panel === undefined ? undefined : tilingOf(true)
    const together = uniform === undefined ? 0 : copiedTogether(this.#b, this.#stage.dtype, uniform.vectors)
    const copied =
      uniform !== undefined &&
      positions >= sharingTiles * uniform.rows &&
      this.#weights.areCopied(uniform.vectors, together)
    const tiling = copied ? uniform : tilingOf(false)
    const pieces = copied ? wholePieces(vectors, together) : evenPieces(vectors, tiling.vectors)
    let asked = false
    overPanels(this.#b, { start: place(0), columns, pieces }, (panel) => {
      // Tiles repeat for outer rows, and in a short last block nothing is left to ask for.
      const streams = asked || visit.count === 0 || this.#rows.length > 2 ? [] : this.#streams
      asked = true
      if (copied) this.#copyParts(sums, partsOf(panel, tiling.cut(tiling.rows, panel.width), this.#b.lanes))
      this.#over(this.#rows.slice(0, -2), () =>
        overBands(this.#b, tiling.blocks, height === undefined ? 1 : 2, ({ rows, each }) => {
          const parts = partsOf(panel, tiling.cut(rows, panel.width), this.#b.lanes)
          const tiles = (asks: readonly Stream[]) => (part: PanelPart) =>
            each((tile) => this.#tile(sums, tile, part, copied, sharesOf(asks, tile, positions, visit)))
          const asking = streams.length > 0 ? 1 : 0
          overParts(this.#b, parts.slice(0, asking), tiles(streams))
          overParts(this.#b, parts.slice(asking), tiles([]))
        }),
      )
    })
  }

  /**
   * Copies weights, part by part and one step of the sum behind the other: a narrow panel takes a part of a line from each step, and lines that far
   * apart crowd few sets of the caches.
   */
  #copyParts(sums: readonly Stretch[], parts: readonly PanelPart[]): void {
    this.#sumLoops(sums, () => {
      for (const part of parts) this.#weights.copy(sums, part)
    })
  }

  /** One register tile: totals in registers, all steps of the sum, then the epilogue or the way back to memory. */
  #tile(
    sums: readonly Stretch[],
    { corner, inside }: TileRows,
    panel: PanelPart,
    copied: boolean,
    shares: readonly StreamShare[],
  ): void {
    const b = this.#b
    const { dtype, accumulates, stores } = this.#stage
    const rowAxes = this.#rows.slice(-corner.length)
    const target = accumulates === true ? (stores[0]?.access as Access) : undefined
    const atRow = (p: number): (readonly [number, Place])[] =>
      rowAxes.map((axis, i) => [axis, shifted(corner[i] as Place, inside[p]?.[i] as number)] as const)
    const atColumn = (v: number): readonly [number, Place] => [this.#column, shifted(panel.place, v * b.lanes)]
    const at = (p: number, v: number, body: () => void): void => {
      this.#writer.at([...atRow(p), atColumn(v)], () => {
        this.#writer.lanes = v === panel.width - 1 ? panel.tail : undefined
        body()
        this.#writer.lanes = undefined
      })
    }
    const totals: Reg[][] = inside.map((_, p) =>
      Array.from({ length: panel.width }, (_, v) => {
        const total = b.register(dtype)
        if (target === undefined) b.move(total, b.constant(dtype, 0))
        else at(p, v, () => b.move(total, this.#writer.load(target, dtype)))
        return total
      }),
    )
    const fences = new Fences(b, this.#target, inside.length, panel.width)
    const step = (follows: boolean): void => {
      const first = this.#inputAddress(atRow(0))
      fences.before(0, follows, first)
      const vectors = copied ? this.#weights.copied(sums, panel) : this.#weights.inPlace(panel)
      for (let p = 0; p < inside.length; p++) {
        const address = p === 0 ? first : this.#inputAddress(atRow(p))
        if (p > 0) fences.before(p, follows, address)
        const splat = b.splat(dtype, address)
        for (const [v, vector] of vectors.entries()) {
          const total = totals[p]?.[v] as Reg
          b.emit({ kind: 'fma', to: total, a: vector, b: splat, c: total })
        }
      }
    }
    this.#sumLoops(sums, step, shares)
    const spots = inside.flatMap((_, p) => Array.from({ length: panel.width }, (_, v) => [p, v] as const))
    // Epilogues are long chains of operations: where the compiler behind the emitter puts off what no store needs yet, those that end together run side by side.
    const together = this.#target.fences ? epiloguesTogether : 1
    for (let first = 0; first < spots.length; first += together) {
      const some = spots.slice(first, first + together)
      const results = some.map(([p, v]) => {
        let values: Reg[] = []
        at(p, v, () => {
          values = epilogue(this.#writer, this.#stage, this.#result, totals[p]?.[v] as Reg)
        })
        return values
      })
      for (const [i, [p, v]] of some.entries()) at(p, v, () => storeAll(this.#writer, this.#stage, results[i] as Reg[]))
    }
  }

  #inputAddress(row: readonly (readonly [number, Place])[]): Address {
    let address: Address | undefined
    this.#writer.at(row, () => {
      address = this.#writer.address(this.#stage.a)
    })
    return address as Address
  }

  /** Steps of the sum, with requests for the shares spread among them: a burst of requests would wait for memory. */
  #sumLoops(
    sums: readonly Stretch[],
    step: (follows: boolean) => void,
    shares: readonly StreamShare[] = [],
    cell: Place = shares[0]?.visit.number ?? place(0),
    next = 0,
  ): void {
    const axis = this.#sums[next]
    const part = sums[next]
    if (axis === undefined || part === undefined) {
      step(false)
      return
    }
    const last = next === this.#sums.length - 1
    // An empty sum has no steps to spread requests over.
    const before = Math.max(
      1,
      sums.slice(0, next).reduce((product, { extent }) => product * extent, shares[0]?.visit.count ?? 1),
    )
    if (!last) {
      this.#b.loop(part.extent, (variable: LoopVar) => {
        const inner = within(scaled(cell, part.extent), place(0, [variable, 1]))
        this.#writer.at([[axis, within(part.place, place(0, [variable, 1]))]], () =>
          this.#sumLoops(sums, step, shares, inner, next + 1),
        )
      })
      return
    }
    const most = Math.max(0, ...shares.map(({ lines }) => lines))
    const runs = most === 0 || isUnrolled(this.#target, part.extent) ? 1 : runsOf(part.extent, Math.ceil(most / before))
    const size = part.extent / runs
    const run = (start: Place, at: Place): void => {
      for (const share of shares) askFor(this.#b, share, this.#slab, at, Math.ceil(share.lines / (before * runs)))
      overSteps(this.#b, this.#target, start, size, (where, follows) =>
        this.#writer.at([[axis, where]], () => step(follows)),
      )
    }
    if (runs === 1) run(part.place, cell)
    else
      this.#b.loop(runs, (variable) =>
        run(within(part.place, place(0, [variable, size])), within(scaled(cell, runs), place(0, [variable, 1]))),
      )
  }
}

/** `streams`: what the next image needs from memory; it is asked for between the tiles. */
export function lowerDirect(
  b: Builder,
  target: Target,
  stage: Contract,
  slab: SlabLoops,
  streams: readonly Stream[],
): void {
  new DirectLowering(b, target, stage, slab, streams).lower()
}
