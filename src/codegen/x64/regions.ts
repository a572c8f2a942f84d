// Which loops keep their pointers and counters in integer registers. All pointers have homes in the frame; a loop whose pointers and
// counters fit the registers loads them at its entry and drops them at its exit.

import type { Addressing, Pointer } from '../addresses.ts'
import type { Loop, LoopProgram, LoopVar, Statement } from '../loop-program.ts'
import { integerRegisters, type Register } from './operands.ts'

export interface Region {
  readonly pointers: ReadonlyMap<Pointer, Register>
  readonly counters: ReadonlyMap<LoopVar, Register>
}

const { rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 } = integerRegisters
/** All but rsp, and rax, rcx and rdx, which addresses, indices and lanes pass through. */
const available: readonly Register[] = [rbx, rsi, rdi, r8, r9, r10, r11, r14, r15, rbp, r12, r13]

/** The outermost loops that fit. */
export function planRegions(
  program: LoopProgram,
  addressing: Addressing,
  registers: number = available.length,
): ReadonlyMap<Loop, Region> {
  const regions = new Map<Loop, Region>()
  const visit = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind !== 'loop' || statement.extent === 0) continue
      if (statement.extent === 1) {
        visit(statement.body)
        continue
      }
      const depths = counterDepths(statement)
      const counters = 1 + Math.max(...depths.values())
      const pointers = addressing.within(statement)
      const leaf = counters === 1
      if (pointers.length + counters > registers && !leaf) visit(statement.body)
      else {
        const kept = leaf ? mostUsed(statement, addressing, Math.min(available.length, registers) - 1) : pointers
        regions.set(statement, {
          pointers: new Map(kept.map((pointer, i) => [pointer, available[counters + i] as Register])),
          counters: new Map([...depths].map(([variable, depth]) => [variable, available[depth] as Register])),
        })
      }
    }
  }
  visit(program.body)
  return regions
}

/** Loops that count, by how many are around them within this one. */
function counterDepths(loop: Loop): ReadonlyMap<LoopVar, number> {
  const depths = new Map<LoopVar, number>()
  const visit = ({ variable, body, extent }: Loop, depth: number): void => {
    if (extent === 0) return
    if (extent !== 1) depths.set(variable, depth)
    for (const statement of body) if (statement.kind === 'loop') visit(statement, extent === 1 ? depth : depth + 1)
  }
  visit(loop, 0)
  return depths
}

/** The pointers of a loop without loops inside that most operations use. */
function mostUsed(loop: Loop, addressing: Addressing, count: number): readonly Pointer[] {
  const uses = new Map<Pointer, number>(addressing.within(loop).map((pointer) => [pointer, 0]))
  if (uses.size <= count) return [...uses.keys()]
  const visit = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind === 'loop') {
        if (statement.extent !== 0) visit(statement.body)
      } else if ('address' in statement) {
        const { pointer } = addressing.place(statement.address)
        uses.set(pointer, (uses.get(pointer) ?? 0) + 1)
      }
    }
  }
  visit(loop.body)
  const sorted = [...uses].sort(([, a], [, b]) => b - a)
  return sorted.slice(0, count).map(([pointer]) => pointer)
}
