// Which loads and splats become memory operands of the operations that use them, instead of filling a register.

import { bytesOf } from '../../core/dtype.ts'
import { argumentType } from '../addresses.ts'
import { type PlacedOperation, readsOf, writeOf } from '../layout.ts'
import type { BinaryOp, LoopProgram, Op, Reg } from '../loop-program.ts'
import { type InstructionSet, laneBytes } from './target.ts'

export type MemoryRead = Extract<Op, { kind: 'load' | 'splat' }>

export interface Folding {
  /** Read by one operation only: never in a register. */
  readonly always: ReadonlyMap<Reg, MemoryRead>
  /** Splats read by several operations: may be read again for each where registers are short. */
  readonly whenShort: ReadonlyMap<Reg, MemoryRead>
}

const commutative: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['add', 'multiply', 'and', 'or', 'xor'])

export function isCommutative(op: BinaryOp): boolean {
  return commutative.has(op)
}

function isLogic(op: Op): boolean {
  return op.kind === 'binary' && (op.op === 'and' || op.op === 'or' || op.op === 'xor')
}

/** The reads of a kernel that become memory operands, by the register that they would have filled. */
export function findFolding(
  program: LoopProgram,
  operations: readonly PlacedOperation[],
  set: InstructionSet,
): Folding {
  const writers = new Uint32Array(program.registers.length)
  // Operations that read what a load or splat brings.
  const readers = new Map<Reg, number[] | undefined>()
  // How many stores lie before each operation: what is read after one may differ.
  const writesBefore = new Uint32Array(operations.length)
  let memoryWrites = 0
  operations.forEach(({ op }, index) => {
    writesBefore[index] = memoryWrites
    if (op.kind === 'store') memoryWrites++
    const to = writeOf(op)
    if (to !== undefined) writers[to] = (writers[to] ?? 0) + 1
    if (op.kind === 'load' || op.kind === 'splat') readers.set(op.to, undefined)
  })
  operations.forEach(({ op }, index) => {
    const reads = readsOf(op)
    for (let i = 0; i < reads.length; i++) {
      const reg = reads[i] as Reg
      const known = readers.get(reg)
      if (known !== undefined) known.push(index)
      else if (readers.has(reg)) readers.set(reg, [index])
    }
  })

  const always = new Map<Reg, MemoryRead>()
  const whenShort = new Map<Reg, MemoryRead>()
  const taken = new Set<number>()
  operations.forEach(({ op, block }, index) => {
    if (op.kind !== 'load' && op.kind !== 'splat') return
    if (op.kind === 'splat' && set !== 'avx512') return
    if (!isWholeElementRead(program, op) || writers[op.to] !== 1) return
    const uses = readers.get(op.to) ?? []
    if (uses.length === 0 || (uses.length > 1 && op.kind === 'load')) return
    const fits = uses.every((use) => {
      const reader = operations[use] as PlacedOperation
      const unchanged = writesBefore[use] === writesBefore[index]
      // Logic broadcasts 4 bytes, whatever the lanes hold.
      const tooWide = op.kind === 'splat' && program.registers[op.to] === 'f64' && isLogic(reader.op)
      if (use <= index || reader.block !== block || !unchanged || taken.has(use) || tooWide) return false
      return takesMemory(reader.op, op.to)
    })
    if (!fits) return
    for (const use of uses) taken.add(use)
    if (uses.length === 1) always.set(op.to, op)
    else whenShort.set(op.to, op)
  })
  return { always, whenShort }
}

/** The load or splat that fills a register, where it may be read in its place. */
export function foldedRead({ always, whenShort }: Folding, reg: Reg): MemoryRead | undefined {
  return always.get(reg) ?? whenShort.get(reg)
}

/** Reads lanes that lie in memory as they do in the register. */
function isWholeElementRead(program: LoopProgram, op: MemoryRead): boolean {
  const type = program.registers[op.to]
  if (type === undefined || op.address.index !== undefined) return false
  if (bytesOf(argumentType(program, op.address)) !== laneBytes[type]) return false
  return op.kind === 'splat' || ((op.step ?? 1) === 1 && (op.lanes ?? program.lanes) === program.lanes)
}

function takesMemory(op: Op, reg: Reg): boolean {
  if (op.kind === 'fma') return op.c !== reg && (op.a === reg) !== (op.b === reg)
  if (op.kind === 'binary') return op.a !== op.b && (op.b === reg || isCommutative(op.op))
  return false
}
