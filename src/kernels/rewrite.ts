// A stage with all its walks through memory changed alike: images that become slabs, blocks of an axis, axes that merge.

import { type Access, type Expression, expressionInputs, type Stage } from './kernel.ts'

/** How an access, or a position, moves with the loops around it. */
export type Walk = Pick<Access, 'offset' | 'slab' | 'step' | 'strides'>

export type ChangeWalk = <W extends Walk>(walk: W) => W

/** The stage with every walk changed; parts that expressions share stay shared. Axes, roles and what is reduced are the caller's to adapt. */
export function rewriteStage<S extends Stage>(stage: S, change: ChangeWalk): S
export function rewriteStage(stage: Stage, change: ChangeWalk): Stage {
  const done = new Map<Expression, Expression>()
  const rewrite = (expression: Expression): Expression => {
    let result = done.get(expression)
    if (result === undefined) {
      result = rewriteOne(expression, expressionInputs(expression).map(rewrite), change)
      done.set(expression, result)
    }
    return result
  }
  const stores = stage.stores.map((store) => ({ ...store, access: change(store.access), value: rewrite(store.value) }))
  switch (stage.kind) {
    case 'materialise':
      return { ...stage, stores }
    case 'reduce':
      return {
        ...stage,
        stores,
        reductions: stage.reductions.map(({ by, value }) => ({ by, value: rewrite(value) })),
      }
    case 'contract':
      return { ...stage, stores, a: change(stage.a), b: change(stage.b) }
  }
}

function rewriteOne(expression: Expression, inputs: readonly Expression[], change: ChangeWalk): Expression {
  switch (expression.kind) {
    case 'load':
      return { ...expression, access: change(expression.access) }
    case 'gather':
      return { ...expression, access: change(expression.access), index: inputs[0] as Expression }
    case 'position':
      return change(expression)
    case 'random': {
      const [seed, call, element] = inputs as [Expression, Expression, Expression]
      return { ...expression, seed, call, element }
    }
    case 'apply':
      return { ...expression, inputs }
    default:
      return expression
  }
}
