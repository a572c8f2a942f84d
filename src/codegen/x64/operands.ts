// What x64 instructions work on: integer and vector registers by number, and memory.

/** The sixteen integer registers by their number in an instruction. */
export const integerRegisters = {
  rax: 0,
  rcx: 1,
  rdx: 2,
  rbx: 3,
  rsp: 4,
  rbp: 5,
  rsi: 6,
  rdi: 7,
  r8: 8,
  r9: 9,
  r10: 10,
  r11: 11,
  r12: 12,
  r13: 13,
  r14: 14,
  r15: 15,
} as const

/** Number of a register: integer 0-15, vector 0-31, mask 0-7; the instruction says which. */
export type Register = number

/** [base + index * scale + displacement]. */
export interface BaseMemory {
  readonly base: Register
  readonly displacement: number
  readonly index?: Register
  readonly scale?: 1 | 2 | 4 | 8
  /** One element read into every lane (EVEX only). */
  readonly broadcast?: boolean
}

/** A constant behind the code, addressed relative to the instruction. */
export interface PoolMemory {
  readonly constant: number
  readonly broadcast?: boolean
}

export type Memory = BaseMemory | PoolMemory

export type Operand = Register | Memory

export function isMemory(operand: Operand): operand is Memory {
  return typeof operand !== 'number'
}

/** Bytes of a vector register: xmm, ymm or zmm. */
export type VectorWidth = 16 | 32 | 64
