// Stages over whole batches become stages of one slab: their first axis, the images, moves to the kernel's loops over slabs and steps.

import { type Access, type Expression, expressionInputs, type Stage, type Store } from '../kernels/kernel.ts'

/** Loops of a kernel and what runs in them. */
export interface SlabStages {
  readonly slabs: number
  readonly steps: number
  readonly opening: readonly Stage[]
  readonly stages: readonly Stage[]
}

type Walk = Pick<Access, 'offset' | 'slab' | 'step' | 'strides'>

/** A walk whose first axis became slab and step: `steps` images follow each other in a slab. */
function withoutFirst<W extends Walk>(walk: W, steps: number): W {
  const [image, ...strides] = walk.strides as [number, ...number[]]
  return { ...walk, slab: walk.slab + image * steps, ...(steps > 1 ? { step: image } : {}), strides }
}

function rewriteExpression(expression: Expression, steps: number, done: Map<Expression, Expression>): Expression {
  const known = done.get(expression)
  if (known !== undefined) return known
  const inputs = expressionInputs(expression).map((input) => rewriteExpression(input, steps, done))
  let result: Expression = expression
  if (expression.kind === 'load') result = { ...expression, access: withoutFirst(expression.access, steps) }
  if (expression.kind === 'gather')
    result = { ...expression, access: withoutFirst(expression.access, steps), index: inputs[0] as Expression }
  if (expression.kind === 'position') result = withoutFirst(expression, steps)
  if (expression.kind === 'apply') result = { ...expression, inputs }
  if (expression.kind === 'random') {
    const [seed, call, element] = inputs as [Expression, Expression, Expression]
    result = { ...expression, seed, call, element }
  }
  done.set(expression, result)
  return result
}

/** `stage` for one image of the batch that is its first axis. */
export function bySlab(stage: Stage, steps = 1): Stage {
  const done = new Map<Expression, Expression>()
  const stores = stage.stores.map(
    ({ access, value, dtype }): Store => ({
      access: withoutFirst(access, steps),
      value: rewriteExpression(value, steps, done),
      dtype,
    }),
  )
  const axes = stage.axes.slice(1)
  switch (stage.kind) {
    case 'materialise':
      return { ...stage, axes, stores }
    case 'reduce':
      return {
        ...stage,
        axes,
        stores,
        reduced: stage.reduced.slice(1),
        reductions: stage.reductions.map(({ by, value }) => ({ by, value: rewriteExpression(value, steps, done) })),
      }
    case 'contract':
      return {
        ...stage,
        axes,
        stores,
        roles: stage.roles.slice(1),
        a: withoutFirst(stage.a, steps),
        b: withoutFirst(stage.b, steps),
      }
  }
}

/** Slabs at most: enough for as many threads, and few enough that what each does once does not count. */
const mostSlabs = 32

/** Slabs that share images evenly, `steps` images each. */
export function shareImages(images: number): { slabs: number; steps: number } {
  for (let slabs = Math.min(mostSlabs, images); slabs > 1; slabs--)
    if (images % slabs === 0) return { slabs, steps: images / slabs }
  return { slabs: Math.min(1, images), steps: images }
}
