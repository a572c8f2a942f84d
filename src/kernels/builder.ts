// Writes a loop program statement by statement: registers with types, constants shared at the top, loops as nested bodies.

import type {
  Address,
  BinaryOp,
  Comparison,
  FoldOp,
  LoopProgram,
  LoopVar,
  Op,
  Reg,
  RegType,
  Statement,
  UnaryOp,
} from '../codegen/loop-program.ts'
import type { DType } from '../core/dtype.ts'

/** The register type that memory of a dtype is loaded into. */
export function registerType(dtype: DType): RegType {
  return dtype === 'f32' || dtype === 'f64' ? dtype : 'i32'
}

export class Builder {
  readonly lanes: number
  readonly wide: boolean
  readonly #registers: RegType[] = []
  readonly #constants = new Map<string, Reg>()
  readonly #prologue: Op[] = []
  readonly #argumentTypes: (DType | undefined)[] = []
  #variables = 0
  #body: Statement[] = []

  /** `wide`: some value has 8 bytes, so that reductions have 8 virtual lanes instead of 16. */
  constructor(lanes: number, wide = false) {
    this.lanes = lanes
    this.wide = wide
  }

  register(type: RegType): Reg {
    return this.#registers.push(type) - 1
  }

  typeOf(reg: Reg): RegType {
    return this.#registers[reg] as RegType
  }

  /** Says what memory row `arg` holds; every row that an address names must be declared. */
  argument(arg: number, dtype: DType): void {
    this.#argumentTypes[arg] = dtype
  }

  /** A value in all lanes, set once before all loops. */
  constant(type: RegType, value: number): Reg {
    const key = `${type}:${Object.is(value, -0) ? '-0' : value}`
    let reg = this.#constants.get(key)
    if (reg === undefined) {
      reg = this.register(type)
      this.#prologue.push({ kind: 'constant', to: reg, value })
      this.#constants.set(key, reg)
    }
    return reg
  }

  emit(statement: Statement): void {
    this.#body.push(statement)
  }

  /** The statements that `write` emits, instead of adding them to the current body. */
  collect(write: () => void): Statement[] {
    const outer = this.#body
    this.#body = []
    write()
    const inner = this.#body
    this.#body = outer
    return inner
  }

  loop(extent: number | 'range', write: (variable: LoopVar) => void): void {
    const variable = this.#variables++
    const body = this.collect(() => write(variable))
    this.#body.push({ kind: 'loop', variable, extent, body })
  }

  load(type: RegType, address: Address, options: { lanes?: number; step?: number } = {}): Reg {
    const to = this.register(type)
    this.emit({ kind: 'load', to, address, ...options })
    return to
  }

  splat(type: RegType, address: Address): Reg {
    const to = this.register(type)
    this.emit({ kind: 'splat', to, address })
    return to
  }

  store(from: Reg, address: Address, options: { lanes?: number; step?: number } = {}): void {
    this.emit({ kind: 'store', from, address, ...options })
  }

  unary(op: UnaryOp, a: Reg): Reg {
    const to = this.register(this.typeOf(a))
    this.emit({ kind: 'unary', to, op, a })
    return to
  }

  binary(op: BinaryOp, a: Reg, b: Reg): Reg {
    const to = this.register(this.typeOf(a))
    this.emit({ kind: 'binary', to, op, a, b })
    return to
  }

  fma(a: Reg, b: Reg, c: Reg): Reg {
    const to = this.register(this.typeOf(a))
    this.emit({ kind: 'fma', to, a, b, c })
    return to
  }

  shift(op: 'left' | 'right' | 'rightUnsigned' | 'left64' | 'right64', a: Reg, by: number): Reg {
    const to = this.register(this.typeOf(a))
    this.emit({ kind: 'shift', to, op, a, by })
    return to
  }

  select(compare: Comparison, a: Reg, b: Reg, x: Reg, y: Reg): Reg {
    const to = this.register(this.typeOf(x))
    this.emit({ kind: 'select', to, compare, a, b, x, y })
    return to
  }

  laneSelect(a: Reg, b: Reg, n: number): Reg {
    const to = this.register(this.typeOf(a))
    this.emit({ kind: 'lanes', to, a, b, n })
    return to
  }

  fold(op: FoldOp, parts: readonly Reg[]): Reg {
    const to = this.register(this.typeOf(parts[0] as Reg))
    this.emit({ kind: 'fold', to, op, parts })
    return to
  }

  move(to: Reg, from: Reg): void {
    this.emit({ kind: 'move', to, from })
  }

  /** The value as another register type; itself when it already is. */
  convert(type: RegType, from: Reg): Reg {
    if (this.typeOf(from) === type) return from
    const to = this.register(type)
    this.emit({ kind: 'convert', to, from })
    return to
  }

  reinterpret(type: RegType, from: Reg): Reg {
    const to = this.register(type)
    this.emit({ kind: 'reinterpret', to, from })
    return to
  }

  index(offset: number, terms: Address['terms'], step: number): Reg {
    const to = this.register('i32')
    this.emit({ kind: 'index', to, offset, terms, step })
    return to
  }

  finish(name: string): LoopProgram {
    return {
      name,
      lanes: this.lanes,
      registers: this.#registers,
      variables: this.#variables,
      argumentTypes: this.#argumentTypes,
      body: [...this.#prologue, ...this.#body],
    }
  }
}
