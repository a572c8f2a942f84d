// The native device: compiles graphs to machine code of this processor, and runs it on a memory shared with JavaScript.

import { emitX64, type MachineCode } from '../../codegen/x64/emit.ts'
import type { InstructionSet } from '../../codegen/x64/target.ts'
import type { DType } from '../../core/dtype.ts'
import { DeviceError } from '../../core/errors.ts'
import type { Graph } from '../../graph/graph.ts'
import { lowerGraph } from '../compile-program.ts'
import type { Device, Executable, Storage } from '../device.ts'
import { ProgramExecutable, type Runner } from '../program-executable.ts'
import type { SharedProgram } from '../threads/team.ts'
import { Threads } from '../threads/threads.ts'
import { WasmMemory, WasmStorage } from '../wasm/memory.ts'
import { CodeMemory } from './code-memory.node.ts'
import { instructionSets, targetHere } from './features.node.ts'
import { type CodeFunction, loadForeign } from './foreign.node.ts'

export interface NativeOptions {
  /** The instructions to use; the fastest that the machine has when absent. */
  readonly set?: InstructionSet
}

class NativeDevice implements Device {
  readonly name = 'native'
  readonly numberClass = 'fused multiply-add'
  readonly #set: InstructionSet
  readonly #memory = new WasmMemory()
  readonly #threads: Threads
  /** Address of the memory's first byte; memory grows in place, so it stays. */
  readonly #origin: number

  constructor(set: InstructionSet) {
    this.#set = set
    const { heap } = this.#memory
    if (!heap.shared) throw new DeviceError('the native device needs SharedArrayBuffer; choose the wasm device')
    const foreign = loadForeign()
    this.#origin = Number(foreign.addressOf(new Uint8Array(heap.buffer)))
    this.#threads = new Threads({ memory: this.#memory, native: { koffi: foreign.koffi, wait: foreign.wait } })
  }

  get threads(): number {
    return this.#threads.count
  }

  useThreads(count: number): Promise<void> {
    return this.#threads.use(count)
  }

  compile(graph: Graph): Executable {
    const { program, kernels } = lowerGraph(graph, targetHere(this.#set), this.threads)
    this.#memory.checkScratch(program.scratch)
    const code = emitX64({ kernels, set: this.#set })
    const host = { memory: this.#memory, threads: this.#threads }
    return new ProgramExecutable(host, program, new NativeRunner(code, this.#origin))
  }

  createStorage(dtype: DType, length: number): Storage {
    return new WasmStorage(this.#memory, dtype, length)
  }
}

class NativeRunner implements Runner {
  readonly codeBytes: number
  readonly origin: number
  /** Kept as long as its functions are called. */
  readonly #code: CodeMemory
  readonly #kernels: readonly number[]
  readonly #run: CodeFunction
  readonly #share: number | undefined

  constructor({ bytes, kernels, run, share }: MachineCode, origin: number) {
    this.codeBytes = bytes.length
    this.origin = origin
    this.#code = new CodeMemory(bytes)
    this.#kernels = kernels
    this.#run = this.#code.functionAt(run)
    this.#share = share
  }

  run(table: number): void {
    this.#run(table, 0, 0)
  }

  kernel(index: number, entries: number, first: number, last: number): void {
    this.#code.functionAt(this.#kernels[index] as number)(entries, first, last)
  }

  shared(): SharedProgram | undefined {
    if (this.#share === undefined) return undefined
    const share = this.#code.functionAt(this.#share)
    return { id: 0, code: this.#code.addressOf(this.#share), codeBytes: 0, origin: this.origin, share }
  }
}

/** Throws DeviceError, with a sentence that says why, where native code cannot run. */
export function createNativeDevice({ set }: NativeOptions = {}): Device {
  const sets = instructionSets()
  const [fastest] = sets
  if (fastest === undefined) {
    throw new DeviceError('the native device needs a processor with AVX2 and FMA; choose the wasm device')
  }
  if (set !== undefined && !sets.includes(set))
    throw new DeviceError(`this processor has no ${set}; choose one of ${sets.join(', ')}`)
  return new NativeDevice(set ?? fastest)
}
