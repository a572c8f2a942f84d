// One compiled program in a device's memory: writes inputs, scalars and the argument tables, runs, and copies results out.

import type { Program } from '../codegen/program.ts'
import { debug } from '../core/debug.ts'
import { type TypedArray, viewArray } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { ArgumentTables } from './argument-table.ts'
import type { Executable, ExecutableReport, RunArguments } from './device.ts'
import type { SharedProgram, Team } from './threads/team.ts'
import type { Threads } from './threads/threads.ts'
import { reportTimes } from './times.ts'
import type { WasmMemory } from './wasm/memory.ts'

const slotBytes = 8

/** Emitted code, ready to be called. `table` is an address as the code sees it. */
export interface Runner {
  /** Bytes of code. */
  readonly codeBytes: number
  /** What the code adds to offsets in the device's memory to find them: 0 where addresses are those offsets. */
  readonly origin: number
  run(table: number): void
  /** One kernel on the entries of the argument table from `entries` on. */
  kernel(index: number, entries: number, first: number, last: number): void
  /** The program as several threads run it; undefined where it has nothing to share. What it needs of memory lives as long as `owner`. */
  shared(owner: object): SharedProgram | undefined
}

/** What an executable needs of its device. */
export interface Host {
  readonly memory: WasmMemory
  readonly threads: Threads
}

export class ProgramExecutable implements Executable {
  readonly report: ExecutableReport
  readonly #host: Host
  readonly #program: Omit<Program, 'code'>
  readonly #runner: Runner
  readonly #scalars: number
  /** Whether several threads are worth their while. */
  readonly #large: boolean
  #tables: ArgumentTables
  #shared: SharedProgram | undefined

  constructor(host: Host, program: Omit<Program, 'code'>, runner: Runner) {
    this.#host = host
    this.#program = program
    this.#runner = runner
    this.#scalars = host.memory.allocateFor(this, program.scalars.length * slotBytes, 'a program')
    this.#large = program.kernels.some(({ shared }) => shared)
    this.#tables = this.#tablesFor(1)
    this.report = {
      kernels: program.kernels.length,
      scratch: program.scratch,
      unplanned: program.unplanned,
      codeBytes: runner.codeBytes,
    }
  }

  #tablesFor(threads: number): ArgumentTables {
    const { origin } = this.#runner
    const parts = { memory: this.#host.memory, program: this.#program, origin, scalars: this.#scalars, threads }
    return new ArgumentTables(this, parts)
  }

  /** The team that runs this program now, with tables for each of its threads; undefined where the caller runs it alone. */
  #team(): Team | undefined {
    const team = this.#large && !debug.time ? this.#host.threads.team() : undefined
    if (team === undefined) return undefined
    this.#shared ??= this.#runner.shared(this)
    if (this.#shared === undefined) return undefined
    if (this.#tables.threads !== team.threads) this.#tables = this.#tablesFor(team.threads)
    return team
  }

  run({ inputs, scalars, variables }: RunArguments): TypedArray[] {
    const program = this.#program
    const { memory } = this.#host
    const team = this.#team()
    const tables = this.#tables
    tables.write(memory.scratch(tables.scratchBytes), variables)
    const { buffer } = memory.heap
    for (const [i, { row, dtype, shape }] of program.inputs.entries()) {
      viewArray(dtype, buffer, tables.offset(row), sizeOf(shape)).set(inputs[i] as TypedArray)
    }
    for (const [slot, dtype] of program.scalars.entries()) {
      viewArray(dtype, buffer, this.#scalars + slot * slotBytes, 1)[0] = scalars[slot] as number
    }
    const table = this.#runner.origin + tables.tables.start
    if (team !== undefined) team.run(this.#shared as SharedProgram, tables.tables)
    else if (debug.time) reportTimes(this.#runner, table, program.kernels)
    else this.#runner.run(table)
    return program.outputs.map(({ row, dtype, shape }) => {
      return viewArray(dtype, buffer, tables.offset(row), sizeOf(shape)).slice()
    })
  }
}
