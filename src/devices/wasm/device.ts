// The WebAssembly device: compiles graphs to modules, owns the memory that they work in, and runs them.

import type { Target } from '../../codegen/loop-program.ts'
import type { Program } from '../../codegen/program.ts'
import { emitWasm } from '../../codegen/wasm/emit.ts'
import { probeWasmFeatures, type WasmFeatures } from '../../codegen/wasm/features.ts'
import { debug } from '../../core/debug.ts'
import type { DType } from '../../core/dtype.ts'
import { DeviceError } from '../../core/errors.ts'
import type { Graph } from '../../graph/graph.ts'
import { scheduleGraph } from '../../graph/schedule.ts'
import { formatKernel, type Kernel, stageReads } from '../../kernels/kernel.ts'
import { lowerKernel } from '../../kernels/lower.ts'
import type { Device, Executable, Storage } from '../device.ts'
import { WasmExecutable } from './executable.ts'
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

function kernelBytes(kernel: Kernel, program: Pick<Program, 'rows'>): number {
  const rows = new Set(
    kernel.stages.flatMap((stage) => [...stageReads(stage), ...stage.stores.map(({ access }) => access.buffer)]),
  )
  let bytes = 0
  for (const row of rows) {
    const info = program.rows[row]
    if (info !== undefined && 'bytes' in info) bytes += info.bytes
  }
  return bytes
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
    const schedule = scheduleGraph(graph)
    if (debug.kernels) console.error(schedule.kernels.map(formatKernel).join('\n'))
    const programs = schedule.kernels.map((kernel) => ({ program: lowerKernel(kernel, target), slabs: kernel.slabs }))
    if (debug.code) console.error(JSON.stringify(programs, undefined, 1))
    const { heap } = this.#memory
    const code = emitWasm({
      kernels: programs,
      memory: { shared: heap.shared, maximumPages: heap.maximumPages },
      relaxedMadd: this.#features.fusedMadd,
    })
    const program: Program = {
      target: 'wasm',
      code,
      kernels: schedule.kernels.map((kernel) => ({
        name: kernel.name,
        slabs: kernel.slabs,
        flops: kernel.flops,
        bytes: kernelBytes(kernel, schedule),
      })),
      rows: schedule.rows,
      inputs: schedule.inputs,
      outputs: schedule.outputs,
      scalars: schedule.scalars,
      scratch: schedule.scratch,
      threadScratch: 0,
      unplanned: schedule.unplanned,
    }
    return new WasmExecutable(this.#memory, program)
  }

  createStorage(dtype: DType, length: number): Storage {
    return new WasmStorage(this.#memory, dtype, length)
  }
}

export function createWasmDevice(): Device {
  return new WasmDevice()
}
