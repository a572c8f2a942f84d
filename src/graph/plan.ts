// The memory plan: each scratch buffer gets an offset such that buffers alive at the same time never overlap. Largest first.

import { type Kernel, kernelStages, stageReads } from '../kernels/kernel.ts'

/** Buffers start at multiples of this, and that many bytes after each may be read (a tail vector over-reads). */
const alignment = 64

export interface MemoryPlan {
  /** Offset of each row; undefined for rows that are not scratch. */
  readonly offsets: readonly (number | undefined)[]
  readonly bytes: number
  /** Sum of all buffers: what the region would be without reuse. */
  readonly unplanned: number
}

interface Buffer {
  readonly row: number
  readonly bytes: number
  first: number
  last: number
  offset: number
}

function touchedRows(kernel: Kernel): Set<number> {
  const rows = new Set<number>()
  for (const stage of kernelStages(kernel)) {
    for (const row of stageReads(stage)) rows.add(row)
    for (const { access } of stage.stores) rows.add(access.buffer)
    if (stage.kind !== 'contract') continue
    for (const row of [stage.partial, stage.panel, stage.block]) if (row !== undefined) rows.add(row)
  }
  return rows
}

/** Inputs live from before the first kernel, outputs to after the last. `bytes` holds the size of each scratch row. */
export function planMemory(
  kernels: readonly Kernel[],
  bytes: readonly (number | undefined)[],
  inputs: readonly number[],
  outputs: readonly number[],
): MemoryPlan {
  const buffers = new Map<number, Buffer>()
  const touch = (row: number, time: number): void => {
    const size = bytes[row]
    if (size === undefined) return
    const buffer = buffers.get(row)
    if (buffer === undefined) {
      const room = (Math.ceil(size / alignment) + 1) * alignment
      buffers.set(row, { row, bytes: room, first: time, last: time, offset: 0 })
    } else {
      buffer.first = Math.min(buffer.first, time)
      buffer.last = Math.max(buffer.last, time)
    }
  }
  for (const row of inputs) touch(row, -1)
  for (const [time, kernel] of kernels.entries()) for (const row of touchedRows(kernel)) touch(row, time)
  for (const row of outputs) touch(row, kernels.length)
  const placed: Buffer[] = []
  for (const buffer of [...buffers.values()].sort((a, b) => b.bytes - a.bytes || a.row - b.row)) {
    const alive = placed
      .filter((other) => other.first <= buffer.last && buffer.first <= other.last)
      .sort((a, b) => a.offset - b.offset)
    for (const other of alive) {
      if (buffer.offset + buffer.bytes <= other.offset) break
      buffer.offset = Math.max(buffer.offset, other.offset + other.bytes)
    }
    placed.push(buffer)
  }
  return {
    offsets: bytes.map((size, row) => (size === undefined ? undefined : (buffers.get(row)?.offset ?? 0))),
    bytes: placed.reduce((end, { offset, bytes: room }) => Math.max(end, offset + room), 0),
    unplanned: placed.reduce((sum, { bytes: room }) => sum + room, 0),
  }
}

/** Scratch of one thread: rows live within one kernel only, so each kernel lays out its own from the start. */
export function planThreadMemory(
  kernels: readonly Kernel[],
  bytes: readonly (number | undefined)[],
): Pick<MemoryPlan, 'offsets' | 'bytes'> {
  const offsets: (number | undefined)[] = bytes.map(() => undefined)
  let most = 0
  for (const kernel of kernels) {
    let next = 0
    for (const row of touchedRows(kernel)) {
      const size = bytes[row]
      if (size === undefined) continue
      offsets[row] = next
      next += (Math.ceil(size / alignment) + 1) * alignment
    }
    most = Math.max(most, next)
  }
  return { offsets, bytes: most }
}
