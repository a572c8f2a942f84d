// How long each register's value is needed: one interval per register, stretched over the loops that carry it around.

import type { Reg } from '../loop-program.ts'
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

/** The operations that touch a register, in order; one that reads and writes it is there twice. */
interface Touches {
  readonly placed: PlacedOperation[]
  readonly reads: boolean[]
}

const weightPerLoop = 10
/** A constant can come from memory in any operation: it is the first to go. */
const constantWeight = 1e-9

export function findLifetimes(operations: readonly PlacedOperation[]): Lifetimes {
  const touches = new Map<Reg, Touches>()
  const touch = (reg: Reg, operation: PlacedOperation, reads: boolean): void => {
    const known = touches.get(reg)
    if (known === undefined) touches.set(reg, { placed: [operation], reads: [reads] })
    else {
      known.placed.push(operation)
      known.reads.push(reads)
    }
  }
  for (const operation of operations) {
    for (const reg of readsOf(operation.op)) touch(reg, operation, true)
    const to = writeOf(operation.op)
    if (to !== undefined) touch(to, operation, false)
  }
  const values: Lifetime[] = []
  const constants: Lifetime[] = []
  const constantValues = new Map<Reg, number>()
  for (const [reg, all] of touches) {
    const only = all.reads.indexOf(false) === all.reads.lastIndexOf(false) ? all.reads.indexOf(false) : -1
    const op = all.placed[only]?.op
    if (op?.kind === 'constant') {
      const readers = all.placed.filter((_, i) => i !== only)
      constantValues.set(reg, op.value)
      if (readers.length > 0) constants.push(constantLifetime(reg, readers))
    } else values.push(valueLifetime(reg, all))
  }
  return { values, constants, constantValues }
}

function weightOf(placed: readonly PlacedOperation[]): number {
  return placed.reduce((sum, { loops }) => sum + weightPerLoop ** loops.length, 0)
}

function valueLifetime(reg: Reg, { placed, reads }: Touches): Lifetime {
  const [first, last] = [placed[0] as PlacedOperation, placed.at(-1) as PlacedOperation]
  let start = 2 * first.position + (reads[0] === true ? 0 : 1)
  let end = 2 * last.position + (reads.at(-1) === true ? 0 : 1)
  // Most values live within one block.
  if (first.loops === last.loops && reads[0] === false && placed.every(({ loops }) => loops === first.loops)) {
    return { reg, start, end, weight: weightOf(placed) }
  }
  // Touches come in the order of time: the first one within a loop says whether an iteration needs the one before.
  const loops = new Map<PlacedLoop, { count: number; readsFirst: boolean }>()
  placed.forEach(({ loops: around }, i) => {
    for (const loop of around) {
      const known = loops.get(loop)
      if (known === undefined) loops.set(loop, { count: 1, readsFirst: reads[i] === true })
      else known.count++
    }
  })
  for (const [loop, { count, readsFirst }] of loops) {
    // It comes from outside or goes there, or one iteration hands it to the next.
    if (count < placed.length || readsFirst) {
      start = Math.min(start, 2 * loop.start)
      end = Math.max(end, 2 * loop.end + 1)
    }
  }
  return { reg, start, end, weight: weightOf(placed) }
}

function constantLifetime(reg: Reg, readers: readonly PlacedOperation[]): Lifetime {
  let [start, end] = [Number.POSITIVE_INFINITY, 0]
  for (const { position, loops } of readers) {
    const [outermost] = loops
    start = Math.min(start, outermost === undefined ? 2 * position : 2 * outermost.start)
    end = Math.max(end, outermost === undefined ? 2 * position : 2 * outermost.end + 1)
  }
  return { reg, start, end, weight: constantWeight * weightOf(readers) }
}
