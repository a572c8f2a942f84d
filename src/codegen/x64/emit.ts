// Loop programs to x64 machine code: one function per kernel and one that runs them all, with their constants behind the code.

import { OcellusError } from '../../core/errors.ts'
import type { SharedKernel } from '../control.ts'
import type { LoopProgram } from '../loop-program.ts'
import { Assembler } from './assembler.ts'
import type { Label } from './code-buffer.ts'
import { emitBarrier, emitRun, emitShare } from './entry.ts'
import { emitKernel, type RegisterLimits } from './kernel.ts'
import { type InstructionSet, targets } from './target.ts'

export interface X64Kernel extends SharedKernel {
  readonly program: LoopProgram
  /** Iterations of the program's range loop when one thread runs all of it. */
  readonly slabs: number
}

export interface X64Options {
  readonly kernels: readonly X64Kernel[]
  readonly set: InstructionSet
  /** Registers to use of each kind; all when absent. Fewer give slower code with the same results. */
  readonly limits?: RegisterLimits
}

export interface MachineCode {
  /** To be placed at a multiple of 64; takes every address from the argument table. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Where each kernel's function (entries, first, last) begins; `entries` is the address of its first entry. */
  readonly kernels: readonly number[]
  /** Where run(table) begins, which runs all kernels in order over [0, slabs). */
  readonly run: number
  /** Where share(table, ranges, control) begins, one thread's part of a run; absent where no kernel is shared. */
  readonly share?: number
}

const functionAlignment = 16

/**
 * Functions by the System V ABI, as Linux and macOS call them. `table` is the address of the argument table: entries of 8 bytes, each the
 * address of a buffer; a kernel knows only its own, which follow each other. Throws OcellusError for a program that breaks the rules
 * of LoopProgram.
 */
export function emitX64({ kernels, set, limits = {} }: X64Options): MachineCode {
  const code = new Assembler()
  if (targets[set] === undefined) throw new OcellusError(`there is no instruction set called ${set}`)
  const labels: Label[] = []
  for (const kernel of kernels) {
    const known = kernel.code === undefined ? undefined : labels[kernel.code]
    const label: Label = known ?? { position: undefined }
    labels.push(label)
    if (known !== undefined) continue
    code.align(functionAlignment)
    code.bind(label)
    emitKernel(code, kernel.program, { set, limits })
  }
  const begin = (): number => {
    code.align(functionAlignment)
    return code.length
  }
  const run = begin()
  emitRun(code, kernels, labels)
  const entry = { kernels: labels.map(({ position }) => position as number), run }
  if (!kernels.some(({ shared }) => shared === true)) return { bytes: code.finish(), ...entry }
  const barrier: Label = { position: undefined }
  begin()
  code.bind(barrier)
  emitBarrier(code)
  const share = begin()
  emitShare(code, kernels, labels, barrier)
  return { bytes: code.finish(), ...entry, share }
}
