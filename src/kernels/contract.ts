// Lowering of contractions, for every target: register tiles over blocks of the sum and of rows, weights as vectors, inputs as splats, epilogue last.

import type { Address, Reg, Target } from '../codegen/loop-program.ts'
import type { Builder } from './builder.ts'
import { ExpressionWriter, type Place, place, type SlabLoops, shifted, within } from './expression.ts'
import {
  type Access,
  type Contract,
  type ContractionRole,
  columnBlock,
  type Expression,
  rowsTogether,
  stageResults,
  sumParts,
} from './kernel.ts'
import { OperandCopies, type Stretch } from './operand-copies.ts'
import { copiedTogether, epilogue, overPanels, overParts, type PanelPart, partsOf, storeAll } from './panels.ts'
import { overBands } from './row-tiles.ts'
import { Fences, overSteps } from './steps.ts'
import { chooseTiling, evenPieces, rowsApart, wholePieces } from './tile.ts'

/** Which part of the sum is added: the first starts at zero, the last ends in the epilogue. */
interface SumPart extends Stretch {
  readonly first: boolean
  readonly last: boolean
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
  readonly #copies: OperandCopies
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
    this.#copies = new OperandCopies(b, stage, this.#writer)
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
          this.#copies.packRows(sum, rowStretch)
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
    const vectors = Math.ceil(columns.extent / this.#b.lanes)
    const copied = this.#stage.panel !== undefined
    const { a, block, dtype } = this.#stage
    const most = block === undefined ? rowsApart(a.strides[this.#row] as number, dtype) : undefined
    const tiling = chooseTiling(this.#target, [1, rows.extent], vectors, sum.extent, copied, most)
    const pieces = copied
      ? wholePieces(vectors, copiedTogether(this.#b, this.#stage.dtype, tiling.vectors))
      : evenPieces(vectors, tiling.vectors)
    overPanels(this.#b, { start: columns.place, columns: columns.extent, pieces }, (panel) => {
      if (copied) this.#copies.packPanel(sum, partsOf(panel, tiling.cut(tiling.rows, panel.width), this.#b.lanes))
      overBands(this.#b, tiling.blocks, 1, ({ rows: height, each }) =>
        overParts(this.#b, partsOf(panel, tiling.cut(height, panel.width), this.#b.lanes), (part) =>
          each(({ corner }) => this.#tile(sum, rows, corner[0] as Place, height, part)),
        ),
      )
    })
  }

  /** One register tile: running sums in registers, all steps of the sum, then the epilogue or the way back to memory. */
  #tile(sum: SumPart, rows: Stretch, inner: Place, height: number, panel: PanelPart): void {
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
    const fences = new Fences(b, this.#target, height, panel.width)
    overSteps(b, this.#target, place(0), sum.extent, (step, follows) => {
      const inputs = Array.from({ length: height }, (_, p) => this.#inputAddress(sum, step, rows, shifted(inner, p)))
      fences.before(0, follows, inputs[0] as Address)
      const vectors = Array.from({ length: panel.width }, (_, v) => this.#loadWeights(sum, step, panel, v))
      for (const [p, address] of inputs.entries()) {
        if (p > 0) fences.before(p, follows, address)
        const splat = b.splat(dtype, address)
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
          const sums = sum.first
            ? total
            : b.binary('add', b.load(dtype, this.#writer.address(partial as Access)), total)
          if (sum.last) storeAll(this.#writer, this.#stage, epilogue(this.#writer, this.#stage, this.#result, sums))
          else this.#writer.store(partial as Access, sums, dtype)
        })
      }
    }
  }

  #loadWeights(sum: SumPart, step: Place, panel: PanelPart, v: number): Reg {
    const b = this.#b
    const { dtype, b: weights, panel: packed } = this.#stage
    if (packed !== undefined) return b.load(dtype, this.#copies.panelAddress(packed, step, sum.extent, panel, v))
    let reg: Reg | undefined
    this.#writer.at(
      [
        [this.#column, shifted(panel.place, v * b.lanes)],
        [this.#sum, within(sum.place, step)],
      ],
      () => {
        reg = b.load(dtype, this.#writer.address(weights))
      },
    )
    return reg as Reg
  }

  #inputAddress(sum: SumPart, step: Place, rows: Stretch, inner: Place): Address {
    const { a, block } = this.#stage
    const input = block === undefined ? a : this.#copies.blockAccess(block, rows, sum)
    const row = block === undefined ? within(rows.place, inner) : inner
    let address: Address | undefined
    this.#writer.at(
      [
        [this.#row, row],
        [this.#sum, block === undefined ? within(sum.place, step) : step],
      ],
      () => {
        address = this.#writer.address(input)
      },
    )
    return address as Address
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

/** Writes a product of matrices into `b`, with the epilogue of its stage. */
export function lowerContract(b: Builder, target: Target, stage: Contract, slab: SlabLoops): void {
  new ContractLowering(b, target, stage, slab).lower()
}
