// Lowering of contractions, for every target: register tiles over blocks of the sum and of rows, weights as vectors, inputs as splats, epilogue last.

import type { LoopVar, Reg, Target } from '../codegen/loop-program.ts'
import type { Builder } from './builder.ts'
import { ExpressionWriter, type Place, place, type SlabLoops, shifted, within } from './expression.ts'
import {
  type Access,
  type Contract,
  type ContractionRole,
  columnBlock,
  type Expression,
  rowGap,
  rowsTogether,
  stageResults,
  sumParts,
} from './kernel.ts'
import { chooseTile, evenPieces } from './tile.ts'

/** A stretch of an axis. */
interface Stretch {
  readonly place: Place
  readonly extent: number
}

/** Which part of the sum is added: the first starts at zero, the last ends in the epilogue. */
interface SumPart extends Stretch {
  readonly first: boolean
  readonly last: boolean
}

/** Neighbouring vectors of columns; `tail` lanes are valid in the last one, all when undefined. */
interface Panel {
  readonly place: Place
  readonly width: number
  readonly tail: number | undefined
}

/** `extent` in blocks of `size` and a remainder; `body` gets each, in a loop where there are several alike. */
function inBlocks(b: Builder, extent: number, size: number, body: (stretch: Stretch) => void): void {
  const full = Math.floor(extent / size)
  if (full === 1) body({ place: place(0), extent: size })
  if (full > 1) b.loop(full, (variable) => body({ place: place(0, [variable, size]), extent: size }))
  if (extent % size > 0) body({ place: place(full * size), extent: extent % size })
}

class ContractLowering {
  readonly #b: Builder
  readonly #target: Target
  readonly #stage: Contract
  readonly #writer: ExpressionWriter
  readonly #result: Expression | undefined
  readonly #partial: Access | undefined
  readonly #row: number
  readonly #column: number
  readonly #sum: number

  constructor(b: Builder, target: Target, stage: Contract, slab: SlabLoops) {
    this.#b = b
    this.#target = target
    this.#stage = stage
    this.#row = this.#axisOf('row')
    this.#column = this.#axisOf('column')
    this.#sum = this.#axisOf('sum')
    this.#writer = new ExpressionWriter(b, stage.axes.length, this.#column, slab)
    this.#result = stageResults(stage)[0]
    this.#partial = partialAccess(stage)
    const rows = [stage.a.buffer, stage.b.buffer, stage.partial, stage.panel, stage.block]
    for (const row of rows) if (row !== undefined) b.argument(row, stage.dtype)
  }

  #axisOf(role: ContractionRole): number {
    return this.#stage.roles.indexOf(role)
  }

  #extent(axis: number): number {
    return this.#stage.axes[axis] as number
  }

  lower(): void {
    const outer = [...this.#stage.roles.keys()].filter((axis) => this.#stage.roles[axis] === 'outer')
    const nest = (next: number): void => {
      const axis = outer[next]
      if (axis === undefined) this.#matrix()
      else
        this.#b.loop(this.#extent(axis), (variable) =>
          this.#writer.at([[axis, place(0, [variable, 1])]], () => nest(next + 1)),
        )
    }
    nest(0)
  }

  /** One product of matrices. Blocks of the output go outside, so that their running sums stay in cache from one block of the sum to the next. */
  #matrix(): void {
    const [rows, columns] = [this.#extent(this.#row), this.#extent(this.#column)]
    const height = this.#stage.block === undefined ? rows : rowsTogether(rows)
    inBlocks(this.#b, rows, height, (rowStretch) => {
      inBlocks(this.#b, columns, columnBlock, (columnStretch) => {
        this.#sumParts((sum) => {
          this.#packRows(sum, rowStretch)
          this.#panels(sum, rowStretch, columnStretch)
        })
      })
    })
  }

  /** Blocks of the sum, short enough that a panel of columns stays in the first cache while the rows pass. */
  #sumParts(body: (sum: SumPart) => void): void {
    const extent = this.#extent(this.#sum)
    const { count: blocks, size: block } = sumParts(extent, this.#stage.dtype)
    if (blocks <= 1) {
      body({ first: true, last: true, place: place(0), extent })
      return
    }
    body({ first: true, last: false, place: place(0), extent: block })
    if (blocks > 2) {
      this.#b.loop(blocks - 2, (variable) =>
        body({ first: false, last: false, place: place(block, [variable, block]), extent: block }),
      )
    }
    const base = (blocks - 1) * block
    body({ first: false, last: true, place: place(base), extent: extent - base })
  }

  #panels(sum: SumPart, rows: Stretch, columns: Stretch): void {
    const { lanes } = this.#b
    const vectors = Math.ceil(columns.extent / lanes)
    const tail = columns.extent % lanes
    const tile = chooseTile(this.#target, rows.extent, vectors)
    let first = 0
    for (const [width, count] of evenPieces(vectors, tile.vectors)) {
      // The panel that holds the tail of the last vector is written apart.
      const ragged = tail > 0 && first + count * width === vectors
      const plain = ragged ? count - 1 : count
      const step = width * lanes
      const start = shifted(columns.place, first * lanes)
      if (plain === 1) this.#tiles(sum, rows, tile.rows, { place: start, width, tail: undefined })
      if (plain > 1) {
        this.#b.loop(plain, (variable) =>
          this.#tiles(sum, rows, tile.rows, {
            place: within(start, place(0, [variable, step])),
            width,
            tail: undefined,
          }),
        )
      }
      if (ragged) this.#tiles(sum, rows, tile.rows, { place: shifted(start, plain * step), width, tail })
      first += width * count
    }
  }

  #tiles(sum: SumPart, rows: Stretch, tileRows: number, panel: Panel): void {
    this.#packPanel(sum, panel)
    let base = 0
    for (const [height, count] of evenPieces(rows.extent, tileRows)) {
      const start = base
      if (count === 1) this.#tile(sum, rows, place(start), height, panel)
      else this.#b.loop(count, (variable) => this.#tile(sum, rows, place(start, [variable, height]), height, panel))
      base += height * count
    }
  }

  /** One register tile: running sums in registers, all steps of the sum, then the epilogue or the way back to memory. */
  #tile(sum: SumPart, rows: Stretch, inner: Place, height: number, panel: Panel): void {
    const b = this.#b
    const partial = this.#partial
    const { dtype } = this.#stage
    const at = (p: number, v: number, body: () => void): void =>
      this.#writer.at(
        [
          [this.#row, shifted(within(rows.place, inner), p)],
          [this.#column, shifted(panel.place, v * b.lanes)],
        ],
        () => {
          this.#writer.lanes = v === panel.width - 1 ? panel.tail : undefined
          body()
          this.#writer.lanes = undefined
        },
      )
    const totals = Array.from({ length: height }, () =>
      Array.from({ length: panel.width }, () => {
        const total = b.register(dtype)
        b.move(total, b.constant(dtype, 0))
        return total
      }),
    )
    b.loop(sum.extent, (step) => {
      const vectors = Array.from({ length: panel.width }, (_, v) => this.#loadWeights(sum, step, panel, v))
      for (let p = 0; p < height; p++) {
        const splat = this.#splatInput(sum, step, rows, shifted(inner, p))
        for (let v = 0; v < panel.width; v++) {
          const total = totals[p]?.[v] as Reg
          b.emit({ kind: 'fma', to: total, a: vectors[v] as Reg, b: splat, c: total })
        }
      }
    })
    for (let p = 0; p < height; p++) {
      for (let v = 0; v < panel.width; v++) {
        const total = totals[p]?.[v] as Reg
        at(p, v, () => {
          // Each block is a chain of its own, added to the blocks before it: long sums keep their precision.
          const whole = sum.first
            ? total
            : b.binary('add', b.load(dtype, this.#writer.address(partial as Access)), total)
          if (sum.last) this.#epilogue(whole)
          else this.#writer.store(partial as Access, whole, dtype)
        })
      }
    }
  }

  #loadWeights(sum: SumPart, step: LoopVar, panel: Panel, v: number): Reg {
    const b = this.#b
    const { dtype, b: weights, panel: packed } = this.#stage
    if (packed !== undefined) return b.load(dtype, this.#panelAddress(packed, step, panel, v))
    let reg: Reg | undefined
    this.#writer.at(
      [
        [this.#column, shifted(panel.place, v * b.lanes)],
        [this.#sum, within(sum.place, place(0, [step, 1]))],
      ],
      () => {
        reg = b.load(dtype, this.#writer.address(weights))
      },
    )
    return reg as Reg
  }

  #splatInput(sum: SumPart, step: LoopVar, rows: Stretch, inner: Place): Reg {
    const { dtype, a, block } = this.#stage
    const input = block === undefined ? a : this.#blockAccess(block, rows, sum)
    const row = block === undefined ? within(rows.place, inner) : inner
    const steps = place(0, [step, 1])
    let reg: Reg | undefined
    this.#writer.at(
      [
        [this.#row, row],
        [this.#sum, block === undefined ? within(sum.place, steps) : steps],
      ],
      () => {
        reg = this.#b.splat(dtype, this.#writer.address(input))
      },
    )
    return reg as Reg
  }

  #epilogue(total: Reg): void {
    if (this.#result !== undefined) this.#writer.define(this.#result, total)
    const values = this.#stage.stores.map(({ value }) => this.#writer.value(value))
    for (const [i, { access, dtype }] of this.#stage.stores.entries())
      this.#writer.store(access, values[i] as Reg, dtype)
  }

  #panelAddress(
    packed: number,
    step: LoopVar,
    { width }: Panel,
    v: number,
  ): { arg: number; offset: number; terms: [LoopVar, number][] } {
    const { lanes } = this.#b
    return { arg: packed, offset: v * lanes, terms: [[step, width * lanes]] }
  }

  /** Copies the block's steps of a panel of columns, one after another. */
  #packPanel(sum: SumPart, panel: Panel): void {
    const { dtype, b: weights, panel: packed } = this.#stage
    if (packed === undefined) return
    const b = this.#b
    const columnStep = weights.strides[this.#column] as number
    if (columnStep !== 1 && weights.strides[this.#sum] === 1) {
      this.#transposePanel(sum, panel, packed)
      return
    }
    b.loop(sum.extent, (step) => {
      for (let v = 0; v < panel.width; v++) {
        const at = [
          [this.#column, shifted(panel.place, v * b.lanes)],
          [this.#sum, within(sum.place, place(0, [step, 1]))],
        ] as const
        this.#writer.at(at, () => {
          const lanes = v === panel.width - 1 && panel.tail !== undefined ? { lanes: panel.tail } : {}
          const vector = b.load(dtype, this.#writer.address(weights), {
            ...(columnStep === 1 ? {} : { step: columnStep }),
            ...lanes,
          })
          b.store(vector, this.#panelAddress(packed, step, panel, v))
        })
      }
    })
  }

  /** The panel of columns that lie one by one in memory: each is read in vectors along the sum, so that no line is fetched twice, and spread over the steps. */
  #transposePanel(sum: SumPart, { place: start, width, tail }: Panel, packed: number): void {
    const b = this.#b
    const { dtype, b: weights } = this.#stage
    const { lanes } = b
    const step = width * lanes
    b.loop(tail === undefined ? step : step - lanes + tail, (column) => {
      const copy = (inner: Place, count: number | undefined): void => {
        const tailed = count === undefined ? {} : { lanes: count }
        const at = [
          [this.#column, within(start, place(0, [column, 1]))],
          [this.#sum, within(sum.place, inner)],
        ] as const
        this.#writer.at(at, () => {
          const vector = b.load(dtype, this.#writer.address(weights), tailed)
          const terms: [LoopVar, number][] = inner.terms.map(([variable, scale]) => [variable, scale * step])
          const to = { arg: packed, offset: inner.base * step, terms: [...terms, [column, 1] as [LoopVar, number]] }
          b.store(vector, to, { step, ...tailed })
        })
      }
      const full = Math.floor(sum.extent / lanes)
      if (full > 0) b.loop(full, (variable) => copy(place(0, [variable, lanes]), undefined))
      if (sum.extent % lanes > 0) copy(place(full * lanes), sum.extent % lanes)
    })
  }

  /** Where a packed block of rows lies: steps of the sum neighbours, or rows where they are so in `a`. */
  #blockAccess(block: number, rows: Stretch, sum: SumPart): Access {
    const { a, axes } = this.#stage
    const transposed = a.strides[this.#row] === 1 && a.strides[this.#sum] !== 1
    const strides = axes.map((_, axis) => {
      if (axis === this.#row) return transposed ? 1 : sum.extent + rowGap
      return axis === this.#sum ? (transposed ? rows.extent : 1) : 0
    })
    return { buffer: block, offset: 0, slab: 0, strides }
  }

  /** Copies the inputs of a block of rows and of the sum close together, in vectors along the axis in which they are neighbours. */
  #packRows(sum: SumPart, rows: Stretch): void {
    const b = this.#b
    const { dtype, a, block } = this.#stage
    if (block === undefined) return
    const packed = this.#blockAccess(block, rows, sum)
    const along = packed.strides[this.#row] === 1 ? this.#row : this.#sum
    const across = along === this.#row ? this.#sum : this.#row
    const stretch = (axis: number): Stretch => (axis === this.#row ? rows : sum)
    const step = a.strides[along] as number
    const copy = (line: LoopVar, inner: Place, lanes: number | undefined): void => {
      const from = [
        [across, within(stretch(across).place, place(0, [line, 1]))],
        [along, within(stretch(along).place, inner)],
      ] as const
      const to = [
        [across, place(0, [line, 1])],
        [along, inner],
      ] as const
      const tail = lanes === undefined ? {} : { lanes }
      let vector: Reg | undefined
      this.#writer.at(from, () => {
        vector = b.load(dtype, this.#writer.address(a), { ...(step === 1 ? {} : { step }), ...tail })
      })
      this.#writer.at(to, () => b.store(vector as Reg, this.#writer.address(packed), tail))
    }
    b.loop(stretch(across).extent, (line) => {
      const full = Math.floor(stretch(along).extent / b.lanes)
      if (full > 0) b.loop(full, (variable) => copy(line, place(0, [variable, b.lanes]), undefined))
      const rest = stretch(along).extent % b.lanes
      if (rest > 0) copy(line, place(full * b.lanes), rest)
    })
  }
}

/** Running sums lie as the result does: outer x rows x columns. */
function partialAccess({ axes, roles, partial, whole = axes }: Contract): Access | undefined {
  if (partial === undefined) return undefined
  const strides = axes.map(() => 0)
  let stride = 1
  for (const axis of [...roles.keys()].reverse()) {
    if (roles[axis] === 'sum') continue
    strides[axis] = stride
    stride *= whole[axis] as number
  }
  const split = axes.findIndex((extent, axis) => extent !== whole[axis])
  const slab = split < 0 ? 0 : (axes[split] as number) * (strides[split] as number)
  return { buffer: partial, offset: 0, slab, strides }
}

export function lowerContract(b: Builder, target: Target, stage: Contract, slab: SlabLoops): void {
  new ContractLowering(b, target, stage, slab).lower()
}
