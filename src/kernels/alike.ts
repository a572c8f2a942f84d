// Kernels that differ only in the buffers they work on: one function serves them all, given the rows of each.

import { exactJson } from '../core/exact-json.ts'
import {
  type Contract,
  type Expression,
  expressionParts,
  type Kernel,
  partKey,
  type Stage,
  stageExpressions,
} from './kernel.ts'
import { rewriteStage } from './rewrite.ts'

/** A kernel whose buffers are numbered from 0 on, as they are met. */
export interface OwnRows {
  readonly kernel: Kernel
  /** The row of the program that each buffer was. */
  readonly rows: readonly number[]
}

/** What a contraction keeps beside its accesses. */
const besideAccesses = ['partial', 'panel', 'block'] as const satisfies readonly (keyof Contract)[]

/** The kernel with buffers of its own. */
export function withOwnRows(kernel: Kernel): OwnRows {
  const numbers = new Map<number, number>()
  const numberOf = (row: number): number => {
    const number = numbers.get(row) ?? numbers.size
    numbers.set(row, number)
    return number
  }
  const renumber = (stage: Stage): Stage => {
    const renumbered = rewriteStage(stage, (walk) =>
      'buffer' in walk && typeof walk.buffer === 'number' ? { ...walk, buffer: numberOf(walk.buffer) } : walk,
    )
    if (renumbered.kind !== 'contract') return renumbered
    const beside = besideAccesses.flatMap((name) => {
      const row = renumbered[name]
      return row === undefined ? [] : [[name, numberOf(row)] as const]
    })
    return { ...renumbered, ...Object.fromEntries(beside) }
  }
  const own = { ...kernel, opening: kernel.opening.map(renumber), stages: kernel.stages.map(renumber) }
  return { kernel: own, rows: [...numbers.keys()] }
}

/** Text that is equal for kernels of which one function is made: all but the name, with expressions by number, so that what is shared counts. */
export function codeKey({ slabs, steps, opening, stages }: Kernel): string {
  const numbers = new Map<Expression, number>()
  const lines: string[] = []
  const learn = (stage: Stage): void => {
    for (const part of expressionParts(stageExpressions(stage))) {
      if (numbers.has(part)) continue
      numbers.set(part, numbers.size)
      lines.push(partKey(part, (input) => numbers.get(input)))
    }
  }
  for (const stage of [...opening, ...stages]) learn(stage)
  const asNumber = (value: unknown): unknown => numbers.get(value as Expression) ?? value
  return [`${slabs} slabs of ${steps}`, ...lines, exactJson([opening, stages], asNumber)].join('\n')
}
