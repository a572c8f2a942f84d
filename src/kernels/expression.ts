// Writes kernel expressions as operations: each part once, at the outermost loop where its inputs are known.

import type { Address, LoopVar, Reg } from '../codegen/loop-program.ts'
import type { DType } from '../core/dtype.ts'
import { type Builder, registerType } from './builder.ts'
import { elementwiseLowerings } from './elementwise.ts'
import { type Access, type Expression, expressionInputs, expressionParts } from './kernel.ts'
import { randomUniform } from './random.ts'

/** Where an axis stands: base + sum(variable * scale). */
export interface Place {
  readonly base: number
  readonly terms: readonly (readonly [variable: LoopVar, scale: number])[]
}

export function place(base: number, ...terms: readonly (readonly [variable: LoopVar, scale: number])[]): Place {
  return { base, terms }
}

/** Two places of one axis, one within the other. */
export function within(outer: Place, inner: Place): Place {
  return { base: outer.base + inner.base, terms: [...outer.terms, ...inner.terms] }
}

/** The place some steps further. */
export function shifted(from: Place, by: number): Place {
  return { base: from.base + by, terms: from.terms }
}

/** A place whose steps are `by` times as long. */
export function scaled({ base, terms }: Place, by: number): Place {
  return { base: base * by, terms: terms.map(([variable, scale]) => [variable, scale * by] as const) }
}

/** The loops around a kernel's stages; absent where there is one slab, or one step. */
export interface SlabLoops {
  readonly slab?: LoopVar | undefined
  readonly step?: LoopVar | undefined
}

/** Addresses and values at fixed places of a stage's axes. `vectorAxis` is the one that the lanes run along. */
export class ExpressionWriter {
  readonly #builder: Builder
  readonly #axes: number
  readonly #places: (Place | undefined)[]
  readonly #vectorAxis: number
  readonly #slabLoops: SlabLoops
  #known: Map<Expression, Reg>
  /** Whether what is known belongs to an outer place, too, and is copied before something is added. */
  #knownOutside = false
  /** Lanes of a tail; undefined where vectors are full. */
  lanes: number | undefined

  constructor(builder: Builder, axes: number, vectorAxis: number, slabLoops: SlabLoops) {
    this.#builder = builder
    this.#axes = axes
    this.#vectorAxis = vectorAxis
    this.#slabLoops = slabLoops
    this.#places = new Array<Place | undefined>(axes).fill(undefined)
    this.#known = new Map()
  }

  /** Sets where an axis stands for what is written inside `body`; what was computed there is forgotten after it. */
  at(places: readonly (readonly [axis: number, place: Place])[], body: () => void): void {
    const before = this.#places.slice()
    const [known, knownOutside] = [this.#known, this.#knownOutside]
    this.#knownOutside = true
    for (const [axis, place] of places) this.#places[axis] = place
    body()
    this.#known = known
    this.#knownOutside = knownOutside
    for (let axis = 0; axis < before.length; axis++) this.#places[axis] = before[axis]
  }

  /** The value of an expression here, such as a result that a reduction or contraction has just finished. */
  define(expression: Expression, reg: Reg): void {
    if (this.#knownOutside) {
      this.#known = new Map(this.#known)
      this.#knownOutside = false
    }
    this.#known.set(expression, reg)
  }

  address(access: Access): Address {
    return this.#address(access.buffer, access)
  }

  #address(arg: number, walk: Pick<Access, 'offset' | 'slab' | 'step' | 'strides'>): Address {
    const { strides } = walk
    let { offset } = walk
    const terms: (readonly [LoopVar, number])[] = []
    const { slab, step } = this.#slabLoops
    if (slab !== undefined && walk.slab !== 0) terms.push([slab, walk.slab])
    if (step !== undefined && (walk.step ?? 0) !== 0) terms.push([step, walk.step as number])
    for (let axis = 0; axis < this.#axes; axis++) {
      const stride = strides[axis] as number
      const place = this.#places[axis]
      if (stride === 0 || place === undefined) continue
      offset += stride * place.base
      for (const [variable, scale] of place.terms) terms.push([variable, stride * scale])
    }
    return { arg, offset, terms }
  }

  /** Do all axes that the expression moves along have a place? Results count when they are defined. */
  #ready(expression: Expression, memo: Map<Expression, boolean>): boolean {
    if (this.#known.has(expression)) return true
    let ready = memo.get(expression)
    if (ready === undefined) {
      const placed = (strides: readonly number[]): boolean =>
        strides.every((stride, axis) => stride === 0 || this.#places[axis] !== undefined)
      ready =
        expression.kind !== 'result' &&
        (expression.kind !== 'load' && expression.kind !== 'gather' ? true : placed(expression.access.strides)) &&
        (expression.kind !== 'position' || placed(expression.strides)) &&
        expressionInputs(expression).every((input) => this.#ready(input, memo))
      memo.set(expression, ready)
    }
    return ready
  }

  /** Computes now, outside of loops still to be opened, the parts of `roots` that do not depend on them. */
  hoist(roots: readonly Expression[]): void {
    const memo = new Map<Expression, boolean>()
    const parts = expressionParts(roots)
    const ready = new Set(parts.filter((part) => this.#ready(part, memo)))
    // Only what a part that must wait needs (or a root itself): the rest is computed on the way to it.
    const needed = new Set<Expression>(roots.filter((root) => ready.has(root)))
    for (const part of parts) {
      if (!ready.has(part)) for (const input of expressionInputs(part)) if (ready.has(input)) needed.add(input)
    }
    for (const part of needed) if (part.kind !== 'literal') this.value(part)
  }

  value(expression: Expression): Reg {
    let reg = this.#known.get(expression)
    if (reg === undefined) {
      reg = this.#write(expression)
      if (expression.kind !== 'literal') this.define(expression, reg)
    }
    return reg
  }

  #write(expression: Expression): Reg {
    const b = this.#builder
    switch (expression.kind) {
      case 'literal':
        return b.constant(registerType(expression.dtype), expression.value)
      case 'load':
        return this.load(expression.access, expression.dtype)
      case 'gather':
        return this.#gather(expression)
      case 'position': {
        const { offset, terms } = this.#address(0, expression)
        return b.index(offset, terms, expression.strides[this.#vectorAxis] ?? 0)
      }
      case 'random':
        return randomUniform(
          b,
          this.value(expression.seed),
          this.value(expression.call),
          this.value(expression.element),
          expression.stream,
          registerType(expression.dtype),
        )
      case 'apply': {
        const lowering = elementwiseLowerings[expression.op]
        if (lowering === undefined) throw new Error(`no lowering for ${expression.op}`)
        const [x, y, z] = expression.inputs.map((input) => this.value(input))
        return lowering(b, [x as Reg, y ?? (x as Reg), z ?? (x as Reg)], expression)
      }
      case 'result':
        throw new Error('a result was read before its reduction was finished')
    }
  }

  load(access: Access, dtype: DType): Reg {
    const b = this.#builder
    b.argument(access.buffer, dtype)
    const address = this.address(access)
    const type = registerType(dtype)
    const step = access.strides[this.#vectorAxis] ?? 0
    if (step === 0) return b.splat(type, address)
    return b.load(type, address, {
      ...(step === 1 ? {} : { step }),
      ...(this.lanes === undefined ? {} : { lanes: this.lanes }),
    })
  }

  #gather({ access, index, stride, extent, dtype }: Extract<Expression, { kind: 'gather' }>): Reg {
    const b = this.#builder
    b.argument(access.buffer, dtype)
    const low = b.binary('max', this.value(index), b.constant('i32', 0))
    let position = b.binary('min', low, b.constant('i32', extent - 1))
    const step = access.strides[this.#vectorAxis] ?? 0
    if (stride !== 1) position = b.binary('multiply', position, b.constant('i32', stride))
    if (step !== 0) position = b.binary('add', position, b.index(0, [], step))
    return b.load(
      registerType(dtype),
      { ...this.address(access), index: { reg: position, stride: 1 } },
      this.lanes === undefined ? {} : { lanes: this.lanes },
    )
  }

  store(access: Access, reg: Reg, dtype: DType): void {
    const b = this.#builder
    b.argument(access.buffer, dtype)
    const step = access.strides[this.#vectorAxis] ?? 0
    // A value that does not move along the lanes is one element.
    const lanes = step === 0 ? 1 : this.lanes
    b.store(reg, this.address(access), {
      ...(step === 0 || step === 1 ? {} : { step }),
      ...(lanes === undefined ? {} : { lanes }),
    })
  }
}
