// Lowering of contractions, for every target: register tiles over blocks of the sum, weights as vectors, inputs as splats, epilogue on the last block.

import type { Address, LoopVar, Reg, Target } from '../codegen/loop-program.ts'
import { bytesOf } from '../core/dtype.ts'
import type { Builder } from './builder.ts'
import { ExpressionWriter, type Place } from './expression.ts'
import type { Access, Contract, ContractionRole, Expression } from './kernel.ts'
import { chooseTile, evenPieces } from './tile.ts'

/** Steps along the sum between two visits of a tile, in elements of 4 bytes: a panel of columns then stays in L1. */
const sumBlock = 256

/** Which part of the sum a tile adds: the first starts at zero, the last ends in the epilogue. */
interface SumPart {
  readonly first: boolean
  readonly last: boolean
  readonly place: Place
  readonly extent: number
}

class ContractLowering {
  readonly #b: Builder
  readonly #target: Target
  readonly #stage: Contract
  readonly #writer: ExpressionWriter
  readonly #result: Expression | undefined
  readonly #row: number
  readonly #column: number
  readonly #sum: number

  constructor(b: Builder, target: Target, stage: Contract) {
    this.#b = b
    this.#target = target
    this.#stage = stage
    this.#row = this.#axisOf('row')
    this.#column = this.#axisOf('column')
    this.#sum = this.#axisOf('sum')
    this.#writer = new ExpressionWriter(b, stage.axes.length, this.#column)
    this.#result = findResult(stage)
    for (const access of [stage.a, stage.b]) b.argument(access.buffer, stage.dtype)
    b.argument(stage.partial, stage.dtype)
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
          this.#writer.at([[axis, { variable, scale: 1, base: 0 }]], () => nest(next + 1)),
        )
    }
    nest(0)
  }

  /** One product of matrices: blocks of the sum outside, so that each tile meets a short panel. */
  #matrix(): void {
    const extent = this.#extent(this.#sum)
    const block = (sumBlock * 4) / bytesOf(this.#stage.dtype)
    if (extent <= block) {
      this.#panels({ first: true, last: true, place: { scale: 1, base: 0 }, extent })
      return
    }
    const blocks = Math.ceil(extent / block)
    this.#panels({ first: true, last: false, place: { scale: 1, base: 0 }, extent: block })
    if (blocks > 2) {
      this.#b.loop(blocks - 2, (variable) =>
        this.#panels({ first: false, last: false, place: { variable, scale: block, base: block }, extent: block }),
      )
    }
    const base = (blocks - 1) * block
    this.#panels({ first: false, last: true, place: { scale: 1, base }, extent: extent - base })
  }

  #panels(part: SumPart): void {
    const { lanes } = this.#b
    const [rows, columns] = [this.#extent(this.#row), this.#extent(this.#column)]
    const vectors = Math.ceil(columns / lanes)
    const tile = chooseTile(this.#target, rows, vectors)
    let first = 0
    for (const [width, count] of evenPieces(vectors, tile.vectors)) {
      // The panel that holds the tail of the last vector is written apart.
      const ragged = columns % lanes > 0 && first + width * count === vectors
      const plain = ragged ? count - 1 : count
      const base = first * lanes
      if (plain === 1) this.#rows(part, tile.rows, width, { scale: 1, base }, undefined)
      if (plain > 1) {
        this.#b.loop(plain, (variable) =>
          this.#rows(part, tile.rows, width, { variable, scale: width * lanes, base }, undefined),
        )
      }
      if (ragged) this.#rows(part, tile.rows, width, { scale: 1, base: base + plain * width * lanes }, columns % lanes)
      first += width * count
    }
  }

  #rows(part: SumPart, tileRows: number, width: number, column: Place, tail: number | undefined): void {
    let base = 0
    for (const [height, count] of evenPieces(this.#extent(this.#row), tileRows)) {
      const start = base
      if (count === 1) this.#tile(part, height, width, { scale: 1, base: start }, column, tail)
      else {
        this.#b.loop(count, (variable) =>
          this.#tile(part, height, width, { variable, scale: height, base: start }, column, tail),
        )
      }
      base += height * count
    }
  }

  #tile(part: SumPart, height: number, width: number, row: Place, column: Place, tail: number | undefined): void {
    const b = this.#b
    const { dtype, a, b: weights } = this.#stage
    const shift = (place: Place, by: number): Place => ({ ...place, base: place.base + by })
    const totals: Reg[][] = []
    const at = (p: number, v: number, body: () => void): void =>
      this.#writer.at(
        [
          [this.#row, shift(row, p)],
          [this.#column, shift(column, v * b.lanes)],
        ],
        () => {
          this.#writer.lanes = v === width - 1 ? tail : undefined
          body()
          this.#writer.lanes = undefined
        },
      )
    const partial = this.#partialAccess()
    for (let p = 0; p < height; p++) {
      const line: Reg[] = []
      for (let v = 0; v < width; v++) {
        const total = b.register(dtype)
        if (part.first) b.move(total, b.constant(dtype, 0))
        else at(p, v, () => b.emit({ kind: 'load', to: total, address: this.#writer.address(partial) }))
        line.push(total)
      }
      totals.push(line)
    }
    b.loop(part.extent, (variable) => {
      // The block's own place and the step within it move the same axis: two terms of one address.
      const address = (access: Access, p: number, v: number): Address => {
        let found: Address | undefined
        this.#writer.at(
          [
            [this.#row, shift(row, p)],
            [this.#column, shift(column, v * b.lanes)],
            [this.#sum, part.place],
          ],
          () => {
            found = this.#writer.address(access)
          },
        )
        return withTerm(found as Address, variable, access.strides[this.#sum] as number)
      }
      const vectors = Array.from({ length: width }, (_, v) => b.load(dtype, address(weights, 0, v), this.#weightStep()))
      for (let p = 0; p < height; p++) {
        const splat = b.splat(dtype, address(a, p, 0))
        for (let v = 0; v < width; v++) {
          const total = totals[p]?.[v] as Reg
          b.emit({ kind: 'fma', to: total, a: vectors[v] as Reg, b: splat, c: total })
        }
      }
    })
    for (let p = 0; p < height; p++) {
      for (let v = 0; v < width; v++) {
        at(p, v, () => {
          if (part.last) this.#epilogue(totals[p]?.[v] as Reg)
          else this.#writer.store(partial, totals[p]?.[v] as Reg, dtype)
        })
      }
    }
  }

  #weightStep(): { step?: number } {
    const step = this.#stage.b.strides[this.#column] as number
    return step === 1 ? {} : { step }
  }

  #epilogue(total: Reg): void {
    if (this.#result !== undefined) this.#writer.define(this.#result, total)
    const values = this.#stage.stores.map(({ value }) => this.#writer.value(value))
    for (const [i, { access, dtype }] of this.#stage.stores.entries())
      this.#writer.store(access, values[i] as Reg, dtype)
  }

  /** Running sums lie as the result does: outer x rows x columns. */
  #partialAccess(): Access {
    const { axes, roles, partial } = this.#stage
    const strides = axes.map(() => 0)
    let stride = 1
    const order = [...roles.keys()].filter((axis) => roles[axis] !== 'sum')
    for (const axis of order.reverse()) {
      strides[axis] = stride
      stride *= axes[axis] as number
    }
    return { buffer: partial, offset: 0, slab: 0, strides }
  }
}

function withTerm(address: Address, variable: LoopVar, stride: number): Address {
  return stride === 0 ? address : { ...address, terms: [...address.terms, [variable, stride]] }
}

function findResult(stage: Contract): Expression | undefined {
  const stack = stage.stores.map(({ value }) => value)
  const seen = new Set<Expression>()
  while (stack.length > 0) {
    const expression = stack.pop() as Expression
    if (seen.has(expression)) continue
    seen.add(expression)
    if (expression.kind === 'result') return expression
    if (expression.kind === 'apply') stack.push(...expression.inputs)
  }
  return undefined
}

export function lowerContract(b: Builder, target: Target, stage: Contract): void {
  new ContractLowering(b, target, stage).lower()
}
