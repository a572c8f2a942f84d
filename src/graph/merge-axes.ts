// Neighbouring axes that every access walks as one become one, so that loops are long; axes of extent 1 go.

import { type ContractionRole, expressionParts, type Stage, stageExpressions } from '../kernels/kernel.ts'
import { rewriteStage } from '../kernels/rewrite.ts'

/** What must agree for axes to merge: strides of everything that moves. */
function walks(stage: Stage): (readonly number[])[] {
  const found = stage.stores.map(({ access }) => access.strides)
  for (const part of expressionParts(stageExpressions(stage))) {
    if (part.kind === 'load' || part.kind === 'gather') found.push(part.access.strides)
    if (part.kind === 'position') found.push(part.strides)
  }
  if (stage.kind === 'contract') found.push(stage.a.strides, stage.b.strides)
  return found
}

/** Axes may only merge within one role. */
function roleOf(stage: Stage, axis: number): string {
  if (stage.kind === 'reduce') return stage.reduced[axis] ? 'reduced' : 'kept'
  if (stage.kind === 'contract') return stage.roles[axis] as string
  return ''
}

/** A contraction keeps one row, column and sum axis even at extent 1, the last one if it must: the tile is made of them. */
function removable(stage: Stage, axis: number): boolean {
  if (stage.axes[axis] !== 1) return false
  if (stage.kind !== 'contract') return true
  const role = stage.roles[axis] as ContractionRole
  const longer = stage.roles.some((other, i) => other === role && stage.axes[i] !== 1)
  return role === 'outer' || longer || stage.roles.lastIndexOf(role) !== axis
}

export function mergeAxes(stage: Stage): Stage {
  const found = walks(stage)
  // Each group of old axes becomes one new axis, whose stride is that of its innermost member.
  const groups: number[][] = []
  for (const axis of stage.axes.keys()) {
    if (removable(stage, axis)) continue
    const last = groups.at(-1)
    const before = last?.at(-1)
    const extent = stage.axes[axis] as number
    const joins =
      before !== undefined &&
      roleOf(stage, before) === roleOf(stage, axis) &&
      found.every((strides) => strides[before] === (strides[axis] as number) * extent)
    if (joins) last?.push(axis)
    else groups.push([axis])
  }
  const pick = <T>(values: readonly T[]): T[] => groups.map((group) => values[group.at(-1) as number] as T)
  const axes = groups.map((group) => group.reduce((product, axis) => product * (stage.axes[axis] as number), 1))
  const rewritten = rewriteStage(stage, (walk) => ({ ...walk, strides: pick(walk.strides) }))
  switch (rewritten.kind) {
    case 'materialise':
      return { ...rewritten, axes }
    case 'reduce':
      return { ...rewritten, axes, reduced: pick(rewritten.reduced) }
    case 'contract':
      return { ...rewritten, axes, roles: pick(rewritten.roles) }
  }
}
