// The argument tables of one program, one per thread: addresses of its buffers, and behind them the slabs that are the thread's.

import { entryBytes, rangeBytes } from '../codegen/control.ts'
import type { Program } from '../codegen/program.ts'
import type { Storage } from './device.ts'
import type { SharedTables } from './threads/team.ts'
import { alignment } from './wasm/heap.ts'
import { offsetIn, type WasmMemory } from './wasm/memory.ts'

type Layout = Pick<Program, 'rows' | 'table' | 'kernels' | 'scratch' | 'threadScratch'>

/** Bytes of a block that starts where blocks start, with the readable bytes after it. */
function room(bytes: number): number {
  return (Math.ceil(bytes / alignment) + 1) * alignment
}

/** Where a row's buffer lies behind the start of scratch, for thread `number`; `rows` that are no scratch have no such place. */
export function placeInScratch(
  { scratch, threadScratch }: Pick<Program, 'scratch' | 'threadScratch'>,
  row: Program['rows'][number],
  number: number,
): number | undefined {
  if (row.kind === 'scratch') return row.offset
  return row.kind === 'thread' ? room(scratch) + number * room(threadScratch) + row.offset : undefined
}

/** Slabs of each kernel that thread `number` of `threads` runs. */
export function rangesOf(kernels: Program['kernels'], number: number, threads: number): (readonly [number, number])[] {
  return kernels.map(({ slabs, shared }) => {
    if (!shared) return number === 0 ? [0, slabs] : [0, 0]
    return [Math.floor((slabs * number) / threads), Math.floor((slabs * (number + 1)) / threads)]
  })
}

export class ArgumentTables {
  readonly #memory: WasmMemory
  readonly #program: Layout
  readonly #origin: number
  /** Offset of the scalar block. */
  readonly #scalars: number
  readonly #tableBytes: number
  readonly #threads: number
  readonly #start: number
  /** Addresses that the first thread's table holds now, to write only what changed. */
  readonly #addresses: number[]
  /** Where the table names each row. */
  readonly #entries: number[][]
  #scratch = -1

  /** Tables that live as long as `owner`. `origin` is what the code adds to offsets in the memory. */
  constructor(
    owner: object,
    {
      memory,
      program,
      origin,
      scalars,
      threads,
    }: { memory: WasmMemory; program: Layout; origin: number; scalars: number; threads: number },
  ) {
    this.#memory = memory
    this.#program = program
    this.#origin = origin
    this.#scalars = scalars
    this.#threads = threads
    this.#addresses = program.rows.map(() => -1)
    this.#entries = program.rows.map(() => [])
    for (const [entry, row] of program.table.entries()) this.#entries[row]?.push(entry)
    const ranges = program.table.length * entryBytes
    this.#tableBytes = room(ranges + program.kernels.length * rangeBytes)
    this.#start = memory.allocateFor(owner, threads * this.#tableBytes, 'a program')
    for (let thread = 0; thread < threads; thread++) {
      const list = new BigInt64Array(
        memory.heap.buffer,
        this.#start + thread * this.#tableBytes + ranges,
        2 * program.kernels.length,
      )
      list.set(rangesOf(program.kernels, thread, threads).flat().map(BigInt))
    }
  }

  get threads(): number {
    return this.#threads
  }

  get tables(): SharedTables {
    return { start: this.#start, bytes: this.#tableBytes, ranges: this.#program.table.length * entryBytes }
  }

  /** Offset of a row's buffer, for the first thread. */
  offset(row: number): number {
    return this.#addresses[row] as number
  }

  /** Bytes of scratch that a run needs: what all share, and each thread's own. */
  get scratchBytes(): number {
    const { scratch, threadScratch } = this.#program
    return threadScratch === 0 ? scratch : room(scratch) + this.#threads * room(threadScratch)
  }

  /** Writes what has changed since the run before. */
  write(scratch: number, variables: readonly Storage[]): void {
    const moved = scratch !== this.#scratch
    this.#scratch = scratch
    for (const [row, info] of this.#program.rows.entries()) {
      if (info.kind === 'scratch' || info.kind === 'thread') {
        if (moved) this.#set(row, (thread) => scratch + (placeInScratch(this.#program, info, thread) as number))
        continue
      }
      const address =
        info.kind === 'variable' ? offsetIn(this.#memory, variables[info.index] as Storage) : this.#scalars
      if (address !== this.#addresses[row]) this.#set(row, () => address)
    }
  }

  #set(row: number, addressOf: (thread: number) => number): void {
    this.#addresses[row] = addressOf(0)
    for (let thread = 0; thread < this.#threads; thread++) {
      const absolute = this.#origin + addressOf(thread)
      const start = this.#start + thread * this.#tableBytes
      for (const entry of this.#entries[row] as number[]) {
        const view = new Uint32Array(this.#memory.heap.buffer, start + entry * entryBytes, 2)
        view[0] = absolute
        view[1] = Math.floor(absolute / 2 ** 32)
      }
    }
  }
}
