// Random loop programs that obey the rules of LoopProgram: for comparing emitted code with the interpreter.

import type {
  Address,
  BinaryOp,
  Comparison,
  LoopProgram,
  LoopVar,
  Op,
  Reg,
  RegType,
  Statement,
} from '../../../src/codegen/loop-program.ts'
import type { DType } from '../../../src/core/dtype.ts'

/** Where the choices come from. */
export interface Choices {
  /** An integer in [low, high]. */
  integer(low: number, high: number): number
  pick<T>(options: readonly T[]): T
  boolean(): boolean
  /** A number of interest: small, fractional, huge, tiny, -0, infinite, NaN. */
  float(): number
}

const registerTypeOf: Readonly<Record<DType, RegType>> = {
  f32: 'f32',
  f64: 'f64',
  i32: 'i32',
  u32: 'i32',
  u8: 'i32',
  bool: 'i32',
}

/** Gathered elements are at most this far from the address. */
export const largestIndex = 7

/** `lanes`: of 4-byte types; programs with f64 have half as many. */
export function randomProgram(choices: Choices, lanes = 4): LoopProgram {
  return new Generator(choices, lanes).generate()
}

class Generator {
  readonly #choices: Choices
  readonly #lanes: number
  readonly #wide: boolean
  readonly #types: readonly RegType[]
  readonly #registers: RegType[] = []
  readonly #arguments: DType[]
  readonly #usedTerms: Address['terms'][] = []
  #variables = 0
  /** Registers that hold a value in all lanes here, by type. */
  #defined: Record<RegType, Reg[]> = { f32: [], f64: [], i32: [] }
  #open: LoopVar[] = []

  constructor(choices: Choices, lanes: number) {
    this.#choices = choices
    const wide = choices.boolean()
    this.#wide = wide
    this.#lanes = wide ? lanes / 2 : lanes
    this.#types = wide ? ['f32', 'f64', 'i32'] : ['f32', 'i32']
    const dtypes: DType[] = ['f32', 'i32', 'u8', 'bool', 'u32']
    if (wide) dtypes.push('f64')
    // One row of each register type, then any.
    this.#arguments = [...this.#types, ...Array.from({ length: choices.integer(0, 3) }, () => choices.pick(dtypes))]
  }

  generate(): LoopProgram {
    const body: Statement[] = []
    for (const type of this.#types) {
      body.push(this.#constant(type))
      const row = this.#arguments.findIndex((dtype) => registerTypeOf[dtype] === type)
      for (let load = 0; load < 2; load++) {
        const address = this.#address(row)
        body.push({ kind: 'load', address, to: this.#target(type) })
      }
    }
    body.push(...this.#statements(0, this.#choices.integer(1, 6)))
    return {
      name: 'random',
      lanes: this.#lanes,
      registers: this.#registers,
      variables: this.#variables,
      argumentTypes: this.#arguments,
      body,
    }
  }

  #statements(depth: number, count: number): Statement[] {
    return Array.from({ length: count }, () => {
      if (depth < 3 && this.#choices.integer(0, 3) === 0) return [this.#loop(depth)]
      const operation = this.#operation()
      const result = operation.at(-1)
      // Most results go to memory at once, where the comparison sees them.
      if (result !== undefined && 'to' in result && this.#choices.integer(0, 3) > 0)
        operation.push(...this.#storeOf(result.to))
      return operation
    }).flat()
  }

  #loop(depth: number): Statement {
    const rangeIsFree = depth === 0 && this.#variables === 0
    const extent = this.#choices.pick<number | 'range'>([
      0,
      1,
      2,
      3,
      4,
      5,
      ...(rangeIsFree ? (['range', 'range'] as const) : []),
    ])
    const variable = this.#variables++
    const outside = this.#defined
    // What is first written inside may never be, outside; what exists outside may be changed inside.
    this.#defined = { f32: [...outside.f32], f64: [...outside.f64], i32: [...outside.i32] }
    this.#open = [...this.#open, variable]
    const body = this.#statements(depth + 1, this.#choices.integer(1, 6))
    this.#open = this.#open.slice(0, -1)
    this.#defined = outside
    return { kind: 'loop', variable, extent, body }
  }

  #operation(): Op[] {
    const { integer, pick, boolean } = this.#choices
    const type = pick(this.#types)
    const a = this.#any(type)
    const b = this.#any(type)
    switch (integer(0, 16)) {
      case 0:
        return [this.#constant(type)]
      case 1:
      case 2:
        return this.#load()
      case 3:
        return [this.#splat(integer(0, this.#arguments.length - 1))]
      case 4:
      case 5:
      case 6:
        return this.#store()
      case 7: {
        const ops = ['negate', 'abs', 'sqrt', 'floor', 'ceil', 'trunc', 'nearest'] as const
        return [{ kind: 'unary', op: pick(type === 'i32' ? ops.slice(0, 2) : ops), a, to: this.#target(type) }]
      }
      case 8:
      case 9: {
        const ops: BinaryOp[] = ['add', 'subtract', 'multiply', 'min', 'max', 'and', 'or', 'xor']
        if (type !== 'i32') ops.push('divide')
        return [{ kind: 'binary', op: pick(ops), a, b, to: this.#target(type) }]
      }
      case 10: {
        if (type === 'i32') return [this.#shift()]
        return [{ kind: 'fma', a, b, c: this.#any(type), to: this.#target(type) }]
      }
      case 11:
        return [this.#shift()]
      case 12: {
        const comparisons: Comparison[] = ['less', 'lessEqual', 'equal', 'notEqual']
        if (type === 'i32') comparisons.push('lessUnsigned')
        const chosen = pick(this.#types)
        const [x, y] = [this.#any(chosen), this.#any(chosen)]
        return [{ kind: 'select', compare: pick(comparisons), a, b, x, y, to: this.#target(chosen) }]
      }
      case 13: {
        if (boolean()) return [{ kind: 'lanes', a, b, n: integer(0, this.#lanes), to: this.#target(type) }]
        const parts = Array.from({ length: (this.#wide ? 8 : 16) / this.#lanes }, () => this.#any(type))
        return [{ kind: 'fold', op: pick(['add', 'min', 'max']), parts, to: this.#target(type) }]
      }
      case 14: {
        const to = pick(this.#types)
        if (type !== to) return [{ kind: 'convert', from: a, to: this.#target(to) }]
        return [{ kind: 'move', from: a, to: this.#target(type) }]
      }
      // A fence is seen by what it must not do, at any address of floats.
      case 15: {
        const row = this.#arguments.indexOf('f32')
        return [{ kind: 'fence', address: this.#address(row) }]
      }
      default: {
        if (boolean()) {
          const terms = this.#terms()
          return [{ kind: 'index', offset: integer(-9, 9), terms, step: integer(-2, 3), to: this.#target('i32') }]
        }
        if (type === 'f64') return [{ kind: 'reinterpret', from: a, to: this.#target('f64') }]
        return [{ kind: 'reinterpret', from: a, to: this.#target(type === 'f32' ? 'i32' : 'f32') }]
      }
    }
  }

  #load(): Op[] {
    const { integer, boolean, pick } = this.#choices
    const arg = integer(0, this.#arguments.length - 1)
    const type = registerTypeOf[this.#arguments[arg]!]
    const kind = pick(['whole', 'step', 'gather'] as const)
    const before: Op[] = []
    let address = this.#address(arg)
    if (kind === 'gather') {
      const { ops, index } = this.#index()
      before.push(...ops)
      address = { ...address, index }
    }
    const step = kind === 'step' ? { step: this.#step() } : {}
    if (boolean()) {
      const to = this.#target(type)
      return [...before, { kind: 'load', to, address, ...step }]
    }
    // A part of a vector: the other lanes are filled before anything reads them.
    const lanes = integer(0, this.#lanes)
    const part = this.#registers.push(type) - 1
    const rest = this.#any(type)
    return [
      ...before,
      { kind: 'load', to: part, address, lanes, ...step },
      { kind: 'lanes', a: part, b: rest, n: lanes, to: this.#target(type) },
    ]
  }

  #store(): Op[] {
    return this.#storeOf(this.#any(this.#choices.pick(this.#types)))
  }

  #storeOf(from: Reg): Op[] {
    const { integer, boolean, pick } = this.#choices
    const type = this.#registers[from]
    const arg = pick([...this.#arguments.keys()].filter((row) => registerTypeOf[this.#arguments[row]!] === type))
    const kind = pick(['whole', 'whole', 'step', 'scatter'] as const)
    const lanes = boolean() ? { lanes: integer(0, this.#lanes) } : {}
    const address = this.#address(arg)
    if (kind === 'scatter') {
      const { ops, index } = this.#index()
      return [...ops, { kind: 'store', from, address: { ...address, index }, ...lanes }]
    }
    const step = kind === 'step' ? { step: this.#step() } : {}
    return [{ kind: 'store', from, address, ...lanes, ...step }]
  }

  #step(): number {
    return this.#choices.pick([-3, -1, 2, 3, 5])
  }

  /** An index register in [0, largestIndex]. */
  #index(): { ops: Op[]; index: { reg: Reg; stride: number } } {
    const a = this.#any('i32')
    const mask = this.#registers.push('i32') - 1
    const reg = this.#registers.push('i32') - 1
    const ops: Op[] = [
      { kind: 'constant', to: mask, value: largestIndex },
      { kind: 'binary', op: 'and', a, b: mask, to: reg },
    ]
    return { ops, index: { reg, stride: this.#choices.pick([-2, -1, 1, 2, 3]) } }
  }

  #splat(arg: number): Op {
    const address = this.#address(arg)
    return { kind: 'splat', address, to: this.#target(registerTypeOf[this.#arguments[arg]!]) }
  }

  #constant(type: RegType): Op {
    const value = type === 'i32' ? this.#choices.integer(-(2 ** 31), 2 ** 31 - 1) : this.#choices.float()
    return { kind: 'constant', value, to: this.#target(type) }
  }

  #shift(): Op {
    const wide = this.#wide && this.#choices.boolean()
    const type = wide ? 'f64' : 'i32'
    const op = this.#choices.pick(
      wide ? (['left64', 'right64'] as const) : (['left', 'right', 'rightUnsigned'] as const),
    )
    const a = this.#any(type)
    return { kind: 'shift', op, a, by: this.#choices.integer(0, wide ? 63 : 31), to: this.#target(type) }
  }

  #address(arg: number): Address {
    return { arg, offset: this.#choices.integer(-20, 20), terms: this.#terms() }
  }

  /** Terms of open variables; often those of an earlier address, so that groups are shared. */
  #terms(): Address['terms'] {
    const { boolean, integer, pick } = this.#choices
    const known = this.#usedTerms.filter((terms) => terms.every(([variable]) => this.#open.includes(variable)))
    if (known.length > 0 && boolean()) return pick(known)
    const terms = this.#open.flatMap((variable) => (boolean() ? [[variable, integer(-6, 9)] as const] : []))
    if (boolean()) terms.reverse()
    this.#usedTerms.push(terms)
    return terms
  }

  #any(type: RegType): Reg {
    return this.#choices.pick(this.#defined[type])
  }

  /** A register to write: a new one, or one that loops outside carry along. */
  #target(type: RegType): Reg {
    const known = this.#defined[type]
    if (known.length > 0 && this.#choices.boolean()) return this.#choices.pick(known)
    const reg = this.#registers.push(type) - 1
    known.push(reg)
    return reg
  }
}
