// One compiled program in a device's memory: writes inputs, scalars and the argument table, runs, and copies results out.

import type { Program } from '../codegen/program.ts'
import { debug } from '../core/debug.ts'
import { type TypedArray, viewArray } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import type { Executable, ExecutableReport, RunArguments, Storage } from './device.ts'
import { reportTimes } from './times.ts'
import { offsetIn, type WasmMemory } from './wasm/memory.ts'

const rowBytes = 8
const slotBytes = 8

/** Emitted code, ready to be called. `table` is an address as the code sees it. */
export interface Runner {
  /** Bytes of code. */
  readonly codeBytes: number
  /** What the code adds to offsets in the device's memory to find them: 0 where addresses are those offsets. */
  readonly origin: number
  run(table: number): void
  kernel(index: number, table: number, first: number, last: number): void
}

export class ProgramExecutable implements Executable {
  readonly report: ExecutableReport
  readonly #memory: WasmMemory
  readonly #program: Omit<Program, 'code'>
  readonly #runner: Runner
  readonly #table: number
  readonly #scalars: number
  /** Addresses that the table holds now, to write only what changed. */
  readonly #addresses: number[]

  constructor(memory: WasmMemory, program: Omit<Program, 'code'>, runner: Runner) {
    this.#memory = memory
    this.#program = program
    this.#runner = runner
    this.#table = memory.allocateFor(this, program.rows.length * rowBytes, 'a program')
    this.#scalars = memory.allocateFor(this, program.scalars.length * slotBytes, 'a program')
    this.#addresses = program.rows.map(() => -1)
    this.report = {
      kernels: program.kernels.length,
      scratch: program.scratch,
      unplanned: program.unplanned,
      codeBytes: runner.codeBytes,
    }
  }

  #address(row: number, scratch: number, variables: readonly Storage[]): number {
    const info = this.#program.rows[row] as Program['rows'][number]
    switch (info.kind) {
      case 'scratch':
        return scratch + info.offset
      case 'variable':
        return offsetIn(this.#memory, variables[info.index] as Storage)
      case 'scalars':
        return this.#scalars
      case 'thread':
        return scratch + info.offset
    }
  }

  #writeTable(scratch: number, variables: readonly Storage[]): void {
    let view: Uint32Array | undefined
    for (const row of this.#addresses.keys()) {
      const address = this.#address(row, scratch, variables)
      if (address === this.#addresses[row]) continue
      view ??= new Uint32Array(this.#memory.heap.buffer, this.#table, 2 * this.#addresses.length)
      const absolute = this.#runner.origin + address
      view[2 * row] = absolute
      view[2 * row + 1] = Math.floor(absolute / 2 ** 32)
      this.#addresses[row] = address
    }
  }

  run({ inputs, scalars, variables }: RunArguments): TypedArray[] {
    const program = this.#program
    const scratch = this.#memory.scratch(program.scratch)
    this.#writeTable(scratch, variables)
    const { buffer } = this.#memory.heap
    for (const [i, { row, dtype, shape }] of program.inputs.entries()) {
      viewArray(dtype, buffer, this.#addresses[row] as number, sizeOf(shape)).set(inputs[i] as TypedArray)
    }
    for (const [slot, dtype] of program.scalars.entries()) {
      viewArray(dtype, buffer, this.#scalars + slot * slotBytes, 1)[0] = scalars[slot] as number
    }
    const table = this.#runner.origin + this.#table
    if (debug.time) reportTimes(this.#runner, table, program.kernels)
    else this.#runner.run(table)
    return program.outputs.map(({ row, dtype, shape }) => {
      return viewArray(dtype, buffer, this.#addresses[row] as number, sizeOf(shape)).slice()
    })
  }
}
