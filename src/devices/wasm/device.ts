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
import { WasmMemory, WasmStorage } from './memory.ts'

/** V8's register allocation suits tiles with (rows + 1) * (vectors + 1) <= 16. */
const target: Target = {
  name: 'wasm',
  lanes: 4,
  registers: 16,
  fmaChains: 8,
  broadcastOperand: false,
  splatsTogether: true,
  l1: 32 * 1024,
  l2: 1024 * 1024,
}

type KernelFunction = (table: number, first: number, last: number) => void

/** A module's functions on the device's memory. */
function instantiate(code: Uint8Array<ArrayBuffer>, memory: WebAssembly.Memory): Runner {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } })
  return {
    codeBytes: code.length,
    origin: 0,
    run: exports.run as (table: number) => void,
    kernel: (index, table, first, last) => (exports[`kernel${index}`] as KernelFunction)(table, first, last),
  }
}

class WasmDevice implements Device {
  readonly name = 'wasm'
  readonly #memory = new WasmMemory()
  readonly #features: WasmFeatures

  constructor() {
    this.#features = probeWasmFeatures()
    if (!this.#features.simd)
      throw new DeviceError('this engine has no WebAssembly SIMD; use Node 20 or a browser of 2021 or later')
  }

  get numberClass(): string {
    return this.#features.fusedMadd ? 'fused multiply-add' : 'multiply, then add'
  }

  compile(graph: Graph): Executable {
    const { program, kernels } = lowerGraph(graph, target)
    const { heap } = this.#memory
    const code = emitWasm({
      kernels,
      memory: { shared: heap.shared, maximumPages: heap.maximumPages },
      relaxedMadd: this.#features.fusedMadd,
    })
    return new ProgramExecutable(this.#memory, program, instantiate(code, heap.memory))
  }

  createStorage(dtype: DType, length: number): Storage {
    return new WasmStorage(this.#memory, dtype, length)
  }
}

export function createWasmDevice(): Device {
  return new WasmDevice()
}
