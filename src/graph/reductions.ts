// From a group whose root is a reduction to its stage.

import { type Expression, partKey, type Reduce, type Stage, stageReads } from '../kernels/kernel.ts'
import type { Node, OpNode } from '../ops/node.ts'
import { axisAffine, spreadIndex } from './expressions.ts'
import type { Group } from './fuse.ts'
import { reductionNames } from './op-roles.ts'
import { builderFor, type Places, storesOf } from './places.ts'
import { withoutEdges } from './window-edges.ts'

/** Makes equal parts of several expressions one object, so that they are computed once. */
class Interning {
  readonly #ids = new Map<Expression, number>()
  readonly #known = new Map<string, Expression>()
  /** What is done, by the number of the first result: stages may share expressions of their results. */
  readonly #done = new Map<number, Map<Expression, Expression>>()

  /** The expression with its results counted from `first` on. */
  shared(expression: Expression, first: number): Expression {
    const done = this.#done.get(first) ?? new Map<Expression, Expression>()
    this.#done.set(first, done)
    const before = done.get(expression)
    if (before !== undefined) return before
    const part = this.#rebuilt(expression, first)
    const key = partKey(part, (input) => this.#ids.get(input))
    const result = this.#known.get(key) ?? part
    this.#known.set(key, result)
    if (!this.#ids.has(result)) this.#ids.set(result, this.#ids.size)
    done.set(expression, result)
    return result
  }

  #rebuilt(part: Expression, first: number): Expression {
    switch (part.kind) {
      case 'result':
        return { ...part, index: part.index + first }
      case 'apply':
        return { ...part, inputs: part.inputs.map((input) => this.shared(input, first)) }
      case 'gather':
        return { ...part, index: this.shared(part.index, first) }
      case 'random':
        return {
          ...part,
          seed: this.shared(part.seed, first),
          call: this.shared(part.call, first),
          element: this.shared(part.element, first),
        }
      default:
        return part
    }
  }
}

/**
 * The reduction that is a group's root and those beside it, with the rest of the group as their epilogue: one stage, or one for each part of the
 * windows at an edge.
 */
export function reduceStages(group: Group, places: Places): Reduce[] {
  const { root, members } = group
  const input = root.inputs[0] as Node
  const over = root.attributes.axes as readonly number[]
  const kept = input.shape.map((_, axis) => axis).filter((axis) => input.shape[axis] !== 1)
  const axes = kept.map((axis) => input.shape[axis] as number)
  const reduced = kept.map((axis) => over.includes(axis))
  const reductions = members.filter(({ op }) => reductionNames.has(op.name))
  const builder = builderFor(group, places, axes.length, (node) => {
    const index = reductions.indexOf(node as OpNode)
    return index < 0 ? undefined : { kind: 'result', index, dtype: node.dtype }
  })
  const positions = axes.map((_, axis) => axisAffine(axes.length, axis))
  const interning = new Interning()
  const walked = ({ inputs: [of] }: OpNode): Expression => {
    const { shape } = of as Node
    const value = builder.build(of as Node, spreadIndex(positions, shape, axes.length))
    return reductions.length === 1 ? value : interning.shared(value, 0)
  }
  const outer = positions.filter((_, axis) => !reduced[axis])
  const stage: Reduce = {
    kind: 'reduce',
    slabRole: 'broadcast',
    axes,
    reduced,
    reductions: reductions.map((node) => ({ by: node.op.name as 'sum', value: walked(node) })),
    stores: storesOf(group, places, builder, outer, axes.length),
  }
  return withoutEdges(root, stage, places.isSkipped)
}

/** Do two reductions walk the same values, and the second reads nothing that the first writes? */
function walkTogether(a: Reduce, b: Reduce): boolean {
  const written = new Set(a.stores.map(({ access }) => access.buffer))
  return (
    String(a.axes) === String(b.axes) &&
    String(a.reduced) === String(b.reduced) &&
    ![...stageReads(b)].some((buffer) => written.has(buffer))
  )
}

/** Neighbouring reductions over the same values, in one pass each. */
export function joinReductions(stages: readonly Stage[]): Stage[] {
  const joined: Stage[] = []
  for (const stage of stages) {
    const before = joined.at(-1)
    if (stage.kind !== 'reduce' || before?.kind !== 'reduce' || !walkTogether(before, stage)) {
      joined.push(stage)
      continue
    }
    const first = before.reductions.length
    const interning = new Interning()
    const of = ({ reductions, stores }: Reduce, shift: number): Pick<Reduce, 'reductions' | 'stores'> => ({
      reductions: reductions.map(({ by, value }) => ({ by, value: interning.shared(value, shift) })),
      stores: stores.map((store) => ({ ...store, value: interning.shared(store.value, shift) })),
    })
    const [one, two] = [of(before, 0), of(stage, first)]
    joined[joined.length - 1] = {
      ...before,
      reductions: [...one.reductions, ...two.reductions],
      stores: [...one.stores, ...two.stores],
    }
  }
  return joined
}
