// A hand-written program of several kernels on a device's memory, with threads of its own: what compiled graphs look like to a team.

import type { LoopProgram, Statement } from '../../../src/codegen/loop-program.ts'
import type { KernelInfo, Program } from '../../../src/codegen/program.ts'
import { emitWasm } from '../../../src/codegen/wasm/emit.ts'
import { emitX64 } from '../../../src/codegen/x64/emit.ts'
import { type InstructionSet, targets } from '../../../src/codegen/x64/target.ts'
import { ArgumentTables } from '../../../src/devices/argument-table.ts'
import { CodeMemory } from '../../../src/devices/native/code-memory.node.ts'
import { loadForeign } from '../../../src/devices/native/foreign.node.ts'
import type { SharedProgram } from '../../../src/devices/threads/team.ts'
import { Threads } from '../../../src/devices/threads/threads.ts'
import { WasmMemory } from '../../../src/devices/wasm/memory.ts'

export interface HandKernel {
  readonly program: LoopProgram
  readonly slabs: number
  readonly shared: boolean
}

/** Elements of each of the two buffers. */
export const elements = 1024

const body = (from: number, to: number, lanes: number): readonly Statement[] => [
  { kind: 'load', to: 1, address: { arg: from, offset: 0, terms: [[0, lanes]] } },
  { kind: 'binary', op: 'add', a: 1, b: 0, to: 2 },
  { kind: 'store', from: 2, address: { arg: to, offset: elements - lanes, terms: [[0, -lanes]] } },
]

/** Vectors of buffer `from` plus `amount`, into buffer `to` from the last to the first: what one thread writes another reads next. */
export function mirrorKernel(lanes: number, from: 0 | 1, amount: number, shared: boolean): HandKernel {
  const to = 1 - from
  const slabs = elements / lanes
  const program: LoopProgram = {
    name: 'mirror',
    lanes,
    registers: ['f32', 'f32', 'f32'],
    variables: 1,
    argumentTypes: ['f32', 'f32'],
    body: [
      { kind: 'constant', to: 0, value: amount },
      { kind: 'loop', variable: 0, extent: 'range', body: body(from, to, lanes) },
    ],
  }
  return { program, slabs, shared }
}

/** Stores in the memory of 1 MiB, but outside of it in the first or the last of 4 slabs. */
export function strayKernel(which: 'first' | 'last'): HandKernel {
  const stride = 0.45 * 2 ** 18
  const [offset, step] = which === 'first' ? [3 * stride, -stride] : [0, stride]
  const address = { arg: 0, offset: Math.round(offset), terms: [[0, Math.round(step)]] } as const
  const program: LoopProgram = {
    name: 'stray',
    lanes: 4,
    registers: ['f32'],
    variables: 1,
    argumentTypes: ['f32', 'f32'],
    body: [
      { kind: 'constant', to: 0, value: 1 },
      { kind: 'loop', variable: 0, extent: 'range', body: [{ kind: 'store', from: 0, address }] },
    ],
  }
  return { program, slabs: 4, shared: true }
}

export class HandProgram {
  readonly threads: Threads
  readonly values: readonly Float32Array[]
  readonly #shared: SharedProgram
  readonly #tables: ArgumentTables
  readonly #code: CodeMemory | undefined

  private constructor(
    threads: Threads,
    memory: WasmMemory,
    kernels: readonly HandKernel[],
    shared: SharedProgram,
    code?: CodeMemory,
  ) {
    this.threads = threads
    this.#shared = shared
    this.#code = code
    const bytes = 4 * elements
    const rows: Program['rows'] = [0, 1].map((row) => ({ kind: 'scratch', offset: row * bytes, dtype: 'f32', bytes }))
    const info = kernels.map(
      (kernel, code): KernelInfo => ({ ...kernel, name: '', code, firstEntry: 0, flops: 0, bytes: 0 }),
    )
    const program = { rows, table: [0, 1], kernels: info, scratch: 2 * bytes, threadScratch: 0 }
    const layout = { memory, program, origin: shared.origin, scalars: 0, threads: threads.count }
    this.#tables = new ArgumentTables(this, layout)
    const scratch = memory.scratch(2 * bytes)
    this.#tables.write(scratch, [])
    this.values = [0, 1].map((row) => new Float32Array(memory.heap.buffer, scratch + row * bytes, elements))
  }

  static async onWasm(
    kernels: readonly HandKernel[],
    count: number,
    memory: WasmMemory = new WasmMemory(),
    threads: Threads = new Threads({ memory }),
  ): Promise<HandProgram> {
    await threads.use(count)
    const { maximumPages } = memory.heap
    const bytes = emitWasm({ kernels, memory: { shared: true, maximumPages }, relaxedMadd: false })
    const code = memory.heap.allocate(bytes.length, 'code')
    new Uint8Array(memory.heap.buffer, code, bytes.length).set(bytes)
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: memory.heap.memory } })
    const share = exports.share as SharedProgram['share']
    return new HandProgram(threads, memory, kernels, { id: code, code, codeBytes: bytes.length, origin: 0, share })
  }

  static async onNative(kernels: readonly HandKernel[], count: number, set: InstructionSet): Promise<HandProgram> {
    const foreign = loadForeign()
    const memory = new WasmMemory()
    const origin = Number(foreign.addressOf(new Uint8Array(memory.heap.buffer)))
    const threads = new Threads({ memory, native: { koffi: foreign.koffi, wait: foreign.wait } })
    await threads.use(count)
    const emitted = emitX64({ kernels, set })
    const code = new CodeMemory(emitted.bytes)
    const entry = emitted.share as number
    const shared = { id: 1, code: code.addressOf(entry), codeBytes: 0, origin, share: code.functionAt(entry) }
    return new HandProgram(threads, memory, kernels, shared, code)
  }

  run(): void {
    const team = this.threads.team()
    if (team === undefined) throw new Error('the team is not ready')
    team.run(this.#shared, this.#tables.tables)
  }

  get codeIsKept(): boolean {
    return this.#code !== undefined
  }
}

export function lanesOf(set: InstructionSet): number {
  return targets[set].lanes
}
