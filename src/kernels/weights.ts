// The weights of a contraction over several sum axes, a panel of columns at a time: as they lie in memory, or copied close together.

import type { Address, Reg } from '../codegen/loop-program.ts'
import { bytesOf } from '../core/dtype.ts'
import type { Builder } from './builder.ts'
import { type ExpressionWriter, scaled, shifted } from './expression.ts'
import { type Contract, copiedColumns } from './kernel.ts'
import type { Stretch } from './operand-copies.ts'
import { lineBytes, type PanelPart } from './panels.ts'

/** The weights of one stage, at the places of its writer. */
export class Weights {
  readonly #b: Builder
  readonly #stage: Contract
  readonly #writer: ExpressionWriter
  readonly #column: number

  constructor(b: Builder, stage: Contract, writer: ExpressionWriter) {
    this.#b = b
    this.#stage = stage
    this.#writer = writer
    this.#column = stage.roles.indexOf('column')
  }

  /** Are panels copied, `together` vectors at a time, rather than read in place by tiles of `vectors`? Not where those take several whole lines. */
  areCopied(vectors: number, together: number): boolean {
    const { dtype } = this.#stage
    const lines = (vectors * this.#b.lanes * bytesOf(dtype)) / lineBytes
    const several = lines > 1 && Number.isInteger(lines)
    return !several && together * this.#b.lanes <= copiedColumns
  }

  /** The vectors of a part at one step of the sum, as they lie in memory. */
  inPlace(part: PanelPart): Reg[] {
    const { b: weights, dtype } = this.#stage
    return Array.from({ length: part.width }, (_, v) => {
      let reg: Reg | undefined
      // Neighbouring lanes beyond a tail read what lies behind the row: their totals are never stored.
      const together = weights.strides[this.#column] === 1
      this.#writer.lanes = v === part.width - 1 && !together ? part.tail : undefined
      this.#writer.at([[this.#column, shifted(part.place, v * this.#b.lanes)]], () => {
        reg = this.#writer.load(weights, dtype)
      })
      this.#writer.lanes = undefined
      return reg as Reg
    })
  }

  /** Copies them; `sums`: the steps that are copied. */
  copy(sums: readonly Stretch[], part: PanelPart): void {
    for (const [v, vector] of this.inPlace(part).entries()) this.#b.store(vector, this.#copyAddress(sums, part, v))
  }

  /** Reads them from their copy. */
  copied(sums: readonly Stretch[], part: PanelPart): Reg[] {
    const { dtype } = this.#stage
    return Array.from({ length: part.width }, (_, v) => this.#b.load(dtype, this.#copyAddress(sums, part, v)))
  }

  #copyAddress(sums: readonly Stretch[], { first, width }: PanelPart, v: number): Address {
    const { lanes } = this.#b
    const { axes, roles, panel } = this.#stage
    const strides = axes.map(() => 0)
    let stride = width * lanes
    let next = sums.length
    for (const axis of [...roles.keys()].reverse()) {
      if (roles[axis] !== 'sum') continue
      strides[axis] = stride
      stride *= (sums[--next] as Stretch).extent
    }
    const address = { buffer: panel as number, offset: v * lanes, slab: 0, strides }
    const { arg, offset, terms } = this.#writer.address(address)
    const before = scaled(first, stride / width)
    return { arg, offset: offset + before.base, terms: [...terms, ...before.terms] }
  }
}
