// A kernel's stack frame: homes of pointers and counters, two buffers that lanes pass through, and slots of values without register.

import type { Pointer } from '../addresses.ts'
import type { LoopVar, Reg } from '../loop-program.ts'
import { type BaseMemory, integerRegisters } from './operands.ts'

const { rsp } = integerRegisters
const vectorBytes = 64

function at(displacement: number): BaseMemory {
  return { base: rsp, displacement }
}

export class Frame {
  /** The stack pointer as the frame was made, and the function's arguments. */
  readonly caller: BaseMemory = at(0)
  readonly entries: BaseMemory = at(8)
  readonly first: BaseMemory = at(16)
  readonly last: BaseMemory = at(24)
  readonly #homes = new Map<Pointer | LoopVar, number>()
  readonly #slots = new Map<Reg, number>()
  readonly #vectors: number

  constructor(pointers: readonly Pointer[], counters: readonly LoopVar[], spilled: ReadonlySet<Reg>) {
    let next = 32
    for (const owner of [...pointers, ...counters]) {
      this.#homes.set(owner, next)
      next += 8
    }
    this.#vectors = Math.ceil(next / vectorBytes) * vectorBytes
    next = this.#vectors + 2 * vectorBytes
    for (const reg of spilled) {
      this.#slots.set(reg, next)
      next += vectorBytes
    }
    this.bytes = next
  }

  readonly bytes: number

  pointer(pointer: Pointer): BaseMemory {
    return at(this.#homes.get(pointer) as number)
  }

  counter(variable: LoopVar): BaseMemory {
    return at(this.#homes.get(variable) as number)
  }

  slot(reg: Reg): BaseMemory {
    return at(this.#slots.get(reg) as number)
  }

  /** Buffer 0 holds the lanes of an index, buffer 1 those of a value. */
  buffer(number: 0 | 1, offset = 0): BaseMemory {
    return at(this.#vectors + number * vectorBytes + offset)
  }
}
