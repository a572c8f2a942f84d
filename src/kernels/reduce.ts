// Lowering of reductions. Along lanes (the last axis is reduced): 16 virtual lanes and one fold. Across lanes (the last axis stays): one chain per lane.

import type { Reg } from '../codegen/loop-program.ts'
import { identityOf } from '../ops/reduce.ts'
import { type Builder, registerType } from './builder.ts'
import { ExpressionWriter, type Place, place, type SlabLoops, shifted, within } from './expression.ts'
import { type Expression, type Reduce, stageResults } from './kernel.ts'
import { combine, foldParts, type Total } from './totals.ts'

/** Chains of one loop iteration, enough to hide the latency of an addition. */
const columnChains = 8
/** Reduced steps from which on alternating pays. */
const alternatingSteps = 16

/** Steps of one chain of additions. */
const chainSteps = 256
/** From this many steps of an outer axis on, the inner axes get totals of their own. */
const manySteps = 16

class ReduceLowering {
  readonly #b: Builder
  readonly #stage: Reduce
  readonly #writer: ExpressionWriter
  readonly #values: readonly Expression[]
  readonly #results: readonly Expression[]
  readonly #kept: number[]
  readonly #reduced: number[]

  constructor(b: Builder, stage: Reduce, slab: SlabLoops) {
    this.#b = b
    this.#stage = stage
    this.#writer = new ExpressionWriter(b, stage.axes.length, stage.axes.length - 1, slab)
    this.#values = stage.reductions.map(({ value }) => value)
    this.#results = stageResults(stage)
    const axes = [...stage.axes.keys()]
    this.#kept = axes.filter((axis) => !stage.reduced[axis])
    this.#reduced = axes.filter((axis) => stage.reduced[axis])
  }

  /** A new total of reduction `i`, at its neutral element. */
  #total(i: number): Total {
    const { by, value } = this.#stage.reductions[i] as Reduce['reductions'][number]
    const type = registerType(value.dtype)
    const reg = this.#b.register(type)
    this.#b.move(reg, this.#b.constant(type, identityOf(by, value.dtype)))
    return { reduction: i, by, reg }
  }

  /** Adds up what `body` puts into fresh totals. */
  #partly(totals: readonly Total[], body: (fresh: readonly Total[]) => void): void {
    const fresh = totals.map(({ reduction }) => this.#total(reduction))
    body(fresh)
    for (const [i, { by, reg }] of totals.entries()) combine(this.#b, by, reg, (fresh[i] as Total).reg)
  }

  /**
   * `body` for each of `extent` steps of `scale` elements. A long chain of additions loses what it adds to a large total: it is cut into
   * chains of at most `chainSteps`, whose totals are chained likewise, at bounds that only the extent decides.
   */
  #chained(
    extent: number,
    scale: number,
    totals: readonly Total[],
    body: (totals: readonly Total[], step: Place) => void,
  ): void {
    if (extent <= chainSteps) {
      this.#b.loop(extent, (variable) => body(totals, place(0, [variable, scale])))
      return
    }
    let size = chainSteps
    while (size * chainSteps < extent) size *= chainSteps
    const full = Math.floor(extent / size)
    const piece = (steps: number, start: Place): void =>
      this.#partly(totals, (fresh) =>
        this.#chained(steps, scale, fresh, (inner, step) => body(inner, within(start, step))),
      )
    this.#b.loop(full, (variable) => piece(size, place(0, [variable, size * scale])))
    if (extent % size > 0) piece(extent % size, place(full * size * scale))
  }

  /** Loops over the reduced `axes`, long ones with totals of their own inside, then `body`. */
  #overReduced(
    axes: readonly number[],
    roots: readonly Expression[],
    totals: readonly Total[],
    body: (totals: readonly Total[]) => void,
  ): void {
    this.#writer.hoist(roots)
    const [axis, ...rest] = axes
    if (axis === undefined) {
      body(totals)
      return
    }
    const extent = this.#stage.axes[axis] as number
    this.#chained(extent, 1, totals, (chain, step) =>
      this.#writer.at([[axis, step]], () => {
        const inner = (sums: readonly Total[]): void => this.#overReduced(rest, roots, sums, body)
        if (rest.length > 0 && extent > manySteps) this.#partly(chain, inner)
        else inner(chain)
      }),
    )
  }

  /** What the stage computes of its results. */
  #epilogue(results: readonly Reg[]): Reg[] {
    for (const [i, reg] of results.entries()) {
      const expression = this.#results[i]
      if (expression !== undefined) this.#writer.define(expression, reg)
    }
    return this.#stage.stores.map(({ value }) => this.#writer.value(value))
  }

  #store(values: readonly Reg[]): void {
    for (const [i, { access, dtype }] of this.#stage.stores.entries())
      this.#writer.store(access, values[i] as Reg, dtype)
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
        const parts = (this.#b.wide ? 8 : 16) / this.#b.lanes
        const totals = this.#values.flatMap((_, i) => Array.from({ length: parts }, () => this.#total(i)))
        if (last < 0) this.#addVector(totals, parts, 0, 1)
        else
          this.#overReduced(this.#reduced.slice(0, -1), this.#values, totals, (inner) =>
            this.#blocks(last, inner, parts),
          )
        this.#writer.lanes = 1
        const results = this.#values.map((_, i) => {
          const own = totals.filter(({ reduction }) => reduction === i)
          return foldParts(
            this.#b,
            (own[0] as Total).by,
            own.map(({ reg }) => reg),
          )
        })
        // All values before the first store: a store in place must not reach what another value still reads.
        this.#store(this.#epilogue(results))
        this.#writer.lanes = undefined
      })
    })
  }

  /** Combines a vector of each value, of which `valid` lanes count, with virtual lanes `part` of its total. */
  #addVector(totals: readonly Total[], parts: number, part: number, valid: number): void {
    for (const [i, value] of this.#values.entries()) {
      const { by, reg } = totals[i * parts + part] as Total
      const vector = this.#writer.value(value)
      const neutral = this.#b.constant(this.#b.typeOf(reg), identityOf(by, value.dtype))
      combine(this.#b, by, reg, valid >= this.#b.lanes ? vector : this.#b.laneSelect(vector, neutral, valid))
    }
  }

  /** The innermost axis in blocks of all virtual lanes, and a last block with what is left. */
  #blocks(axis: number, totals: readonly Total[], parts: number): void {
    const { lanes } = this.#b
    const extent = this.#stage.axes[axis] as number
    const block = parts * lanes
    const full = Math.floor(extent / block)
    const add = (sums: readonly Total[], at: Place, part: number, valid: number): void => {
      this.#writer.lanes = valid < lanes ? valid : undefined
      this.#writer.at([[axis, shifted(at, part * lanes)]], () => this.#addVector(sums, parts, part, valid))
      this.#writer.lanes = undefined
    }
    if (full > 0) {
      this.#chained(full, block, totals, (sums, step) => {
        for (let part = 0; part < parts; part++) add(sums, step, part, lanes)
      })
    }
    for (let part = 0; part < parts; part++) {
      const valid = Math.min(lanes, extent - full * block - part * lanes)
      if (valid > 0) add(totals, place(full * block), part, valid)
    }
  }

  /** Chains among which the steps of the innermost reduced axis alternate; columns and steps alone decide, so that every target adds alike. */
  #strands(columns: number): number {
    const innermost = this.#reduced.at(-1)
    const steps = innermost === undefined ? 0 : (this.#stage.axes[innermost] as number)
    if (steps < alternatingSteps || this.#values.length > 2) return 1
    return columns <= 16 ? 4 : columns <= 32 ? 2 : 1
  }

  #acrossLanes(last: number): void {
    const b = this.#b
    const { lanes } = b
    const extent = this.#stage.axes[last] as number
    const vectors = Math.floor(extent / lanes)
    const strands = this.#strands(extent)
    const most = Math.max(1, Math.floor(columnChains / (strands * Math.max(1, this.#values.length))))
    this.#nest(this.#kept.slice(0, -1), this.#values, () => {
      const wide = Math.floor(vectors / most)
      if (wide > 0) b.loop(wide, (variable) => this.#columns(last, place(0, [variable, most * lanes]), most, strands))
      const rest = vectors % most
      if (rest > 0) this.#columns(last, place(wide * most * lanes), rest, strands)
      if (extent % lanes > 0) {
        this.#writer.lanes = extent % lanes
        this.#columns(last, place(vectors * lanes), 1, strands)
        this.#writer.lanes = undefined
      }
    })
  }

  /** `count` neighbouring vectors of columns, each with its own totals down the reduced axes, in `strands` chains each. */
  #columns(axis: number, from: Place, count: number, strands: number): void {
    const at = (v: number): Place => shifted(from, v * this.#b.lanes)
    const perStrand = count * this.#values.length
    const values = this.#values.length
    const totals = Array.from({ length: strands * count }, () => this.#values.map((_, i) => this.#total(i))).flat()
    const add = (sums: readonly Total[], strand: number): void => {
      const own = sums.slice(strand * perStrand, (strand + 1) * perStrand)
      for (let v = 0; v < count; v++) {
        this.#writer.at([[axis, at(v)]], () =>
          this.#addVector(own.slice(v * values, (v + 1) * values), 1, 0, this.#b.lanes),
        )
      }
    }
    if (strands === 1) this.#overReduced(this.#reduced, [], totals, (sums) => add(sums, 0))
    else {
      const innermost = this.#reduced.at(-1) as number
      this.#overReduced(this.#reduced.slice(0, -1), [], totals, (sums) =>
        this.#alternate(innermost, strands, sums, add),
      )
    }
    for (let stride = strands / 2; stride >= 1; stride /= 2) {
      for (let i = 0; i < stride * perStrand; i++) {
        const total = totals[i] as Total
        combine(this.#b, total.by, total.reg, (totals[i + stride * perStrand] as Total).reg)
      }
    }
    const each = (body: (v: number) => void): void => {
      for (let v = 0; v < count; v++) this.#writer.at([[axis, at(v)]], () => body(v))
    }
    // Epilogues are long chains of operations, which run side by side where no store is between them.
    const finished: Reg[][] = []
    each((v) => finished.push(this.#epilogue(totals.slice(v * values, (v + 1) * values).map(({ reg }) => reg))))
    each((v) => this.#store(finished[v] as Reg[]))
  }

  /** Steps of the innermost reduced axis, each to the next chain in turn. */
  #alternate(
    axis: number,
    strands: number,
    totals: readonly Total[],
    add: (sums: readonly Total[], strand: number) => void,
  ): void {
    const extent = this.#stage.axes[axis] as number
    const rounds = Math.floor(extent / strands)
    this.#chained(rounds, strands, totals, (sums, step) => {
      for (let strand = 0; strand < strands; strand++)
        this.#writer.at([[axis, shifted(step, strand)]], () => add(sums, strand))
    })
    for (let strand = 0; strand < extent % strands; strand++)
      this.#writer.at([[axis, place(rounds * strands + strand)]], () => add(totals, strand))
  }
}

/** Writes the reductions of a stage into `b`, with what it computes of their results. */
export function lowerReduce(b: Builder, stage: Reduce, slab: SlabLoops): void {
  new ReduceLowering(b, stage, slab).lower()
}
