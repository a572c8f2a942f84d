// One compiled program on the WebAssembly device: writes inputs, scalars and the argument table, runs, and copies results out.

import type { Program } from '../../codegen/program.ts'
import { debug } from '../../core/debug.ts'
import { type TypedArray, viewArray } from '../../core/dtype.ts'
import { sizeOf } from '../../core/shape.ts'
import type { Executable, ExecutableReport, RunArguments, Storage } from '../device.ts'
import { storageOffset, type WasmMemory } from './memory.ts'
import { reportTimes } from './times.ts'

const rowBytes = 8
const slotBytes = 8

export type KernelFunction = (table: number, first: number, last: number) => void

export class WasmExecutable implements Executable {
  readonly report: ExecutableReport
  readonly #memory: WasmMemory
  readonly #program: Omit<Program, 'code'>
  readonly #instance: WebAssembly.Instance
  readonly #run: (table: number) => void
  readonly #table: number
  readonly #scalars: number
  /** Addresses that the table holds now, to write only what changed. */
  readonly #addresses: number[]

  constructor(memory: WasmMemory, { code, ...program }: Program) {
    this.#memory = memory
    this.#program = program
    this.#instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory: memory.heap.memory } })
    this.#run = this.#instance.exports.run as (table: number) => void
    this.#table = memory.allocateFor(this, program.rows.length * rowBytes, 'a program')
    this.#scalars = memory.allocateFor(this, program.scalars.length * slotBytes, 'a program')
    this.#addresses = program.rows.map(() => -1)
    this.report = {
      kernels: program.kernels.length,
      scratch: program.scratch,
      unplanned: program.unplanned,
      codeBytes: code.length,
    }
  }

  #address(row: number, scratch: number, variables: readonly Storage[]): number {
    const info = this.#program.rows[row] as Program['rows'][number]
    switch (info.kind) {
      case 'scratch':
        return scratch + info.offset
      case 'variable':
        return storageOffset(variables[info.index] as Storage)
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
      view[2 * row] = address
      view[2 * row + 1] = 0
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
    if (debug.time) reportTimes(this.#instance, this.#table, program.kernels)
    else this.#run(this.#table)
    return program.outputs.map(({ row, dtype, shape }) => {
      return viewArray(dtype, buffer, this.#addresses[row] as number, sizeOf(shape)).slice()
    })
  }
}
