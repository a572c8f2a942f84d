// What every lowering of a contraction does with its columns: panels of neighbouring vectors, and the epilogue on a finished total.

import type { Reg } from '../codegen/loop-program.ts'
import { bytesOf } from '../core/dtype.ts'
import type { Builder } from './builder.ts'
import { type ExpressionWriter, type Place, place, shifted, within } from './expression.ts'
import type { Contract, Expression } from './kernel.ts'
import type { Pieces } from './tile.ts'

/** Neighbouring vectors of columns; `tail` lanes are valid in the last one, all when undefined. */
export interface Panel {
  readonly place: Place
  readonly width: number
  readonly tail: number | undefined
}

/** So many columns from `start` on, in panels of `pieces` of their vectors; the one with the tail of the last vector is written apart. */
export function overPanels(
  b: Builder,
  { start, columns, pieces }: { readonly start: Place; readonly columns: number; readonly pieces: Pieces },
  body: (panel: Panel) => void,
): void {
  const { lanes } = b
  const vectors = Math.ceil(columns / lanes)
  const tail = columns % lanes
  let first = 0
  for (const [width, count] of pieces) {
    const ragged = tail > 0 && first + count * width === vectors
    const plain = ragged ? count - 1 : count
    const step = width * lanes
    const from = shifted(start, first * lanes)
    if (plain === 1) body({ place: from, width, tail: undefined })
    if (plain > 1)
      b.loop(plain, (variable) => body({ place: within(from, place(0, [variable, step])), width, tail: undefined }))
    if (ragged) body({ place: shifted(from, plain * step), width, tail })
    first += width * count
  }
}

/** The columns of a tile: some vectors of a panel, from its vector `first` on. */
export interface PanelPart extends Panel {
  readonly first: Place
}

/** A panel in parts of so many vectors. */
export function partsOf(panel: Panel, widths: readonly number[], lanes: number): PanelPart[] {
  let first = 0
  return widths.map((width) => {
    const last = first + width === panel.width
    const at = shifted(panel.place, first * lanes)
    const part = { place: at, width, tail: last ? panel.tail : undefined, first: place(first) }
    first += width
    return part
  })
}

/** `body` for each part, in a loop where several are alike. */
export function overParts(b: Builder, parts: readonly PanelPart[], body: (part: PanelPart) => void): void {
  const [part] = parts
  if (part === undefined) return
  const other = parts.findIndex(({ width, tail }) => width !== part.width || tail !== undefined)
  const alike = Math.max(1, other < 0 ? parts.length : other)
  if (alike === 1) body(part)
  else
    b.loop(alike, (variable) => {
      const at = within(part.place, place(0, [variable, part.width * b.lanes]))
      body({ ...part, place: at, first: within(part.first, place(0, [variable, part.width])) })
    })
  overParts(b, parts.slice(alike), body)
}

/** Bytes of a cache line. */
export const lineBytes = 64

/** Vectors of a panel that is copied in parts of `vectors`: so many parts that a line of what is copied is seldom read twice. */
export function copiedTogether({ lanes }: Builder, dtype: 'f32' | 'f64', vectors: number): number {
  return vectors * Math.ceil(lineBytes / (vectors * lanes * bytesOf(dtype)))
}

/** The epilogue: what the stage computes of `result`, its sum, which is `total` at the writer's place. */
export function epilogue(
  writer: ExpressionWriter,
  { stores }: Contract,
  result: Expression | undefined,
  total: Reg,
): Reg[] {
  if (result !== undefined) writer.define(result, total)
  return stores.map(({ value }) => writer.value(value))
}

/** Stores what the epilogue has computed. */
export function storeAll(writer: ExpressionWriter, { stores }: Contract, values: readonly Reg[]): void {
  for (const [i, { access, dtype }] of stores.entries()) writer.store(access, values[i] as Reg, dtype)
}
