// Copies of the operands of a product: panels of columns and blocks of rows that lie far apart in memory are brought close together first.

import type { Address, LoopVar, Reg } from '../codegen/loop-program.ts'
import type { Builder } from './builder.ts'
import { type ExpressionWriter, type Place, place, scaled, shifted, within } from './expression.ts'
import { type Access, type Contract, rowGap } from './kernel.ts'
import type { PanelPart } from './panels.ts'

/** A stretch of an axis. */
export interface Stretch {
  readonly place: Place
  readonly extent: number
}

/** Makes the copies that a product asks for, and says where their elements lie. */
export class OperandCopies {
  readonly #b: Builder
  readonly #stage: Contract
  readonly #writer: ExpressionWriter
  readonly #row: number
  readonly #column: number
  readonly #sum: number

  constructor(b: Builder, stage: Contract, writer: ExpressionWriter) {
    this.#b = b
    this.#stage = stage
    this.#writer = writer
    this.#row = stage.roles.indexOf('row')
    this.#column = stage.roles.indexOf('column')
    this.#sum = stage.roles.indexOf('sum')
  }

  /** Where a vector of the copy of a part of a panel lies, for a sum of `extent` steps. */
  panelAddress(packed: number, step: Place, extent: number, { first, width }: PanelPart, v: number): Address {
    const { lanes } = this.#b
    const at = shifted(within(scaled(step, width * lanes), scaled(first, extent * lanes)), v * lanes)
    return { arg: packed, offset: at.base, terms: at.terms }
  }

  /** Copies the block's steps of a panel of columns, part by part, one step after another. */
  packPanel(sum: Stretch, parts: readonly PanelPart[]): void {
    const { dtype, b: weights, panel: packed } = this.#stage
    if (packed === undefined) return
    const b = this.#b
    const columnStep = weights.strides[this.#column] as number
    if (columnStep !== 1 && weights.strides[this.#sum] === 1) {
      for (const part of parts) this.#transposePanel(sum, part, packed)
      return
    }
    const pack = (step: Place, part: PanelPart, v: number): void => {
      const at = [
        [this.#column, shifted(part.place, v * b.lanes)],
        [this.#sum, within(sum.place, step)],
      ] as const
      this.#writer.at(at, () => {
        const lanes = v === part.width - 1 && part.tail !== undefined ? { lanes: part.tail } : {}
        const vector = b.load(dtype, this.#writer.address(weights), {
          ...(columnStep === 1 ? {} : { step: columnStep }),
          ...lanes,
        })
        b.store(vector, this.panelAddress(packed, step, sum.extent, part, v))
      })
    }
    b.loop(sum.extent, (variable) => {
      const step = place(0, [variable, 1])
      for (const part of parts) for (let v = 0; v < part.width; v++) pack(step, part, v)
    })
  }

  /** The panel of columns that lie one by one in memory: each is read in vectors along the sum, so that no line is fetched twice, and spread over the steps. */
  #transposePanel(sum: Stretch, { place: start, first, width, tail }: PanelPart, packed: number): void {
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
          const offset = first.base * lanes * sum.extent + inner.base * step
          const to = { arg: packed, offset, terms: [...terms, [column, 1] as [LoopVar, number]] }
          b.store(vector, to, { step, ...tailed })
        })
      }
      const full = Math.floor(sum.extent / lanes)
      if (full > 0) b.loop(full, (variable) => copy(place(0, [variable, lanes]), undefined))
      if (sum.extent % lanes > 0) copy(place(full * lanes), sum.extent % lanes)
    })
  }

  /** Where a packed block of rows lies: steps of the sum neighbours, or rows where they are so in `a`. */
  blockAccess(block: number, rows: Stretch, sum: Stretch): Access {
    const { a, axes } = this.#stage
    const transposed = a.strides[this.#row] === 1 && a.strides[this.#sum] !== 1
    const strides = axes.map((_, axis) => {
      if (axis === this.#row) return transposed ? 1 : sum.extent + rowGap
      return axis === this.#sum ? (transposed ? rows.extent : 1) : 0
    })
    return { buffer: block, offset: 0, slab: 0, strides }
  }

  /** Copies the inputs of a block of rows and of the sum close together, in vectors along the axis in which they are neighbours. */
  packRows(sum: Stretch, rows: Stretch): void {
    const b = this.#b
    const { dtype, a, block } = this.#stage
    if (block === undefined) return
    const packed = this.blockAccess(block, rows, sum)
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
