// Kernels in a memory of their own, ready to be called.

import type { LoopProgram, Statement } from '../../../src/codegen/loop-program.ts'
import { emitWasm } from '../../../src/codegen/wasm/emit.ts'
import { probeWasmFeatures, type WasmFeatures } from '../../../src/codegen/wasm/features.ts'

export const features: WasmFeatures = probeWasmFeatures()
/** Address of the argument table. */
export const table = 64

export type Kernel = (table: number, first: number, last: number) => void

export interface Loaded {
  readonly memory: WebAssembly.Memory
  readonly kernels: readonly Kernel[]
  readonly run: (table: number) => void
}

/** Kernels in a memory of their own, with `bases` in the argument table at address 64. */
export function load(
  programs: readonly LoopProgram[],
  bases: readonly number[],
  options: { slabs?: number; shared?: boolean; pages?: number } = {},
): Loaded {
  const { slabs = 1, shared = false, pages = 4 } = options
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
  const view = new DataView(memory.buffer)
  for (const [row, base] of bases.entries()) view.setUint32(table + 8 * row, base, true)
  const kernels = programs.map((program) => ({ program, slabs }))
  const code = emitWasm({ kernels, memory: { shared, maximumPages: pages }, relaxedMadd: features.relaxedMadd })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } })
  return {
    memory,
    kernels: programs.map((_, index) => exports[`kernel${index}`] as Kernel),
    run: exports.run as (table: number) => void,
  }
}

/** Four lanes of f32 and two arguments, but for what `parts` says. */
export function exampleProgram(parts: Partial<LoopProgram> & { body: readonly Statement[] }): LoopProgram {
  return { name: 'example', lanes: 4, registers: ['f32'], variables: 3, argumentTypes: ['f32', 'f32'], ...parts }
}
