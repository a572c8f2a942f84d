// What the parts of the emitter share while they write one kernel: where values, pointers and constants are, and free registers.

import type { DType } from '../../core/dtype.ts'
import { bytesOf } from '../../core/dtype.ts'
import { type Addressing, argumentType, invalid, type Pointer } from '../addresses.ts'
import type { Address, LoopProgram, LoopVar, Reg, RegType } from '../loop-program.ts'
import type { Allocation } from './allocation.ts'
import { type Assembler, fitsInt32 } from './assembler.ts'
import { type Folding, foldedRead } from './folding.ts'
import type { Frame } from './frame.ts'
import {
  type BaseMemory,
  integerRegisters,
  isMemory,
  type Memory,
  type Operand,
  type Register,
  type VectorWidth,
} from './operands.ts'
import type { Region } from './regions.ts'
import { type InstructionSet, laneBytes, widthOf } from './target.ts'

const { rax, rcx } = integerRegisters

export interface KernelParts {
  readonly code: Assembler
  readonly program: LoopProgram
  readonly set: InstructionSet
  readonly addressing: Addressing
  readonly allocation: Allocation
  /** Loads and splats that are memory operands where they are used. */
  readonly folding: Folding
  readonly constants: ReadonlyMap<Reg, number>
  readonly frame: Frame
  readonly vectorRegisters: number
}

/** Mask register for results of comparisons; the others hold counts of lanes. */
export const comparisonMask: Register = 1
const firstLaneMask = 2
const maskRegisters = 8

export class KernelContext {
  readonly code: Assembler
  readonly program: LoopProgram
  readonly set: InstructionSet
  readonly addressing: Addressing
  readonly frame: Frame
  /** Positions whose operation lacked free registers, and how many it wanted. */
  readonly shortages: Map<number, number> = new Map()
  readonly #parts: KernelParts
  /** Constants of the pool that are the same in all lanes, by type and value. */
  readonly #constants = new Map<string, Memory>()
  readonly #laneMasks = new Map<number, Register>()
  #region: Region | undefined
  #position = 0
  #scratch: Register[] = []
  /** The pointer that rax holds. */
  #heldPointer: Pointer | undefined

  constructor(parts: KernelParts) {
    this.#parts = parts
    this.code = parts.code
    this.program = parts.program
    this.set = parts.set
    this.addressing = parts.addressing
    this.frame = parts.frame
  }

  get lanes(): number {
    return this.program.lanes
  }

  typeOf(reg: Reg): RegType {
    const type = this.program.registers[reg]
    if (type === undefined) throw this.invalid(`register ${reg} has no type`)
    return type
  }

  /** The one type of several registers. */
  sameType(...registers: readonly Reg[]): RegType {
    const type = this.typeOf(registers[0] as Reg)
    for (const reg of registers) {
      if (this.typeOf(reg) !== type) throw this.invalid(`operands of types ${type} and ${this.typeOf(reg)}`)
    }
    return type
  }

  width(type: RegType): VectorWidth {
    return widthOf(this.program, type)
  }

  argumentType(address: Address): DType {
    return argumentType(this.program, address)
  }

  invalid(problem: string): Error {
    return invalid(this.program, problem)
  }

  /** Starts the operation at `position`: registers lent to the one before are free again. */
  begin(position: number): void {
    this.#position = position
    this.#scratch = []
  }

  /** A vector register that is free until the operation ends. */
  scratch(): Register {
    const { allocation, vectorRegisters } = this.#parts
    for (let register = vectorRegisters - 1; register >= 0; register--) {
      if (this.#scratch.includes(register) || !allocation.isFree(register, this.#position)) continue
      this.#scratch.push(register)
      return register
    }
    // The code written now is discarded; the next attempt keeps as many registers free as this one wanted.
    const wanted = this.#scratch.length + 1
    this.#scratch.push(-wanted)
    this.shortages.set(this.#position, Math.max(this.shortages.get(this.#position) ?? 0, wanted))
    return 0
  }

  /** Where a value is to be read from. */
  source(reg: Reg): Operand {
    const { allocation, folding, constants, frame } = this.#parts
    const register = allocation.register(reg)
    if (register !== undefined) return register
    const read = foldedRead(folding, reg)
    if (read !== undefined) return { ...this.memory(read.address), broadcast: read.kind === 'splat' }
    const value = constants.get(reg)
    if (value !== undefined) return this.constant(this.typeOf(reg), value)
    return frame.slot(reg)
  }

  /** A register that holds the value. */
  inRegister(reg: Reg): Register {
    const operand = this.source(reg)
    if (!isMemory(operand)) return operand
    const register = this.scratch()
    this.load(register, operand, this.typeOf(reg))
    return register
  }

  /** Lets `write` fill a register, which becomes the value of `reg`. `write` must read its operands before it changes the register. */
  write(reg: Reg, write: (to: Register) => void): void {
    const register = this.#parts.allocation.register(reg)
    if (register !== undefined) {
      write(register)
      return
    }
    const scratch = this.scratch()
    write(scratch)
    this.code.vector('vmovupsStore', this.width(this.typeOf(reg)), [this.frame.slot(reg), scratch])
  }

  /** Copies a register, memory or a broadcast element. */
  load(to: Register, from: Operand, type: RegType): void {
    const width = this.width(type)
    if (!isMemory(from)) {
      if (to !== from) this.code.vector('vmovaps', width, [to, from])
    } else if (from.broadcast === true) {
      const element = { ...from, broadcast: false }
      this.code.vector(laneBytes[type] === 4 ? 'vbroadcastss' : 'vbroadcastsd', width, [to, element])
    } else this.code.vector('vmovups', width, [to, from])
  }

  /** A value in all lanes, in the pool. */
  constant(type: RegType, value: number): Memory {
    const key = `${type} ${Object.is(value, -0) ? '-0' : value}`
    let constant = this.#constants.get(key)
    if (constant === undefined) {
      constant = this.vectorConstant(type, Array<number>(this.lanes).fill(value))
      this.#constants.set(key, constant)
    }
    return constant
  }

  vectorConstant(type: RegType, values: readonly number[]): Memory {
    const array =
      type === 'f32' ? new Float32Array(values) : type === 'f64' ? new Float64Array(values) : new Int32Array(values)
    return { constant: this.code.constant(new Uint8Array(array.buffer)) }
  }

  /** Whether a register's value is the constant 0 (not -0). */
  isZero(reg: Reg): boolean {
    return Object.is(this.#parts.constants.get(reg), 0)
  }

  isConstant(reg: Reg): boolean {
    return this.#parts.constants.has(reg)
  }

  isFolded(reg: Reg): boolean {
    return foldedRead(this.#parts.folding, reg) !== undefined && this.#parts.allocation.register(reg) === undefined
  }

  /** Fills masks for these counts of lanes; more than fit are made anew where they are used. */
  prepareLaneMasks(counts: readonly number[]): void {
    counts.slice(0, maskRegisters - firstLaneMask).forEach((count, i) => {
      this.#fillMask(firstLaneMask + i, count)
      this.#laneMasks.set(count, firstLaneMask + i)
    })
  }

  /** A mask register whose first `count` bits are set. */
  laneMask(count: number): Register {
    const known = this.#laneMasks.get(count)
    if (known !== undefined) return known
    this.#fillMask(comparisonMask, count)
    return comparisonMask
  }

  #fillMask(mask: Register, count: number): void {
    this.code.moveImmediate(rcx, 2 ** count - 1)
    this.code.vector('kmovw', 16, [mask, rcx])
  }

  /** The element `elements` behind an address. May load the pointer into rax. */
  memory(address: Address, elements = 0): BaseMemory {
    const { pointer, offset } = this.addressing.place(address)
    const displacement = offset + elements * bytesOf(this.argumentType(address))
    const base = this.pointer(pointer)
    if (fitsInt32(displacement)) return { base, displacement }
    this.code.moveImmediate(rcx, displacement)
    this.code.add(rcx, base)
    this.code.move(rax, rcx)
    this.forgetPointer()
    return { base: rax, displacement: 0 }
  }

  /** A register with the pointer: its own, or rax. */
  pointer(pointer: Pointer): Register {
    const register = this.#region?.pointers.get(pointer)
    if (register !== undefined) return register
    if (this.#heldPointer !== pointer) {
      this.code.move(rax, this.frame.pointer(pointer))
      this.#heldPointer = pointer
    }
    return rax
  }

  /** The pointer's place to change it: a register or its home. */
  pointerPlace(pointer: Pointer): Operand {
    this.forgetPointer()
    return this.#region?.pointers.get(pointer) ?? this.frame.pointer(pointer)
  }

  /** Where a loop's counter is. */
  counter(variable: LoopVar): Operand {
    return this.#region?.counters.get(variable) ?? this.frame.counter(variable)
  }

  /** What rax holds is no longer known. */
  forgetPointer(): void {
    this.#heldPointer = undefined
  }

  get region(): Region | undefined {
    return this.#region
  }

  set region(region: Region | undefined) {
    this.#region = region
  }
}
