// Writes x64 instructions: vector ones under VEX or EVEX, the few integer ones, jumps and calls.

import { OcellusError } from '../../core/errors.ts'
import { CodeBuffer, type Label } from './code-buffer.ts'
import { type Encoding, instructions, type VectorInstruction } from './instructions.ts'
import { isMemory, type Memory, type Operand, type Register, type VectorWidth } from './operands.ts'

export interface VectorOptions {
  readonly immediate?: number
  /** Mask register 1-7; lanes whose bit is 0 keep what they hold, or become 0 with `zeroing`. */
  readonly mask?: Register
  readonly zeroing?: boolean
}

/** Operations with an immediate, by the digit in ModRM.reg. */
const arithmeticDigits = { add: 0, and: 4, sub: 5, cmp: 7 } as const
export type Arithmetic = keyof typeof arithmeticDigits

/** Jumps on signed comparison and on zero, by the low half of the opcode. */
const conditions = { equal: 4, notEqual: 5, less: 12, greaterOrEqual: 13 } as const
export type Condition = keyof typeof conditions

function fitsInt8(value: number): boolean {
  return value >= -128 && value <= 127
}

export function fitsInt32(value: number): boolean {
  return value >= -(2 ** 31) && value < 2 ** 31
}

export class Assembler extends CodeBuffer {
  /**
   * Operands in Intel's order, destination first. VEX where width, registers and options allow it, else EVEX. Scalar instructions
   * take width 16.
   */
  vector(
    name: VectorInstruction,
    width: VectorWidth,
    operands: readonly Operand[],
    { immediate, mask = 0, zeroing = false }: VectorOptions = {},
  ): void {
    const encoding: Encoding = instructions[name]
    const { form } = encoding
    const reg = form === 'vm' ? (encoding.digit ?? 0) : registerAt(operands, form === 'mr' ? 1 : 0)
    const vvvv =
      form === 'rvm' || form === 'rvms' ? registerAt(operands, 1) : form === 'vm' ? registerAt(operands, 0) : 0
    const rm = operandAt(operands, form === 'mr' ? 0 : form === 'rvm' || form === 'rvms' ? 2 : 1)
    const register = form === 'rvms' ? registerAt(operands, 3) : undefined
    const broadcast = isMemory(rm) && rm.broadcast === true
    const high = Math.max(reg, vvvv, isMemory(rm) ? 0 : rm) > 15
    const extended = encoding.only === 'evex' || width === 64 || mask !== 0 || broadcast || high
    if (extended && encoding.only === 'vex') throw new OcellusError(`${name} has no EVEX form`)
    let scale = 1
    if (extended) {
      scale = displacementUnit(encoding, width, broadcast)
      const flags = (zeroing ? 0x80 : 0) | (broadcast ? 0x10 : 0) | mask
      this.#evex(encoding, width, reg, vvvv, rm, flags)
    } else this.#vex(encoding, width, reg, vvvv, rm)
    this.byte(encoding.opcode)
    const trailing = register === undefined ? immediate : register << 4
    this.#modrm(reg, rm, scale, trailing === undefined ? 0 : 1)
    if (trailing !== undefined) this.byte(trailing & 255)
  }

  #vex(encoding: Encoding, width: VectorWidth, reg: Register, vvvv: Register, rm: Operand): void {
    const [x, b] = [indexBit(rm), baseBit(rm)]
    const last = (~vvvv & 15) * 8 + (width === 32 ? 4 : 0) + encoding.prefix
    if (encoding.map === 1 && encoding.vexW === undefined && x === 0 && b === 0) {
      this.byte(0xc5, (reg < 8 ? 0x80 : 0) | last)
      return
    }
    this.byte(0xc4, (reg < 8 ? 0x80 : 0) | (x === 0 ? 0x40 : 0) | (b === 0 ? 0x20 : 0) | encoding.map)
    this.byte((encoding.vexW ?? 0) * 0x80 + last)
  }

  #evex(encoding: Encoding, width: VectorWidth, reg: Register, vvvv: Register, rm: Operand, flags: number): void {
    const registers =
      inverted(reg & 8, 0x80) | inverted(indexBit(rm), 0x40) | inverted(baseBit(rm), 0x20) | inverted(reg & 16, 0x10)
    this.byte(0x62, registers | encoding.map)
    this.byte(
      (encoding.evexW ?? 0) * 0x80 + (~vvvv & 15) * 8 + 4 + encoding.prefix,
      ((width / 32) << 5) | inverted(vvvv & 16, 0x08) | flags,
    )
  }

  /** ModRM, SIB and displacement. One-byte displacements count units of `scale`; `trailing` immediate bytes follow. */
  #modrm(reg: Register, rm: Operand, scale: number, trailing: number): void {
    const middle = (reg & 7) << 3
    if (!isMemory(rm)) {
      this.byte(0xc0 | middle | (rm & 7))
      return
    }
    if ('constant' in rm) {
      this.byte(middle | 5)
      this.distanceToConstant(rm.constant, trailing)
      return
    }
    const { base, displacement, index, scale: indexScale = 1 } = rm
    if (!fitsInt32(displacement)) throw new OcellusError(`a displacement of ${displacement} bytes`)
    const short = displacement % scale === 0 && fitsInt8(displacement / scale)
    // rbp and r13 without displacement would mean something else.
    const mode = displacement === 0 && (base & 7) !== 5 ? 0 : short ? 1 : 2
    if (index === undefined && (base & 7) !== 4) this.byte((mode << 6) | middle | (base & 7))
    else {
      if (index === 4) throw new OcellusError('rsp cannot be an index')
      this.byte((mode << 6) | middle | 4)
      this.byte((Math.log2(indexScale) << 6) | (((index ?? 4) & 7) << 3) | (base & 7))
    }
    if (mode === 1) this.byte((displacement / scale) & 255)
    else if (mode === 2) this.int32(displacement)
  }

  zeroUpper(): void {
    this.byte(0xc5, 0xf8, 0x77)
  }

  /** An integer instruction with a register and an operand; `bytes` of them are wide (8) or not (4). */
  #integer(opcode: readonly number[], reg: Register, rm: Operand, { wide = true, trailing = 0 } = {}): void {
    const rex = 0x40 | (wide ? 8 : 0) | (reg > 7 ? 4 : 0) | (indexBit(rm) === 0 ? 0 : 2) | (baseBit(rm) === 0 ? 0 : 1)
    if (rex !== 0x40) this.byte(rex)
    for (const byte of opcode) this.byte(byte)
    this.#modrm(reg, rm, 1, trailing)
  }

  /** 64 bits, from a register, memory or a whole number. */
  move(to: Register, from: Operand): void {
    this.#integer([0x8b], to, from)
  }

  /** 32 bits; the upper half becomes 0. */
  move32(to: Register, from: Operand): void {
    this.#integer([0x8b], to, from, { wide: false })
  }

  moveImmediate(to: Register, value: number): void {
    if (value >= 0 && value < 2 ** 32) {
      if (to > 7) this.byte(0x41)
      this.byte(0xb8 | (to & 7))
      this.int32(value | 0)
    } else if (fitsInt32(value)) {
      this.#integer([0xc7], 0, to)
      this.int32(value)
    } else {
      this.byte(0x48 | (to > 7 ? 1 : 0), 0xb8 | (to & 7))
      this.int64(BigInt(value))
    }
  }

  store(to: Memory, from: Register): void {
    this.#integer([0x89], from, to)
  }

  store32(to: Memory, from: Register): void {
    this.#integer([0x89], from, to, { wide: false })
  }

  /** The low byte of rax, rcx, rdx or rbx. */
  store8(to: Memory, from: Register): void {
    if (from > 3) throw new OcellusError(`register ${from} has no low byte here`)
    this.#integer([0x88], from, to, { wide: false })
  }

  storeImmediate32(to: Memory, value: number): void {
    this.#integer([0xc7], 0, to, { wide: false, trailing: 4 })
    this.int32(value)
  }

  /** A byte of memory; the rest becomes 0. */
  moveByte(to: Register, from: Memory): void {
    this.#integer([0x0f, 0xb6], to, from, { wide: false })
  }

  /** A signed 32-bit number as a 64-bit one. */
  moveSigned32(to: Register, from: Operand): void {
    this.#integer([0x63], to, from)
  }

  address(to: Register, of: Memory): void {
    this.#integer([0x8d], to, of)
  }

  add(to: Register, from: Operand): void {
    this.#integer([0x03], to, from)
  }

  compare(a: Register, b: Operand): void {
    this.#integer([0x3b], a, b)
  }

  /** Adds, subtracts, masks or compares a constant of at most 32 bits. */
  immediate(operation: Arithmetic, to: Operand, value: number): void {
    const short = fitsInt8(value)
    if (!fitsInt32(value)) throw new OcellusError(`an immediate of ${value}`)
    this.#integer([short ? 0x83 : 0x81], arithmeticDigits[operation], to, { trailing: short ? 1 : 4 })
    if (short) this.byte(value & 255)
    else this.int32(value)
  }

  multiply(to: Register, from: Operand, value: number): void {
    const short = fitsInt8(value)
    if (!fitsInt32(value)) throw new OcellusError(`an immediate of ${value}`)
    this.#integer([short ? 0x6b : 0x69], to, from, { trailing: short ? 1 : 4 })
    if (short) this.byte(value & 255)
    else this.int32(value)
  }

  push(register: Register): void {
    if (register > 7) this.byte(0x41)
    this.byte(0x50 | (register & 7))
  }

  pop(register: Register): void {
    if (register > 7) this.byte(0x41)
    this.byte(0x58 | (register & 7))
  }

  /** Brings the line to all caches. */
  prefetch(memory: Memory): void {
    this.#integer([0x0f, 0x18], 1, memory, { wide: false })
  }

  jump(condition: Condition, label: Label): void {
    const near = label.position === undefined ? undefined : label.position - (this.length + 2)
    if (near !== undefined && fitsInt8(near)) {
      this.byte(0x70 | conditions[condition], near & 255)
      return
    }
    this.byte(0x0f, 0x80 | conditions[condition])
    this.distance(label)
  }

  call(label: Label): void {
    this.byte(0xe8)
    this.distance(label)
  }

  /** Calls the function whose address memory holds. */
  callAt(memory: Memory): void {
    this.#integer([0xff], 2, memory, { wide: false })
  }

  return(): void {
    this.byte(0xc3)
  }

  /** Adds a register to a 32-bit word, for all threads at once; the register then holds what the word was. */
  atomicAdd32(word: Memory, register: Register): void {
    this.byte(0xf0)
    this.#integer([0x0f, 0xc1], register, word, { wide: false })
  }

  /** Tells the processor that this is a loop that waits for another thread. */
  pause(): void {
    this.byte(0xf3, 0x90)
  }

  /** Features by number in eax and ecx; answers in eax, ebx, ecx, edx. */
  cpuid(): void {
    this.byte(0x0f, 0xa2)
  }

  /** Register ecx of what the system saves on a switch of threads, in edx:eax. */
  xgetbv(): void {
    this.byte(0x0f, 0x01, 0xd0)
  }
}

function operandAt(operands: readonly Operand[], place: number): Operand {
  const operand = operands[place]
  if (operand === undefined) throw new OcellusError(`operand ${place} is missing`)
  return operand
}

function registerAt(operands: readonly Operand[], place: number): Register {
  const operand = operands[place]
  if (typeof operand !== 'number') throw new OcellusError(`operand ${place} must be a register`)
  return operand
}

/** Bit 3 of the index, or bit 4 of a vector register. */
function indexBit(rm: Operand): number {
  if (!isMemory(rm)) return rm & 16
  return 'constant' in rm ? 0 : (rm.index ?? 0) & 8
}

/** Bit 3 of the base, or of the register. */
function baseBit(rm: Operand): number {
  if (!isMemory(rm)) return rm & 8
  return 'constant' in rm ? 0 : rm.base & 8
}

/** EVEX keeps the upper bits of registers inverted. */
function inverted(bit: number, place: number): number {
  return bit === 0 ? place : 0
}

function displacementUnit({ span = 'full', evexW }: Encoding, width: VectorWidth, broadcast: boolean): number {
  if (broadcast) return evexW === undefined ? 4 : 8
  if (span === 'full') return width
  if (span === 'half') return width / 2
  return span === 'quarter' ? width / 4 : span
}
