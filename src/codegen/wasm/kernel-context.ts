// What the parts of the emitter share while they write one kernel: the function, its locals and its pointers.

import type { DType } from '../../core/dtype.ts'
import { type Addressing, analyzeAddresses, argumentType, invalid, type Place, type Pointer } from '../addresses.ts'
import { layOut } from '../layout.ts'
import { findLifetimes, type Lifetime } from '../lifetimes.ts'
import type { Address, LoopProgram, Reg, RegType } from '../loop-program.ts'
import { FunctionBody, type Local } from './function-body.ts'

/** Parameters of every kernel: the address of its entries in the argument table, and the range of slabs. */
export const entriesLocal: Local = 0
export const firstLocal: Local = 1
export const lastLocal: Local = 2

export class KernelContext {
  readonly program: LoopProgram
  readonly code: FunctionBody
  readonly addressing: Addressing
  /** Relaxed SIMD validates: fused multiply-add and the blend by a mask of whole lanes. */
  readonly relaxed: boolean
  readonly #registers = new Map<Reg, Local>()
  readonly #constants: ReadonlyMap<Reg, number>
  readonly #pointers = new Map<Pointer, Local>()
  #temporary: Local | undefined

  /** `parameters`: how many the function has, all i32. */
  constructor(program: LoopProgram, relaxed: boolean, parameters = 3) {
    this.code = new FunctionBody({ parameters: Array.from({ length: parameters }, () => 'i32'), results: [] })
    this.program = program
    this.relaxed = relaxed
    this.addressing = analyzeAddresses(program)
    const { values, constantValues } = findLifetimes(layOut(program))
    this.#constants = constantValues
    this.#assignLocals(values)
    const lanes = program.registers.includes('f64') ? 2 : 4
    if (program.lanes !== lanes) throw this.invalid(`${program.lanes} lanes, but its registers ask for ${lanes}`)
  }

  get lanes(): number {
    return this.program.lanes
  }

  /** The local of a register that is written. */
  register(reg: Reg): Local {
    const local = this.#registers.get(reg)
    if (local === undefined) throw this.invalid(`register ${reg} has no type`)
    return local
  }

  /** Registers that are never needed at once share a local: the engine keeps account of every local at every branch. */
  #assignLocals(values: readonly Lifetime[]): void {
    const free: Local[] = []
    let held: { readonly end: number; readonly local: Local }[] = []
    for (const { reg, start, end } of [...values].sort((a, b) => a.start - b.start)) {
      if (this.program.registers[reg] === undefined) continue
      for (const holder of held) if (holder.end < start) free.push(holder.local)
      held = held.filter((holder) => holder.end >= start)
      const local = free.pop() ?? this.code.local('v128')
      held.push({ end, local })
      this.#registers.set(reg, local)
    }
  }

  isConstant(reg: Reg): boolean {
    return this.#constants.has(reg)
  }

  /** Pushes the values of registers. */
  push(...regs: readonly Reg[]): FunctionBody {
    for (const reg of regs) {
      const value = this.#constants.get(reg)
      if (value === undefined) this.code.get(this.register(reg))
      else this.pushConstant(reg, value)
    }
    return this.code
  }

  /** Pushes a vector of equal lanes of the register's type. */
  pushConstant(reg: Reg, value: number): FunctionBody {
    const type = this.typeOf(reg)
    const lanes = { i32: Int32Array.of(value, value, value, value), f32: Float32Array.of(value, value, value, value) }
    return this.code.v128(new Uint8Array((type === 'f64' ? Float64Array.of(value, value) : lanes[type]).buffer))
  }

  typeOf(reg: Reg): RegType {
    const type = this.program.registers[reg]
    if (type === undefined) throw this.invalid(`register ${reg} has no type`)
    return type
  }

  /** The one type of several registers. */
  sameType(...registers: readonly Reg[]): RegType {
    const types = new Set(registers.map((reg) => this.typeOf(reg)))
    const [type] = types
    if (type === undefined || types.size > 1) throw this.invalid(`operands of types ${[...types].join(' and ')}`)
    return type
  }

  place(address: Address): Place {
    return this.addressing.place(address)
  }

  pointer(pointer: Pointer): Local {
    let local = this.#pointers.get(pointer)
    if (local === undefined) {
      local = this.code.local('i32')
      this.#pointers.set(pointer, local)
    }
    return local
  }

  argumentType(address: Address): DType {
    return argumentType(this.program, address)
  }

  /** A v128 local for a value that lives for a few instructions. */
  temporary(): Local {
    this.#temporary ??= this.code.local('v128')
    return this.#temporary
  }

  invalid(problem: string): Error {
    return invalid(this.program, problem)
  }
}
