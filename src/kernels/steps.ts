// The innermost loop of a contraction: steps of the sum, several in one iteration where a fence keeps them apart.

import type { Address, Target } from '../codegen/loop-program.ts'
import type { Builder } from './builder.ts'
import { type Place, place, within } from './expression.ts'

/** An innermost sum as short as this is unrolled. */
const unrolledSteps = 4

/** Is a sum of so many steps written without a loop? Where tiles have no register to spare for the splats of several steps, that would drive them into memory. */
export function isUnrolled(target: Target, extent: number): boolean {
  return extent <= unrolledSteps && !target.splatsTogether
}

/** `body` at each step from `start` on; it learns whether steps of the same iteration come before it. */
export function overSteps(
  b: Builder,
  target: Target,
  start: Place,
  extent: number,
  body: (at: Place, follows: boolean) => void,
): void {
  const together = isUnrolled(target, extent)
    ? extent
    : target.fences
      ? (dividers.find((n) => extent % n === 0) ?? 1)
      : 1
  const steps = (at: Place): void => {
    for (let i = 0; i < together; i++) body(within(at, place(i)), i > 0)
  }
  if (together === extent) steps(start)
  else b.loop(extent / together, (variable) => steps(within(start, place(0, [variable, together]))))
}

/** How many steps may share an iteration: the loop's own work is then spread over them. More gain no time, and V8 needs memory to compile them. */
const dividers = [2, 3]

/**
 * Keeps the splats of a tile apart: the compiler behind the emitter reads all that a block needs first, so blocks end when the registers are full.
 */
export class Fences {
  readonly #b: Builder
  readonly #target: Target
  readonly #together: number

  constructor(b: Builder, target: Target, rows: number, vectors: number) {
    this.#b = b
    this.#target = target
    this.#together = Math.max(1, target.registers - (rows + 1) * vectors)
  }

  /** Before row `p` of a step is read; `follows`: other steps stand before this one. */
  before(p: number, follows: boolean, address: Address): void {
    if (!this.#target.fences || p % this.#together !== 0 || (p === 0 && !follows)) return
    this.#b.emit({ kind: 'fence', address })
  }
}
