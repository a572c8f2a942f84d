// From a group whose root is a reduction to its stage.

import { type Expression, expressionInputs, type Reduce, type Stage, stageReads } from '../kernels/kernel.ts'
import type { Node } from '../ops/node.ts'
import { axisAffine, spreadIndex } from './expressions.ts'
import type { Group } from './fuse.ts'
import { builderFor, type Places, storesOf } from './places.ts'

/** The reduction that is a group's root, with the rest of the group as its epilogue. */
export function reduceStage(group: Group, places: Places): Reduce {
  const { root } = group
  const input = root.inputs[0] as Node
  const over = root.attributes.axes as readonly number[]
  const kept = input.shape.map((_, axis) => axis).filter((axis) => input.shape[axis] !== 1)
  const axes = kept.map((axis) => input.shape[axis] as number)
  const reduced = kept.map((axis) => over.includes(axis))
  const builder = builderFor(group, places, axes.length, (node) =>
    node === root ? { kind: 'result', index: 0, dtype: root.dtype } : undefined,
  )
  const positions = axes.map((_, axis) => axisAffine(axes.length, axis))
  const value = builder.build(input, spreadIndex(positions, input.shape, axes.length))
  const outer = positions.filter((_, axis) => !reduced[axis])
  const stores = storesOf(group, places, builder, outer, axes.length)
  return {
    kind: 'reduce',
    slabRole: 'broadcast',
    axes,
    reduced,
    reductions: [{ by: root.op.name as 'sum', value }],
    stores,
  }
}

/** Makes equal parts of several expressions one object, so that they are computed once. */
class Interning {
  readonly #ids = new Map<Expression, number>()
  readonly #known = new Map<string, Expression>()
  readonly #done = new Map<Expression, Expression>()

  /** The expression with its results counted from `first` on. */
  shared(expression: Expression, first: number): Expression {
    const done = this.#done.get(expression)
    if (done !== undefined) return done
    const part = this.#rebuilt(expression, first)
    const parts = expressionInputs(part).map((input) => this.#ids.get(input))
    const key = JSON.stringify([part, parts], (name, value) =>
      name === 'inputs' || name === 'index' || name === 'seed' || name === 'call' || name === 'element'
        ? typeof value === 'number'
          ? value
          : undefined
        : value,
    )
    const result = this.#known.get(key) ?? part
    this.#known.set(key, result)
    if (!this.#ids.has(result)) this.#ids.set(result, this.#ids.size)
    this.#done.set(expression, result)
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
