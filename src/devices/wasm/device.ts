// The WebAssembly device: compiles graphs to modules, owns the memory that they work in, and runs them.

import type { Target } from '../../codegen/loop-program.ts'
import { emitWasm } from '../../codegen/wasm/emit.ts'
import { probeWasmFeatures, type WasmFeatures } from '../../codegen/wasm/features.ts'
import type { DType } from '../../core/dtype.ts'
import { DeviceError } from '../../core/errors.ts'
import type { Graph } from '../../graph/graph.ts'
import { lowerGraph } from '../compile-program.ts'
import type { Device, Executable, Storage } from '../device.ts'
import { ProgramExecutable, type Runner } from '../program-executable.ts'
import type { SharedProgram } from '../threads/team.ts'
import { Threads } from '../threads/threads.ts'
import { WasmMemory, WasmStorage } from './memory.ts'

/**
 * V8 has 15 vector registers to give out. A tile may fill them all where a multiplication and an addition are one instruction: engines keep the order
 * of instructions, or fences do. Else each product takes a register, and tiles with (rows + 1) * (vectors + 1) <= 16 suit them.
 */
function targetOf({ fusedMadd, keepsOrder }: WasmFeatures): Target {
  const fences = fusedMadd && !keepsOrder
  return {
    name: 'wasm',
    lanes: 4,
    registers: fusedMadd ? 15 : 16,
    fmaChains: 8,
    broadcastOperand: false,
    splatsTogether: !fusedMadd,
    fences,
    // Constants that live through the loop of a tile that fills all registers would drive the tile into memory; with fences they go there themselves.
    ...(fences ? {} : { besideFunctions: { registers: 16, splatsTogether: true } }),
    prefetches: false,
    l1: 32 * 1024,
    l2: 1024 * 1024,
  }
}

type KernelFunction = (entries: number, first: number, last: number) => void

let programs = 0

/** A module on the device's memory. Members of a team make instances of their own, of the bytes that lie in that memory. */
class WasmRunner implements Runner {
  readonly codeBytes: number
  readonly origin = 0
  readonly #code: Uint8Array<ArrayBuffer>
  readonly #memory: WasmMemory
  readonly #exports: WebAssembly.Exports
  readonly #run: (table: number) => void

  constructor(code: Uint8Array<ArrayBuffer>, memory: WasmMemory) {
    const env = { memory: memory.heap.memory }
    this.codeBytes = code.length
    this.#code = code
    this.#memory = memory
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(code), { env }).exports
    this.#run = this.#exports.run as (table: number) => void
  }

  run(table: number): void {
    this.#run(table)
  }

  kernel(index: number, entries: number, first: number, last: number): void {
    ;(this.#exports[`kernel${index}`] as KernelFunction)(entries, first, last)
  }

  shared(owner: object): SharedProgram | undefined {
    const share = this.#exports.share as SharedProgram['share'] | undefined
    if (share === undefined) return undefined
    const code = this.#memory.allocateFor(owner, this.#code.length, 'the code of a program')
    new Uint8Array(this.#memory.heap.buffer, code, this.#code.length).set(this.#code)
    return { id: ++programs, code, codeBytes: this.#code.length, origin: 0, share }
  }
}

class WasmDevice implements Device {
  readonly name = 'wasm'
  readonly #memory = new WasmMemory()
  readonly #threads = new Threads({ memory: this.#memory })
  readonly #features: WasmFeatures
  readonly #target: Target

  constructor() {
    this.#features = probeWasmFeatures()
    this.#target = targetOf(this.#features)
    if (!this.#features.simd)
      throw new DeviceError('this engine has no WebAssembly SIMD; use Node 20 or a browser of 2021 or later')
  }

  get numberClass(): string {
    return this.#features.fusedMadd ? 'fused multiply-add' : 'multiply, then add'
  }

  get threads(): number {
    return this.#threads.count
  }

  useThreads(count: number): Promise<void> {
    return this.#threads.use(count)
  }

  compile(graph: Graph): Executable {
    const { program, kernels } = lowerGraph(graph, this.#target, this.threads)
    this.#memory.checkScratch(program.scratch)
    const { heap } = this.#memory
    const code = emitWasm({
      // Threads need a memory that they can share.
      kernels: heap.shared ? kernels : kernels.map((kernel) => ({ ...kernel, shared: false })),
      memory: { shared: heap.shared, maximumPages: heap.maximumPages },
      relaxedMadd: this.#features.fusedMadd,
    })
    const host = { memory: this.#memory, threads: this.#threads }
    return new ProgramExecutable(host, program, new WasmRunner(code, this.#memory))
  }

  createStorage(dtype: DType, length: number): Storage {
    return new WasmStorage(this.#memory, dtype, length)
  }
}

export function createWasmDevice(): Device {
  return new WasmDevice()
}
