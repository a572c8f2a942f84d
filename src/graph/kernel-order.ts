// What orders kernels: each runs after those whose results it reads, and writes over a variable only where nobody needs the old value.

import { expressionParts, type Kernel, type Stage, stageReads } from '../kernels/kernel.ts'

/** Do a kernel's stages read `row` only where, and exactly as, they write it? Then each element is read before it is replaced. */
export function readsAsWritten(stages: readonly Stage[], row: number): boolean {
  const [stage] = stages
  if (stage === undefined || !stages.some((other) => stageReads(other).has(row))) return true
  // A later stage would read what an earlier one has written.
  if (stages.length > 1) return false
  const store = stage.stores.find(({ access }) => access.buffer === row)
  if (store === undefined) return true
  // Operands and the values that are reduced are read at other positions than the one that is finished.
  if (stageReads({ ...stage, stores: [] }).has(row)) return false
  const key = JSON.stringify([store.access.offset, store.access.strides])
  return expressionParts(stage.stores.map(({ value }) => value)).every((part) => {
    if (part.kind === 'gather') return part.access.buffer !== row
    return (
      part.kind !== 'load' ||
      part.access.buffer !== row ||
      JSON.stringify([part.access.offset, part.access.strides]) === key
    )
  })
}

/** Kernels in an order that respects `before`, and those that wait for each other. Stable: earlier kernels stay early. */
export function topological(
  kernels: readonly Kernel[],
  before: readonly ReadonlySet<number>[],
): { order: Kernel[]; stuck: Set<number> } {
  const order: Kernel[] = []
  const stuck = new Set(kernels.keys())
  for (;;) {
    const next = [...stuck].find((i) => [...(before[i] as ReadonlySet<number>)].every((j) => !stuck.has(j)))
    if (next === undefined) return { order, stuck }
    stuck.delete(next)
    order.push(kernels[next] as Kernel)
  }
}
