// What the parts of the emitter share while they write one kernel: the function, its locals and its pointers.

import type { DType } from '../../core/dtype.ts'
import { type Addressing, analyzeAddresses, argumentType, invalid, type Place, type Pointer } from '../addresses.ts'
import type { Address, LoopProgram, Reg, RegType } from '../loop-program.ts'
import { FunctionBody, type Local } from './function-body.ts'

/** Parameters of every kernel: the argument table's address and the range of slabs. */
export const tableLocal: Local = 0
export const firstLocal: Local = 1
export const lastLocal: Local = 2

export class KernelContext {
  readonly program: LoopProgram
  readonly code: FunctionBody = new FunctionBody({ parameters: ['i32', 'i32', 'i32'], results: [] })
  readonly addressing: Addressing
  /** Relaxed SIMD validates: fused multiply-add and the blend by a mask of whole lanes. */
  readonly relaxed: boolean
  readonly #registers: Local[]
  readonly #pointers = new Map<Pointer, Local>()
  #temporary: Local | undefined

  constructor(program: LoopProgram, relaxed: boolean) {
    this.program = program
    this.relaxed = relaxed
    this.addressing = analyzeAddresses(program)
    this.#registers = program.registers.map(() => this.code.local('v128'))
    const lanes = program.registers.includes('f64') ? 2 : 4
    if (program.lanes !== lanes) throw this.invalid(`${program.lanes} lanes, but its registers ask for ${lanes}`)
  }

  get lanes(): number {
    return this.program.lanes
  }

  register(reg: Reg): Local {
    const local = this.#registers[reg]
    if (local === undefined) throw this.invalid(`register ${reg} has no type`)
    return local
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
