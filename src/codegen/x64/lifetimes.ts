// How long each register's value is needed: one interval per register, stretched over the loops that carry it around.

import type { Op, Reg } from '../loop-program.ts'
import { type PlacedLoop, type PlacedOperation, readsOf, writeOf } from './layout.ts'

/** Times are 2 * position where an operation reads and 2 * position + 1 where it writes; both ends belong to the interval. */
export interface Lifetime {
  readonly reg: Reg
  readonly start: number
  readonly end: number
  /** How often the value is touched, ten times per loop around; the lightest leaves the registers first. */
  readonly weight: number
}

export interface Lifetimes {
  readonly values: readonly Lifetime[]
  /** From the outermost loop of the first use to that of the last, so that a constant in a register is set outside all loops. */
  readonly constants: readonly Lifetime[]
  /** Values of all registers that are set once, to a constant; those never read have no lifetime. */
  readonly constantValues: ReadonlyMap<Reg, number>
}

interface Touch {
  readonly time: number
  readonly reads: boolean
  readonly op: Op
  readonly loops: readonly PlacedLoop[]
}

const weightPerLoop = 10
/** A constant can come from memory in any operation: it is the first to go. */
const constantWeight = 1e-9

export function findLifetimes(operations: readonly PlacedOperation[]): Lifetimes {
  const touches = new Map<Reg, Touch[]>()
  const touch = (reg: Reg, one: Touch): void => {
    const known = touches.get(reg)
    if (known === undefined) touches.set(reg, [one])
    else known.push(one)
  }
  for (const { op, position, loops } of operations) {
    for (const reg of readsOf(op)) touch(reg, { time: 2 * position, reads: true, op, loops })
    const to = writeOf(op)
    if (to !== undefined) touch(to, { time: 2 * position + 1, reads: false, op, loops })
  }
  const values: Lifetime[] = []
  const constants: Lifetime[] = []
  const constantValues = new Map<Reg, number>()
  for (const [reg, all] of touches) {
    const writes = all.filter(({ reads }) => !reads)
    const [only] = writes
    if (writes.length === 1 && only?.op.kind === 'constant') {
      const reads = all.filter((one) => one.reads)
      constantValues.set(reg, only.op.value)
      if (reads.length > 0) constants.push(constantLifetime(reg, reads))
    } else values.push(valueLifetime(reg, all))
  }
  return { values, constants, constantValues }
}

function weightOf(touches: readonly Touch[]): number {
  return touches.reduce((sum, { loops }) => sum + weightPerLoop ** loops.length, 0)
}

function valueLifetime(reg: Reg, touches: readonly Touch[]): Lifetime {
  let start = touches[0]?.time ?? 0
  let end = touches.at(-1)?.time ?? 0
  // Touches come in the order of time: the first one within a loop says whether an iteration needs the one before.
  const loops = new Map<PlacedLoop, { count: number; readsFirst: boolean }>()
  for (const { loops: around, reads } of touches) {
    for (const loop of around) {
      const known = loops.get(loop)
      if (known === undefined) loops.set(loop, { count: 1, readsFirst: reads })
      else known.count++
    }
  }
  for (const [loop, { count, readsFirst }] of loops) {
    // It comes from outside or goes there, or one iteration hands it to the next.
    if (count < touches.length || readsFirst) {
      start = Math.min(start, 2 * loop.start)
      end = Math.max(end, 2 * loop.end + 1)
    }
  }
  return { reg, start, end, weight: weightOf(touches) }
}

function constantLifetime(reg: Reg, reads: readonly Touch[]): Lifetime {
  const starts = reads.map(({ time, loops: [outermost] }) => (outermost === undefined ? time : 2 * outermost.start))
  const ends = reads.map(({ time, loops: [outermost] }) => (outermost === undefined ? time : 2 * outermost.end + 1))
  const weight = constantWeight * weightOf(reads)
  // Loops, not Math.max(...): a kernel may have very many uses.
  const start = starts.reduce((least, time) => Math.min(least, time))
  const end = ends.reduce((most, time) => Math.max(most, time))
  return { reg, start, end, weight }
}
