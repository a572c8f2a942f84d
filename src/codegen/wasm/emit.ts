// Loop programs to a WebAssembly module: one function per kernel, because V8 optimises function by function.

import { OcellusError } from '../../core/errors.ts'
import type { LoopProgram } from '../loop-program.ts'
import { assemble, type MemoryImport, type WasmFunction } from './assembler.ts'
import { FunctionBody } from './function-body.ts'
import { emitKernel } from './kernel.ts'

export interface EmittedKernel {
  readonly program: LoopProgram
  /** Iterations of the program's range loop when one thread runs all of it. */
  readonly slabs: number
}

export interface WasmOptions {
  readonly kernels: readonly EmittedKernel[]
  readonly memory: MemoryImport
  /** Multiply-add by relaxed SIMD, rounded once where the machine fuses; else multiply, round, add, round. */
  readonly relaxedMadd: boolean
}

/**
 * A module that imports `env.memory` and exports `kernel0(table, first, last)`, `kernel1` … and `run(table)`, which runs all kernels
 * in order over [0, slabs). `table` is the address of the argument table: rows of 8 bytes, each the address of a buffer.
 * Throws OcellusError for a program that breaks the rules of LoopProgram.
 */
export function emitWasm({ kernels, memory, relaxedMadd }: WasmOptions): Uint8Array<ArrayBuffer> {
  const functions: WasmFunction[] = kernels.map(({ program }, index) => ({
    body: emitKernel(program, relaxedMadd),
    exported: `kernel${index}`,
    name: program.name,
  }))
  const run = new FunctionBody({ parameters: ['i32'], results: [] })
  const [table, first] = [0, 0]
  kernels.forEach(({ program, slabs }, index) => {
    if (!Number.isInteger(slabs) || slabs < 0) throw new OcellusError(`kernel ${program.name}: ${slabs} slabs`)
    run.get(table).i32(first).i32(slabs).call(index)
  })
  return assemble({ memory, functions: [...functions, { body: run, exported: 'run', name: 'run' }] })
}
