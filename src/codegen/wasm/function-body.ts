// One WebAssembly function while it is written: its signature, its locals and its instructions.

import { ByteWriter } from './byte-writer.ts'
import {
  type AtomicOpcode,
  atomicOpcodes,
  atomicPage,
  type LaneOpcode,
  laneOpcodes,
  type MemoryLaneOpcode,
  type MemoryOpcode,
  memoryLaneOpcodes,
  memoryOpcodes,
  type PlainOpcode,
  plainOpcodes,
  simdPage,
  structureOpcodes,
  type ValueType,
  valueTypes,
} from './opcodes.ts'

export interface Signature {
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
}

/** A local of a function: its index, parameters first. */
export type Local = number

const emptyBlock = 0x40

export class FunctionBody {
  readonly signature: Signature
  readonly #locals: ValueType[] = []
  readonly #code = new ByteWriter()

  constructor(signature: Signature) {
    this.signature = signature
  }

  /** A new local, zero when the function starts. */
  local(type: ValueType): Local {
    return this.signature.parameters.length + this.#locals.push(type) - 1
  }

  op(name: PlainOpcode): this {
    return this.#opcode(plainOpcodes[name])
  }

  get(local: Local): this {
    this.#opcode(structureOpcodes.localGet).#code.unsigned(local)
    return this
  }

  set(local: Local): this {
    this.#opcode(structureOpcodes.localSet).#code.unsigned(local)
    return this
  }

  /** Sets a local and leaves the value on the stack. */
  tee(local: Local): this {
    this.#opcode(structureOpcodes.localTee).#code.unsigned(local)
    return this
  }

  /** The low 32 bits of an integer. */
  i32(value: number): this {
    this.#opcode(structureOpcodes.i32Const).#code.signed(value)
    return this
  }

  /** A 64-bit constant of at most 32 bits. */
  i64(value: number): this {
    this.#opcode(structureOpcodes.i64Const).#code.signed(value)
    return this
  }

  /** A constant vector of 16 bytes. */
  v128(bytes: Uint8Array): this {
    this.#opcode(structureOpcodes.v128Const).#code.bytes(bytes)
    return this
  }

  /** i8x16.shuffle: byte i of the result is byte `sources[i]` of the two operands (0-15 the first, 16-31 the second). */
  shuffle(sources: ArrayLike<number>): this {
    this.#opcode(structureOpcodes.shuffle).#code.bytes(sources)
    return this
  }

  /** A load or store at the address on the stack plus `offset` bytes, an unsigned 32-bit number. */
  memory(name: MemoryOpcode, offset: number): this {
    return this.#opcode(memoryOpcodes[name]).#memoryArgument(offset)
  }

  /** An operation on the 32-bit word at the address on the stack plus `offset` bytes. */
  atomic(name: AtomicOpcode, offset: number): this {
    const wordAlignment = 2
    this.#opcode(atomicOpcodes[name]).#code.byte(wordAlignment).unsigned(offset)
    return this
  }

  memoryLane(name: MemoryLaneOpcode, offset: number, lane: number): this {
    this.#opcode(memoryLaneOpcodes[name]).#memoryArgument(offset).#code.byte(lane)
    return this
  }

  lane(name: LaneOpcode, lane: number): this {
    this.#opcode(laneOpcodes[name]).#code.byte(lane)
    return this
  }

  /** Instructions that a branch to depth 0 leaves. */
  block(write: () => void): this {
    this.#opcode(structureOpcodes.block).#code.byte(emptyBlock)
    write()
    return this.#opcode(structureOpcodes.end)
  }

  /** Instructions that a branch to depth 0 starts again. */
  loop(write: () => void): this {
    this.#opcode(structureOpcodes.loop).#code.byte(emptyBlock)
    write()
    return this.#opcode(structureOpcodes.end)
  }

  branchIf(depth: number): this {
    this.#opcode(structureOpcodes.branchIf).#code.unsigned(depth)
    return this
  }

  /** Leaves the function with what is on the stack. */
  return(): this {
    return this.#opcode(structureOpcodes.return)
  }

  drop(): this {
    return this.#opcode(structureOpcodes.drop)
  }

  call(functionIndex: number): this {
    this.#opcode(structureOpcodes.call).#code.unsigned(functionIndex)
    return this
  }

  /** The function as an entry of the code section: runs of locals of one type, instructions, end. */
  encode(): ByteWriter {
    const runs: { type: ValueType; count: number }[] = []
    for (const type of this.#locals) {
      const last = runs.at(-1)
      if (last?.type === type) last.count++
      else runs.push({ type, count: 1 })
    }
    const entry = new ByteWriter().unsigned(runs.length)
    for (const { type, count } of runs) entry.unsigned(count).byte(valueTypes[type])
    return entry.bytes(this.#code.view()).byte(structureOpcodes.end)
  }

  // Alignment is a hint; buffers promise only that of their elements, so none is claimed.
  #memoryArgument(offset: number): this {
    this.#code.byte(0).unsigned(offset)
    return this
  }

  #opcode(code: number): this {
    if (code >= atomicPage) this.#code.byte(atomicPage >>> 16).unsigned(code & 0xffff)
    else if (code >= simdPage) this.#code.byte(simdPage >>> 16).unsigned(code & 0xffff)
    else this.#code.byte(code)
    return this
  }
}
