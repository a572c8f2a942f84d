// Mutants of convolutions, windows and pooling: windows that lie elsewhere, kernels that forget a part, compositions that are nearly right.

import { imageStages } from '../../../src/graph/image-stages.ts'
import { compositionOf } from '../../../src/graph/lowerings.ts'
import { overlapStages } from '../../../src/graph/overlaps.ts'
import { add, flip, mean, multiply, reduceMin, reshape, variance, windows } from '../../../src/ops/functions.ts'
import type { Node, OpNode } from '../../../src/ops/node.ts'
import { geometryOf, phasesOf } from '../../../src/ops/phases.ts'
import type { Sliding } from '../../../src/ops/sliding.ts'
import { addressMutant } from './address-mutants.ts'
import { functionMutant, likelyFoundBy, type Mutant } from './mutant.ts'

const placed: readonly Mutant[] = [
  addressMutant('windows', 'without the stride', (attributes) => ({ ...attributes, stride: [1, 1] })),
  addressMutant('windows', 'without the dilation', (attributes) => ({ ...attributes, dilation: [1, 1] })),
  addressMutant('windows', 'strides of height and width exchanged', (attributes) => ({
    ...attributes,
    stride: [...(attributes.stride as readonly number[])].reverse(),
  })),
  likelyFoundBy(
    'convolution',
    functionMutant('convolutions: without the stride', geometryOf, (original) => (attributes) => ({
      ...original(attributes),
      stride: [1, 1],
    })),
  ),
  likelyFoundBy(
    'convolution',
    functionMutant('convolutions: without the dilation', geometryOf, (original) => (attributes) => ({
      ...original(attributes),
      dilation: [1, 1],
    })),
  ),
  likelyFoundBy(
    'convolutionInputGradient',
    functionMutant(
      'convolutions: phases of an input gradient begin at the first tap',
      phasesOf,
      (original) => (axis) => original(axis).map((taps) => ({ ...taps, first: 0 })),
    ),
  ),
  likelyFoundBy(
    'convolutionInputGradient',
    functionMutant('convolutions: phases of an input gradient are exchanged', phasesOf, (original) => (axis) => {
      const phases = original(axis)
      return phases.map((taps, i) => ({ ...taps, phase: phases[phases.length - 1 - i]?.phase as number }))
    }),
  ),
]

const kernels: readonly Mutant[] = [
  likelyFoundBy(
    'overlapAdd',
    functionMutant(
      'kernels: windows are added to what lay there',
      overlapStages,
      (original) => (group, places) => original(group, places).slice(1),
    ),
  ),
  likelyFoundBy(
    'overlapAdd',
    functionMutant(
      'kernels: the last tap of windows is not added',
      overlapStages,
      (original) => (group, places) => original(group, places).slice(0, -1),
    ),
  ),
  likelyFoundBy(
    'convolutionWeightGradient',
    functionMutant(
      'kernels: sums and halos of convolutions begin anywhere',
      imageStages,
      (original) => (groups, local, places) => ({ ...original(groups, local, places), opening: [] }),
    ),
  ),
]

/** The composition for `op` replaced by another one, where that gives any. */
function compositionMutant(
  op: string,
  name: string,
  change: (node: OpNode, original: typeof compositionOf) => Node | undefined,
): Mutant {
  return likelyFoundBy(
    op,
    functionMutant(
      `composition of ${op}: ${name}`,
      compositionOf,
      (original) => (node) => (node.op.name === op ? (change(node, original) ?? original(node)) : original(node)),
    ),
  )
}

/** Where a composition stands for the op, that of the op on other inputs. */
function onOtherInputs(change: (inputs: readonly Node[]) => readonly Node[]) {
  return (node: OpNode, original: typeof compositionOf): Node | undefined =>
    original(node) && original({ ...node, inputs: change(node.inputs) })
}

const flippedTaps = onOtherInputs(([x, weights]) => [x as Node, flip(weights as Node, [0, 1])])

const compositions: readonly Mutant[] = [
  compositionMutant('convolution', 'taps flipped', flippedTaps),
  compositionMutant('convolutionInputGradient', 'taps not flipped', flippedTaps),
  compositionMutant(
    'convolutionWeightGradient',
    'images upside down',
    onOtherInputs(([x, g]) => [flip(x as Node, [1]), g as Node]),
  ),
  compositionMutant('maxPool', 'the smallest', (node) =>
    reshape(reduceMin(windows(node.inputs[0] as Node, node.attributes as Sliding), [3, 4]), node.shape),
  ),
  compositionMutant('variance', 'without the distances between samples', (node) => {
    const axes = node.attributes.axes as readonly number[]
    const inner = axes.filter((axis) => axis !== 0)
    return inner.length < axes.length && inner.length > 0
      ? mean(variance(node.inputs[0] as Node, inner), [0])
      : undefined
  }),
  compositionMutant('variance', 'about zero', (node) => {
    const x = node.inputs[0] as Node
    return mean(multiply(x, x), node.attributes.axes as readonly number[])
  }),
  compositionMutant('sum', 'the samples counted twice', (node, original) => {
    const split = original(node)
    return split && add(split, split)
  }),
]

export const convolutionMutants: readonly Mutant[] = [...placed, ...kernels, ...compositions]
