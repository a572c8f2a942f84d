// Neighbouring axes that every access walks as one become one, so that loops are long; axes of extent 1 go.

import {
  type Access,
  type Expression,
  expressionParts,
  type Stage,
  type Store,
  stageExpressions,
} from '../kernels/kernel.ts'

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

/** A contraction keeps one row, column and sum axis even at extent 1: the tile is made of them. */
function removable(stage: Stage, axis: number): boolean {
  if (stage.axes[axis] !== 1) return false
  if (stage.kind !== 'contract') return true
  const role = stage.roles[axis] as string
  return role === 'outer' || stage.roles.lastIndexOf(role as 'row') !== axis
}

/** Rewrites each part of an expression once. */
function rewriter(change: (strides: readonly number[]) => number[]): (expression: Expression) => Expression {
  const done = new Map<Expression, Expression>()
  const rewrite = (expression: Expression): Expression => {
    let result = done.get(expression)
    if (result === undefined) {
      result = rewriteOne(expression)
      done.set(expression, result)
    }
    return result
  }
  const access = (old: Access): Access => ({ ...old, strides: change(old.strides) })
  const rewriteOne = (expression: Expression): Expression => {
    switch (expression.kind) {
      case 'load':
        return { ...expression, access: access(expression.access) }
      case 'gather':
        return { ...expression, access: access(expression.access), index: rewrite(expression.index) }
      case 'position':
        return { ...expression, strides: change(expression.strides) }
      case 'random':
        return {
          ...expression,
          seed: rewrite(expression.seed),
          call: rewrite(expression.call),
          element: rewrite(expression.element),
        }
      case 'apply':
        return { ...expression, inputs: expression.inputs.map(rewrite) }
      default:
        return expression
    }
  }
  return rewrite
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
  const change = (strides: readonly number[]): number[] =>
    groups.map((group) => strides[group.at(-1) as number] as number)
  const pick = <T>(values: readonly T[]): T[] => groups.map((group) => values[group.at(-1) as number] as T)
  const rewrite = rewriter(change)
  const stores = stage.stores.map(
    (store): Store => ({
      ...store,
      access: { ...store.access, strides: change(store.access.strides) },
      value: rewrite(store.value),
    }),
  )
  const axes = groups.map((group) => group.reduce((product, axis) => product * (stage.axes[axis] as number), 1))
  switch (stage.kind) {
    case 'materialise':
      return { ...stage, axes, stores }
    case 'reduce':
      return {
        ...stage,
        axes,
        stores,
        reduced: pick(stage.reduced),
        reductions: stage.reductions.map(({ by, value }) => ({ by, value: rewrite(value) })),
      }
    case 'contract': {
      const moved = (access: Access): Access => ({ ...access, strides: change(access.strides) })
      return { ...stage, axes, stores, roles: pick(stage.roles), a: moved(stage.a), b: moved(stage.b) }
    }
  }
}
