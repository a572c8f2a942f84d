// Mutants of addresses: views read wrongly, axes merged wrongly, operands of products walked wrongly.

import { type Affine, ExpressionBuilder } from '../../../src/graph/expressions.ts'
import { mergeAxes } from '../../../src/graph/merge-axes.ts'
import type { Expression, Stage, Store } from '../../../src/kernels/kernel.ts'
import type { Attributes, Node } from '../../../src/ops/node.ts'
import { functionMutant, likelyFoundBy, type Mutant, propertyMutant } from './mutant.ts'

/** One view or op with other attributes when its address is made. */
export function addressMutant(
  op: string,
  name: string,
  change: (attributes: Attributes, node: Node) => Attributes,
): Mutant {
  const mutant = propertyMutant(
    `address of ${op}: ${name}`,
    ExpressionBuilder.prototype,
    'build',
    (build) =>
      function (this: ExpressionBuilder, node: Node, index: readonly Affine[]): Expression {
        const wrong =
          node.kind === 'op' && node.op.name === op ? { ...node, attributes: change(node.attributes, node) } : node
        return build.call(this, wrong, index)
      },
  )
  return likelyFoundBy(op, mutant)
}

const numbers = (value: Attributes[string] | undefined): readonly number[] => value as readonly number[]

const addresses: readonly Mutant[] = [
  addressMutant('permute', 'the inverse order', ({ order }) => {
    const inverse = new Array<number>(numbers(order).length)
    for (const [to, from] of numbers(order).entries()) inverse[from] = to
    return { order: inverse }
  }),
  addressMutant('slice', 'from the beginning', (attributes) => ({
    ...attributes,
    starts: numbers(attributes.starts).map(() => 0),
  })),
  addressMutant('slice', 'without its step', (attributes) => ({
    ...attributes,
    steps: numbers(attributes.steps).map(() => 1),
  })),
  addressMutant('flip', 'forwards', () => ({ axes: [] })),
  addressMutant('flip', 'along every axis', (_, node) => ({ axes: node.shape.map((_, axis) => axis) })),
  addressMutant('iota', 'along the first axis', (attributes) => ({ ...attributes, axis: 0 })),
  addressMutant('gather', 'along the first axis', (attributes) => ({ ...attributes, axis: 0 })),
  addressMutant('random', 'of another stream', (attributes) => ({
    ...attributes,
    stream: (attributes.stream as number) + 1,
  })),
]

function withLoads(expression: Expression, change: (strides: readonly number[]) => readonly number[]): Expression {
  switch (expression.kind) {
    case 'load':
      return { ...expression, access: { ...expression.access, strides: change(expression.access.strides) } }
    case 'gather':
      return {
        ...expression,
        access: { ...expression.access, strides: change(expression.access.strides) },
        index: withLoads(expression.index, change),
      }
    case 'apply':
      return { ...expression, inputs: expression.inputs.map((input) => withLoads(input, change)) }
    default:
      return expression
  }
}

/** The stage with the strides of what it stores, or reads, changed. */
function withStrides(stage: Stage, loads: (s: readonly number[]) => readonly number[], stores = loads): Stage {
  const changed = stage.stores.map(
    (store): Store => ({
      ...store,
      access: { ...store.access, strides: stores(store.access.strides) },
      value: withLoads(store.value, loads),
    }),
  )
  return stage.kind === 'reduce'
    ? {
        ...stage,
        stores: changed,
        reductions: stage.reductions.map(({ by, value }) => ({ by, value: withLoads(value, loads) })),
      }
    : { ...stage, stores: changed }
}

const same = (strides: readonly number[]): readonly number[] => strides
const reversed = (strides: readonly number[]): readonly number[] => [...strides].reverse()

function mergeMutant(name: string, broken: (merge: (stage: Stage) => Stage, stage: Stage) => Stage): Mutant {
  return functionMutant(`merged axes: ${name}`, mergeAxes, (merge) => (stage) => broken(merge, stage))
}

const merging: readonly Mutant[] = [
  mergeMutant('strides of loads are exchanged', (merge, stage) => withStrides(merge(stage), reversed, same)),
  mergeMutant('strides of stores are exchanged', (merge, stage) => withStrides(merge(stage), same, reversed)),
  mergeMutant('extents are exchanged', (merge, stage) => {
    const merged = merge(stage)
    return { ...merged, axes: [...merged.axes].reverse() }
  }),
  mergeMutant('the last axis is one short', (merge, stage) => {
    const merged = merge(stage)
    return { ...merged, axes: merged.axes.map((n, i) => (i === merged.axes.length - 1 ? n - 1 : n)) }
  }),
  mergeMutant('loads count as contiguous', (merge, stage) => {
    const contiguous = stage.axes.map((_, i) => stage.axes.slice(i + 1).reduce((a, b) => a * b, 1))
    return merge(withStrides(stage, () => contiguous, same))
  }),
  mergeMutant('repeated elements are not repeated', (merge, stage) =>
    withStrides(merge(stage), (strides) => strides.map((stride) => (stride === 0 ? 1 : stride)), same),
  ),
  mergeMutant('flips are forgotten', (merge, stage) =>
    withStrides(merge(stage), (strides) => strides.map(Math.abs), same),
  ),
  mergeMutant('other axes are reduced', (merge, stage) => {
    const merged = merge(stage)
    return merged.kind === 'reduce' ? { ...merged, reduced: [...merged.reduced].reverse() } : merged
  }),
  mergeMutant('the left operand of products is transposed', (merge, stage) => {
    const merged = merge(stage)
    return merged.kind === 'contract'
      ? { ...merged, a: { ...merged.a, strides: swapTail(merged.a.strides, 3, 1) } }
      : merged
  }),
  mergeMutant('the right operand of products is transposed', (merge, stage) => {
    const merged = merge(stage)
    return merged.kind === 'contract'
      ? { ...merged, b: { ...merged.b, strides: swapTail(merged.b.strides, 2, 1) } }
      : merged
  }),
  mergeMutant('products of a stack all take the first matrix', (merge, stage) => {
    const merged = merge(stage)
    if (merged.kind !== 'contract') return merged
    const strides = merged.b.strides.map((stride, axis) => (merged.roles[axis] === 'outer' ? 0 : stride))
    return { ...merged, b: { ...merged.b, strides } }
  }),
]

/** Strides with the entries `i` and `j` from the end exchanged. */
function swapTail(strides: readonly number[], i: number, j: number): number[] {
  const changed = [...strides]
  const [a, b] = [changed.length - i, changed.length - j]
  ;[changed[a], changed[b]] = [changed[b] as number, changed[a] as number]
  return changed
}

/** Large products only: running sums that wait in memory, and copies of operands. */
const products: readonly Mutant[] = [
  mergeMutant('running sums wait where the right operand lies', (merge, stage) => {
    const merged = merge(stage)
    return merged.kind === 'contract' ? { ...merged, partial: merged.b.buffer } : merged
  }),
  mergeMutant('copied panels lie over the left operand', (merge, stage) => {
    const merged = merge(stage)
    return merged.kind === 'contract' && merged.panel !== undefined ? { ...merged, panel: merged.a.buffer } : merged
  }),
  mergeMutant('copied rows lie over the right operand', (merge, stage) => {
    const merged = merge(stage)
    return merged.kind === 'contract' && merged.block !== undefined ? { ...merged, block: merged.b.buffer } : merged
  }),
].map((mutant) => likelyFoundBy('large products', mutant))

export const addressMutants: readonly Mutant[] = [
  ...addresses,
  ...products,
  ...merging.map((mutant) =>
    mutant.name === 'merged axes: products of a stack all take the first matrix'
      ? likelyFoundBy('matmul', mutant)
      : mutant,
  ),
]
