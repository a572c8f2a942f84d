// Running totals of reductions: how a value joins one, and how the lanes of several become one number.

import type { Reg } from '../codegen/loop-program.ts'
import type { Builder } from './builder.ts'

export type By = 'sum' | 'max' | 'min'

/** A running total in a register. */
export interface Total {
  /** Number of the stage's reduction. */
  readonly reduction: number
  readonly by: By
  readonly reg: Reg
}

/** total and value combined; a NaN in either stays. */
export function combine(b: Builder, by: By, total: Reg, value: Reg): void {
  if (by === 'sum') {
    b.emit({ kind: 'binary', to: total, op: 'add', a: total, b: value })
  } else if (b.typeOf(total) === 'i32') {
    b.emit({ kind: 'binary', to: total, op: by, a: total, b: value })
  } else {
    const chosen = b.binary(by, total, value)
    b.emit({ kind: 'select', to: total, compare: 'equal', a: total, b: total, x: chosen, y: total })
  }
}

/** All virtual lanes in one; the tree of min and max does not see NaN, so it is carried beside it. */
export function foldParts(b: Builder, by: By, parts: readonly Reg[]): Reg {
  const type = b.typeOf(parts[0] as Reg)
  const folded = b.fold(by === 'sum' ? 'add' : by, parts)
  if (by === 'sum' || type === 'i32') return folded
  const flags = parts.map((part) => b.select('equal', part, part, b.constant(type, 0), b.constant(type, 1)))
  return b.select('less', b.constant(type, 0), b.fold('max', flags), b.constant(type, Number.NaN), folded)
}
