// Vector registers by linear scan: each lifetime gets one register for all its length, or a home in the frame.

import type { Lifetime, Lifetimes } from '../lifetimes.ts'
import type { Reg } from '../loop-program.ts'
import type { Register } from './operands.ts'

export interface AllocationOptions {
  readonly lifetimes: Lifetimes
  /** Values that leave the registers before others, because reading them again costs little. */
  readonly light: ReadonlySet<Reg>
  readonly registers: number
  /** Registers to keep free while the operation at a position runs. */
  readonly reserved: ReadonlyMap<number, number>
}

interface Item {
  /** Undefined: kept free. */
  readonly reg: Reg | undefined
  readonly start: number
  readonly end: number
  readonly weight: number
}

const lightWeight = 1e-6

export class Allocation {
  readonly #registers = new Map<Reg, Register>()
  readonly #spilled = new Set<Reg>()
  /** What each register holds, in order of time. */
  readonly #occupied: Item[][]

  constructor({ lifetimes, light, registers, reserved }: AllocationOptions) {
    const items: Item[] = [...lifetimes.values, ...lifetimes.constants].map((lifetime: Lifetime) =>
      light.has(lifetime.reg) ? { ...lifetime, weight: lifetime.weight * lightWeight } : lifetime,
    )
    for (const [position, count] of reserved) {
      const item = { reg: undefined, start: 2 * position, end: 2 * position + 1, weight: Number.POSITIVE_INFINITY }
      for (let i = 0; i < count; i++) items.push(item)
    }
    items.sort((a, b) => a.start - b.start)
    this.#occupied = this.#scan(items, registers)
  }

  #scan(items: readonly Item[], registers: number): Item[][] {
    const active: (Item | undefined)[] = Array.from({ length: registers }, () => undefined)
    const occupied: Item[][] = active.map(() => [])
    const place = (item: Item, register: Register): void => {
      active[register] = item
      occupied[register]?.push(item)
      if (item.reg !== undefined) this.#registers.set(item.reg, register)
    }
    for (const item of items) {
      let chosen = -1
      let lightest = item.weight
      for (let register = 0; register < registers; register++) {
        const holder = active[register]
        if (holder === undefined || holder.end < item.start) {
          chosen = register
          break
        }
        if (holder.weight < lightest) {
          lightest = holder.weight
          chosen = register
        }
      }
      const evicted = active[chosen]
      if (evicted !== undefined && evicted.end >= item.start) {
        occupied[chosen]?.pop()
        if (evicted.reg !== undefined) {
          this.#registers.delete(evicted.reg)
          this.#spilled.add(evicted.reg)
        }
      }
      if (chosen >= 0) place(item, chosen)
      else if (item.reg !== undefined) this.#spilled.add(item.reg)
    }
    return occupied
  }

  /** The register that holds a value all its life; undefined when it has none. */
  register(reg: Reg): Register | undefined {
    return this.#registers.get(reg)
  }

  /** Values that found no register. */
  get spilled(): ReadonlySet<Reg> {
    return this.#spilled
  }

  /** Whether a register holds no value while the operation at this position runs. */
  isFree(register: Register, position: number): boolean {
    const items = this.#occupied[register] ?? []
    let [low, high] = [0, items.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((items[middle] as Item).start <= 2 * position + 1) low = middle + 1
      else high = middle
    }
    // Several may start within the operation: look back over all that reach it.
    for (let i = low - 1; i >= 0; i--) {
      const item = items[i] as Item
      if (item.end < 2 * position) return true
      if (item.reg !== undefined) return false
    }
    return true
  }
}
