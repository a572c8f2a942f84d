// Lowering of reductions. Along lanes (the last axis is reduced): 16 virtual lanes and one fold. Across lanes (the last axis stays): one chain per lane.

import type { Reg } from '../codegen/loop-program.ts'
import { identityOf } from '../ops/reduce.ts'
import { type Builder, registerType } from './builder.ts'
import { ExpressionWriter, type Place, place, shifted } from './expression.ts'
import type { Expression, Reduce } from './kernel.ts'

/** Chains of one loop iteration, enough to hide the latency of an addition. */
const columnVectors = 4

type By = 'sum' | 'max' | 'min'

/** total and value combined; a NaN in either stays. */
function combine(b: Builder, by: By, total: Reg, value: Reg): void {
  if (by === 'sum') {
    b.emit({ kind: 'binary', to: total, op: 'add', a: total, b: value })
  } else if (b.typeOf(total) === 'i32') {
    b.emit({ kind: 'binary', to: total, op: by, a: total, b: value })
  } else {
    const chosen = b.binary(by, total, value)
    b.emit({ kind: 'select', to: total, compare: 'equal', a: total, b: total, x: chosen, y: total })
  }
}

/** All virtual lanes in one; the tree of min and max does not see NaN, so it is carried beside it. */
function foldParts(b: Builder, by: By, parts: readonly Reg[]): Reg {
  const type = b.typeOf(parts[0] as Reg)
  const folded = b.fold(by === 'sum' ? 'add' : by, parts)
  if (by === 'sum' || type === 'i32') return folded
  const flags = parts.map((part) => b.select('equal', part, part, b.constant(type, 0), b.constant(type, 1)))
  return b.select('less', b.constant(type, 0), b.fold('max', flags), b.constant(type, Number.NaN), folded)
}

class ReduceLowering {
  readonly #b: Builder
  readonly #stage: Reduce
  readonly #writer: ExpressionWriter
  readonly #values: readonly Expression[]
  readonly #results: readonly Expression[]
  readonly #kept: number[]
  readonly #reduced: number[]

  constructor(b: Builder, stage: Reduce) {
    this.#b = b
    this.#stage = stage
    this.#writer = new ExpressionWriter(b, stage.axes.length, stage.axes.length - 1)
    this.#values = stage.reductions.map(({ value }) => value)
    this.#results = this.#findResults()
    const axes = [...stage.axes.keys()]
    this.#kept = axes.filter((axis) => !stage.reduced[axis])
    this.#reduced = axes.filter((axis) => stage.reduced[axis])
  }

  /** The `result` nodes of the epilogue, by number. */
  #findResults(): Expression[] {
    const found: Expression[] = []
    const seen = new Set<Expression>()
    const visit = (expression: Expression): void => {
      if (seen.has(expression)) return
      seen.add(expression)
      if (expression.kind === 'result') found[expression.index] = expression
      if (expression.kind === 'apply') expression.inputs.forEach(visit)
    }
    for (const { value } of this.#stage.stores) visit(value)
    return found
  }

  #accumulator(i: number): Reg {
    const { by, value } = this.#stage.reductions[i] as Reduce['reductions'][number]
    const type = registerType(value.dtype)
    const total = this.#b.register(type)
    this.#b.move(total, this.#b.constant(type, identityOf(by, value.dtype)))
    return total
  }

  #finish(results: readonly Reg[]): void {
    for (const [i, reg] of results.entries()) {
      const expression = this.#results[i]
      if (expression !== undefined) this.#writer.define(expression, reg)
    }
    for (const { access, value, dtype } of this.#stage.stores)
      this.#writer.store(access, this.#writer.value(value), dtype)
  }

  /** Loops over `axes`, then `body`. */
  #nest(axes: readonly number[], roots: readonly Expression[], body: () => void): void {
    this.#writer.hoist(roots)
    const [axis, ...rest] = axes
    if (axis === undefined) {
      body()
      return
    }
    this.#b.loop(this.#stage.axes[axis] as number, (variable) =>
      this.#writer.at([[axis, place(0, [variable, 1])]], () => this.#nest(rest, roots, body)),
    )
  }

  lower(): void {
    const last = this.#stage.axes.length - 1
    if (last >= 0 && !this.#stage.reduced[last]) this.#acrossLanes(last)
    else this.#alongLanes(last)
  }

  #alongLanes(last: number): void {
    this.#nest(this.#kept, this.#values, () => {
      // Epilogue values are found again inside, where the results are known.
      this.#writer.at([], () => {
        const parts = this.#values.map((_, i) => {
          const parts = (this.#b.wide ? 8 : 16) / this.#b.lanes
          return Array.from({ length: parts }, () => this.#accumulator(i))
        })
        if (last < 0) this.#single(parts)
        else this.#nest(this.#reduced.slice(0, -1), this.#values, () => this.#blocks(last, parts))
        this.#writer.lanes = 1
        this.#finish(
          parts.map((accumulators, i) =>
            foldParts(this.#b, (this.#stage.reductions[i] as { by: By }).by, accumulators),
          ),
        )
        this.#writer.lanes = undefined
      })
    })
  }

  /** No axis at all: one element. */
  #single(parts: readonly (readonly Reg[])[]): void {
    for (const [i, value] of this.#values.entries())
      this.#combineFirst(i, this.#writer.value(value), parts[i] as readonly Reg[], 1)
  }

  #combineFirst(i: number, reg: Reg, parts: readonly Reg[], valid: number): void {
    const { by, value } = this.#stage.reductions[i] as Reduce['reductions'][number]
    const type = registerType(value.dtype)
    const masked =
      valid >= this.#b.lanes ? reg : this.#b.laneSelect(reg, this.#b.constant(type, identityOf(by, value.dtype)), valid)
    combine(this.#b, by, parts[0] as Reg, masked)
  }

  /** The innermost axis in blocks of all virtual lanes, and a last block with what is left. */
  #blocks(axis: number, parts: readonly (readonly Reg[])[]): void {
    const b = this.#b
    const { lanes } = b
    const count = (parts[0] as readonly Reg[]).length
    const extent = this.#stage.axes[axis] as number
    const block = count * lanes
    const full = Math.floor(extent / block)
    const step = (base: number, variable: number | undefined, part: number, valid: number): void => {
      const here = variable === undefined ? place(base) : place(base, [variable, block])
      this.#writer.lanes = valid < lanes ? valid : undefined
      this.#writer.at([[axis, here]], () => {
        for (const [i, value] of this.#values.entries())
          this.#combineFirst(i, this.#writer.value(value), [(parts[i] as readonly Reg[])[part] as Reg], valid)
      })
      this.#writer.lanes = undefined
    }
    if (full > 0) {
      b.loop(full, (variable) => {
        for (let part = 0; part < count; part++) step(part * lanes, variable, part, lanes)
      })
    }
    for (let part = 0; part < count; part++) {
      const valid = Math.min(lanes, extent - full * block - part * lanes)
      if (valid > 0) step(full * block + part * lanes, undefined, part, valid)
    }
  }

  #acrossLanes(last: number): void {
    const b = this.#b
    const { lanes } = b
    const extent = this.#stage.axes[last] as number
    const vectors = Math.floor(extent / lanes)
    this.#nest(this.#kept.slice(0, -1), this.#values, () => {
      const wide = Math.floor(vectors / columnVectors)
      if (wide > 0)
        b.loop(wide, (variable) => this.#columns(last, place(0, [variable, columnVectors * lanes]), columnVectors))
      const rest = vectors % columnVectors
      if (rest > 0) this.#columns(last, place(wide * columnVectors * lanes), rest)
      if (extent % lanes > 0) {
        this.#writer.lanes = extent % lanes
        this.#columns(last, place(vectors * lanes), 1)
        this.#writer.lanes = undefined
      }
    })
  }

  /** `count` neighbouring vectors of columns, each with its own chain down the reduced axes. */
  #columns(axis: number, from: Place, count: number): void {
    const at = (v: number): Place => shifted(from, v * this.#b.lanes)
    const totals = Array.from({ length: count }, () => this.#values.map((_, i) => this.#accumulator(i)))
    this.#nest(this.#reduced, [], () => {
      for (let v = 0; v < count; v++) {
        this.#writer.at([[axis, at(v)]], () => {
          for (const [i, value] of this.#values.entries()) {
            combine(
              this.#b,
              (this.#stage.reductions[i] as { by: By }).by,
              totals[v]?.[i] as Reg,
              this.#writer.value(value),
            )
          }
        })
      }
    })
    for (let v = 0; v < count; v++) this.#writer.at([[axis, at(v)]], () => this.#finish(totals[v] as Reg[]))
  }
}

export function lowerReduce(b: Builder, stage: Reduce): void {
  new ReduceLowering(b, stage).lower()
}
