// The two x64 targets as lowering sees them, and what emission adds: how wide a register of each type is.

import type { LoopProgram, RegType, Target } from '../loop-program.ts'
import type { VectorWidth } from './operands.ts'

export type InstructionSet = 'avx2' | 'avx512'

/** AVX2 reads a broadcast by an instruction of its own; AVX-512 folds it into the multiply-add. */
export const targets: Readonly<Record<InstructionSet, Target>> = {
  avx2: {
    name: 'avx2',
    lanes: 8,
    registers: 16,
    fmaChains: 10,
    broadcastOperand: false,
    splatsTogether: false,
    fences: false,
    prefetches: true,
    l1: 32 * 1024,
    l2: 1024 * 1024,
  },
  avx512: {
    name: 'avx512',
    lanes: 16,
    registers: 32,
    fmaChains: 10,
    broadcastOperand: true,
    splatsTogether: false,
    fences: false,
    prefetches: true,
    l1: 32 * 1024,
    l2: 1024 * 1024,
  },
}

export const laneBytes: Readonly<Record<RegType, 4 | 8>> = { f32: 4, i32: 4, f64: 8 }

/** Lanes of every register of a program: half as many where a type of 8 bytes occurs. */
export function lanesOf(set: InstructionSet, program: LoopProgram): number {
  const { lanes } = targets[set]
  return program.registers.includes('f64') ? lanes / 2 : lanes
}

export function widthOf(program: LoopProgram, type: RegType): VectorWidth {
  return (program.lanes * laneBytes[type]) as VectorWidth
}
