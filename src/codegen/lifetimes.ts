// How long each register's value is needed: one interval per register, stretched over the loops that carry it around.

import { type PlacedLoop, type PlacedOperation, readsOf, writeOf } from './layout.ts'
import type { Op, Reg } from './loop-program.ts'

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

/** What is known of a register after some of its touches, which come in the order of time. */
interface Use {
  readonly first: PlacedOperation
  readonly readsFirst: boolean
  last: PlacedOperation
  readsLast: boolean
  touches: number
  writes: number
  /** The operation that writes it, the last if there are several. */
  writer: Op | undefined
  weight: number
  /** Part of the weight that reads have, and from where to where the outermost loops reach that read it. */
  readWeight: number
  outerStart: number
  outerEnd: number
  /** Touches within each loop, and whether the first of them reads; only where not all touches have the same loops around. */
  loops: Map<PlacedLoop, LoopUse> | undefined
}

interface LoopUse {
  touches: number
  /** An iteration needs what the one before left, or what came from outside. */
  readonly readsFirst: boolean
}

const weightPerLoop = 10
/** A constant can come from memory in any operation: it is the first to go. */
const constantWeight = 1e-9

export function findLifetimes(operations: readonly PlacedOperation[]): Lifetimes {
  const uses = new Map<Reg, Use>()
  for (const operation of operations) {
    const { op } = operation
    const reads = readsOf(op)
    for (let i = 0; i < reads.length; i++) touch(uses, reads[i] as Reg, operation, true)
    const to = writeOf(op)
    if (to !== undefined) touch(uses, to, operation, false)
  }
  const values: Lifetime[] = []
  const constants: Lifetime[] = []
  const constantValues = new Map<Reg, number>()
  uses.forEach((use, reg) => {
    const { writer, writes, touches } = use
    if (writes !== 1 || writer?.kind !== 'constant') values.push(valueLifetime(reg, use))
    else {
      constantValues.set(reg, writer.value)
      if (touches > 1) constants.push(constantLifetime(reg, use))
    }
  })
  return { values, constants, constantValues }
}

function touch(uses: Map<Reg, Use>, reg: Reg, operation: PlacedOperation, reads: boolean): void {
  const { op, position, loops } = operation
  let use = uses.get(reg)
  if (use === undefined) {
    use = {
      first: operation,
      readsFirst: reads,
      last: operation,
      readsLast: reads,
      touches: 0,
      writes: 0,
      writer: undefined,
      weight: 0,
      readWeight: 0,
      outerStart: Number.MAX_SAFE_INTEGER,
      outerEnd: 0,
      loops: undefined,
    }
    uses.set(reg, use)
  } else if (use.loops === undefined && loops !== use.first.loops) {
    const { touches, readsFirst } = use
    use.loops = new Map(use.first.loops.map((loop) => [loop, { touches, readsFirst }]))
  }
  if (use.loops !== undefined) {
    for (const loop of loops) {
      const known = use.loops.get(loop)
      if (known === undefined) use.loops.set(loop, { touches: 1, readsFirst: reads })
      else known.touches++
    }
  }
  const weight = weightPerLoop ** loops.length
  use.last = operation
  use.readsLast = reads
  use.touches++
  use.weight += weight
  if (reads) {
    const outermost = loops[0]
    use.readWeight += weight
    use.outerStart = Math.min(use.outerStart, outermost === undefined ? 2 * position : 2 * outermost.start)
    use.outerEnd = Math.max(use.outerEnd, outermost === undefined ? 2 * position : 2 * outermost.end + 1)
  } else {
    use.writes++
    use.writer = op
  }
}

function valueLifetime(reg: Reg, { first, readsFirst, last, readsLast, touches, weight, loops }: Use): Lifetime {
  let start = 2 * first.position + (readsFirst ? 0 : 1)
  let end = 2 * last.position + (readsLast ? 0 : 1)
  // Written first, and within the same loops all along, as most are: no iteration needs the one before.
  if (loops === undefined && !readsFirst) return { reg, start, end, weight }
  for (const loop of loops?.keys() ?? first.loops) {
    const within = loops?.get(loop)
    // It comes from outside or goes there, or one iteration hands it to the next.
    if (within === undefined || within.touches < touches || within.readsFirst) {
      start = Math.min(start, 2 * loop.start)
      end = Math.max(end, 2 * loop.end + 1)
    }
  }
  return { reg, start, end, weight }
}

function constantLifetime(reg: Reg, { outerStart, outerEnd, readWeight }: Use): Lifetime {
  return { reg, start: outerStart, end: outerEnd, weight: constantWeight * readWeight }
}
