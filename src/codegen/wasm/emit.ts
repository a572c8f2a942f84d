// Loop programs to a WebAssembly module: one function per kernel, or several where it is large, because V8 optimises function by function.

import type { SharedKernel } from '../control.ts'
import type { LoopProgram } from '../loop-program.ts'
import { assemble, type MemoryImport, type WasmFunction } from './assembler.ts'
import { emitBarrier, emitRun, emitShare } from './entry.ts'
import { emitKernel } from './kernel.ts'
import { mostOperations } from './outline.ts'

export interface EmittedKernel extends SharedKernel {
  readonly program: LoopProgram
  /** Iterations of the program's range loop when one thread runs all of it. */
  readonly slabs: number
}

export interface WasmOptions {
  readonly kernels: readonly EmittedKernel[]
  readonly memory: MemoryImport
  /** Multiply-add by relaxed SIMD, rounded once where the machine fuses; else multiply, round, add, round. */
  readonly relaxedMadd: boolean
  /** Operations of a function at most, as far as a kernel can be divided. */
  readonly functionOperations?: number
}

/**
 * A module that imports `env.memory` and exports `kernel0(entries, first, last)`, `kernel1` … (where they have functions of their own) and
 * `run(table)`, which runs all kernels in order over [0, slabs). `table` is the address of the argument table: entries of 8 bytes, each the
 * address of a buffer; a kernel knows only its own, which follow each other. Where a kernel is shared, it also exports
 * `share(table, ranges, control)`, one thread's part of a run: over the ranges of slabs that lie at `ranges`, waiting for the others between
 * kernels. Throws OcellusError for a program that breaks the rules of LoopProgram.
 */
export function emitWasm({
  kernels,
  memory,
  relaxedMadd,
  functionOperations: most = mostOperations,
}: WasmOptions): Uint8Array<ArrayBuffer> {
  const parts: WasmFunction[] = []
  const firstPart = kernels.filter(({ code }) => code === undefined).length
  const functions: WasmFunction[] = []
  // The number of each kernel's function.
  const numbers: number[] = []
  for (const [index, { program, code }] of kernels.entries()) {
    if (code !== undefined) {
      numbers.push(numbers[code] as number)
      continue
    }
    const emitted = emitKernel(program, { relaxed: relaxedMadd, firstPart: firstPart + parts.length, most })
    parts.push(...emitted.parts.map((body, i) => ({ body, name: `${program.name}, part ${i + 1}` })))
    numbers.push(functions.push({ body: emitted.body, exported: `kernel${index}`, name: program.name }) - 1)
  }
  functions.push(...parts)
  functions.push({ body: emitRun(kernels, numbers), exported: 'run', name: 'run' })
  if (kernels.some(({ shared }) => shared === true)) {
    const barrier = functions.push({ body: emitBarrier(), name: 'barrier' }) - 1
    functions.push({ body: emitShare(kernels, numbers, barrier), exported: 'share', name: 'share' })
  }
  return assemble({ memory, functions })
}
