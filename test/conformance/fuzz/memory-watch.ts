// Watches the memory of the wasm device: fills scratch with a pattern before each run, and finds bytes that a program had no right to change.

import { bytesOf } from '../../../src/core/dtype.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import { placeInScratch } from '../../../src/devices/argument-table.ts'
import type { Executable, Storage } from '../../../src/devices/device.ts'
import { Threads } from '../../../src/devices/threads/threads.ts'
import { storageOffset, WasmMemory } from '../../../src/devices/wasm/memory.ts'
import type { Graph } from '../../../src/graph/graph.ts'
import { scheduleGraph } from '../../../src/graph/schedule.ts'

interface Interval {
  readonly start: number
  readonly end: number
}

/** Bytes after scratch that are filled too: nothing may be written there. */
const margin = 64

export class MemoryWatch {
  /** Every byte of scratch before the next run; 0xff is NaN in every float. */
  pattern = 0xff
  readonly #owned = new Map<object, Interval[]>()
  readonly #restore: () => void
  #memory: WasmMemory | undefined
  #before: Uint8Array = new Uint8Array(0)
  #scratch = 0

  /** From now on all memories of the device are watched, until `stop`. Programs run on one thread: others would write their own words meanwhile. */
  constructor() {
    const { scratch, allocateFor } = WasmMemory.prototype
    const { team } = Threads.prototype
    Threads.prototype.team = () => undefined
    const watch = this
    WasmMemory.prototype.scratch = function (this: WasmMemory, bytes: number): number {
      const offset = scratch.call(this, bytes)
      watch.#begin(this, offset, bytes)
      return offset
    }
    WasmMemory.prototype.allocateFor = function (
      this: WasmMemory,
      owner: object,
      bytes: number,
      purpose: string,
    ): number {
      const offset = allocateFor.call(this, owner, bytes, purpose)
      const intervals = watch.#owned.get(owner) ?? []
      intervals.push({ start: offset, end: offset + bytes })
      watch.#owned.set(owner, intervals)
      return offset
    }
    this.#restore = () => {
      Object.assign(WasmMemory.prototype, { scratch, allocateFor })
      Threads.prototype.team = team
    }
  }

  stop(): void {
    this.#restore()
  }

  #begin(memory: WasmMemory, offset: number, bytes: number): void {
    this.#memory = memory
    this.#scratch = offset
    const all = new Uint8Array(memory.heap.buffer)
    all.fill(this.pattern, offset, offset + bytes + (bytes > 0 ? margin : 0))
    this.#before = all.slice()
  }

  /** After a run: the first byte that changed outside the program's own rows, as text. */
  violation(graph: Graph, executable: Executable, variables: readonly Storage[]): string | undefined {
    const allowed = this.#allowed(graph, executable, variables).sort((a, b) => a.start - b.start)
    const memory = new Uint8Array((this.#memory as WasmMemory).heap.buffer)
    let position = 0
    for (const { start, end } of [...allowed, { start: this.#before.length, end: this.#before.length }]) {
      const changed = start > position ? this.#firstChange(memory, position, start) : undefined
      if (changed !== undefined) {
        const place = changed - this.#scratch
        return `byte ${changed} was written (${place} in scratch), which belongs to no row of the program`
      }
      position = Math.max(position, end)
    }
    return undefined
  }

  #firstChange(memory: Uint8Array, start: number, end: number): number | undefined {
    const before = Buffer.from(this.#before.buffer, start, end - start)
    const after = Buffer.from(memory.buffer, start, end - start)
    if (before.equals(after)) return undefined
    for (let i = 0; i < before.length; i++) if (before[i] !== after[i]) return start + i
    return undefined
  }

  /** Rows in scratch, the program's table and scalars, and the variables that it assigns. */
  #allowed(graph: Graph, executable: Executable, variables: readonly Storage[]): Interval[] {
    const schedule = scheduleGraph(graph)
    const scratch = schedule.rows.flatMap((row) => {
      const place = placeInScratch(schedule, row, 0)
      if (place === undefined || !('bytes' in row)) return []
      return [{ start: this.#scratch + place, end: this.#scratch + place + row.bytes }]
    })
    const assigned = graph.assignments.map(({ variable }) => {
      const start = storageOffset(variables[graph.variables.indexOf(variable)] as Storage)
      return { start, end: start + sizeOf(variable.shape) * bytesOf(variable.dtype) }
    })
    return [...scratch, ...assigned, ...(this.#owned.get(executable) ?? [])]
  }
}
