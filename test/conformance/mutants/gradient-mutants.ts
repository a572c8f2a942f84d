// Mutants of derivatives: each rule of the op table scaled, dropped, or given to the wrong input; flat ops made to pass a gradient on.

import { fill, flip, multiply } from '../../../src/ops/functions.ts'
import type { Attributes, Node, OpNode } from '../../../src/ops/node.ts'
import type { Derivative, Op } from '../../../src/ops/op.ts'
import { opTable } from '../../../src/ops/table.ts'
import { type Mutant, propertyMutant } from './mutant.ts'

export interface GradientMutant extends Mutant {
  readonly op: Op
}

type Change = (gradient: Node) => Node | undefined

const changes: readonly (readonly [name: string, change: Change])[] = [
  ['scaled by 1.001', (gradient) => multiply(gradient, 1.001)],
  ['dropped', () => undefined],
]

/** The rule with the gradient of input `at` changed. */
function broken(derivative: Derivative, at: number, change: Change): Derivative {
  const changed = (gradient: Node | undefined, i: number): Node | undefined =>
    i === at && gradient !== undefined ? change(gradient) : gradient
  switch (derivative.kind) {
    case 'pointwise':
      return { ...derivative, partials: (inputs, output) => derivative.partials(inputs, output).map(changed) }
    case 'linear':
    case 'multilinear':
      return { ...derivative, transpose: (upstream, node, i) => changed(derivative.transpose(upstream, node, i), i) }
    case 'general':
      return { ...derivative, reverse: (upstream, node) => derivative.reverse(upstream, node).map(changed) }
    case 'none':
      return derivative
  }
}

/** Inputs that a gradient can flow to. */
function floatInputs(op: Op): number[] {
  const sample = op.samples([3, 4])[0]
  return (sample?.inputs ?? []).flatMap(({ dtype }, i) => (dtype === 'float' ? [i] : []))
}

function mutant(op: Op, name: string, change: (derivative: Derivative) => Derivative): GradientMutant {
  return { op, ...propertyMutant(`gradient of ${op.name}: ${name}`, op, 'derivative', change) }
}

function rules(op: Op): GradientMutant[] {
  if (op.derivative.kind === 'none') return flat(op)
  const found = floatInputs(op).flatMap((at) =>
    changes.map(([name, change]) => mutant(op, `input ${at} ${name}`, (derivative) => broken(derivative, at, change))),
  )
  if (op.derivative.kind !== 'general') return found
  const tangents = changes.map(([name, change]) =>
    mutant(op, `tangent ${name}`, (derivative) => {
      if (derivative.kind !== 'general') return derivative
      const { forward } = derivative
      return {
        ...derivative,
        forward: (tangents, node) => {
          const tangent = forward(tangents, node)
          return tangent && change(tangent)
        },
      }
    }),
  )
  return [...found, ...tangents]
}

/** An op that is flat, made to have the derivative 1. */
function flat(op: Op): GradientMutant[] {
  if (op.family !== 'elementwise' || !['float', 'any'].some(() => floatInputs(op).length === 1)) return []
  const one: Derivative = { kind: 'pointwise', partials: ([x]) => [fill(1, x as Node)] }
  return [mutant(op, 'passed on although there is none', () => one)]
}

/** The way back written for another node, or another gradient, than the op's own. */
function waysBackMutant(
  op: string,
  name: string,
  { node = (own) => own, upstream = (own) => own }: { node?: (own: OpNode) => OpNode; upstream?: (own: Node) => Node },
): Mutant {
  const target = opTable.find((entry) => entry.name === op) as Op
  return mutant(target, name, (derivative) => {
    switch (derivative.kind) {
      case 'linear':
      case 'multilinear': {
        const { transpose } = derivative
        return { ...derivative, transpose: (gradient, own, i) => transpose(upstream(gradient), node(own), i) }
      }
      case 'general': {
        const { reverse } = derivative
        return { ...derivative, reverse: (gradient, own) => reverse(upstream(gradient), node(own)) }
      }
      default:
        return derivative
    }
  })
}

/** The transpose written for other attributes than the op's own. */
function attributesMutant(
  op: string,
  name: string,
  change: (attributes: Attributes, node: OpNode) => Attributes,
): Mutant {
  return waysBackMutant(op, name, { node: (own) => ({ ...own, attributes: change(own.attributes, own) }) })
}

/** The way back with one input replaced by something of its shape. */
function inputMutant(op: string, name: string, at: number, change: (input: Node) => Node): Mutant {
  return waysBackMutant(op, name, {
    node: (own) => ({ ...own, inputs: own.inputs.map((input, i) => (i === at ? change(input) : input)) }),
  })
}

/** Taps of weights [kh, kw, C / groups, O] in reverse order. */
const flippedTaps = (weights: Node): Node => flip(weights, [0, 1])
/** The last axis, that of channels, in reverse order. */
const flippedChannels = (x: Node): Node => flip(x, [x.shape.length - 1])

const numbers = (value: Attributes[string] | undefined): readonly number[] => value as readonly number[]

const structural: readonly Mutant[] = [
  attributesMutant('permute', 'by the order instead of its inverse', ({ order }) => {
    const inverse = new Array<number>(numbers(order).length)
    for (const [to, from] of numbers(order).entries()) inverse[from] = to
    return { order: inverse }
  }),
  attributesMutant('flip', 'without flipping back', () => ({ axes: [] })),
  attributesMutant('slice', 'put at the beginning', (attributes) => ({
    ...attributes,
    starts: numbers(attributes.starts).map(() => 0),
  })),
  attributesMutant('slice', 'without the gaps of the step', (attributes) => ({
    ...attributes,
    steps: numbers(attributes.steps).map(() => 1),
  })),
  attributesMutant('pad', 'cut from the beginning', (attributes) => ({
    ...attributes,
    before: numbers(attributes.before).map(() => 0),
  })),
  inputMutant('convolution', 'with the taps flipped', 1, flippedTaps),
  inputMutant('convolution', 'with the channels of another group', 1, flippedChannels),
  inputMutant('convolution', 'by images upside down', 0, (x) => flip(x, [1])),
  inputMutant('convolutionInputGradient', 'with the taps flipped', 1, flippedTaps),
  inputMutant('convolutionWeightGradient', 'by images upside down', 0, (x) => flip(x, [1])),
  waysBackMutant('windows', 'with the taps flipped', { upstream: (gradient) => flip(gradient, [3, 4]) }),
  waysBackMutant('overlapAdd', 'from images turned round', { upstream: (gradient) => flip(gradient, [1, 2]) }),
  waysBackMutant('maxPool', 'to the window across', { upstream: (gradient) => flip(gradient, [1, 2]) }),
  inputMutant('variance', 'from twice the distance', 0, (x) => multiply(x, 2)),
]

/** Gives each input the gradient of its neighbour, where an op has two. */
function swapped(op: Op): Mutant[] {
  const { derivative } = op
  if (derivative.kind !== 'multilinear' && op.name !== 'concat') return []
  return [
    mutant(op, 'of the other input', (original) =>
      original.kind === 'multilinear' || original.kind === 'linear'
        ? {
            ...original,
            transpose: (upstream, node, i) => original.transpose(upstream, node, (i + 1) % node.inputs.length),
          }
        : original,
    ),
  ]
}

export function gradientMutants(): GradientMutant[] {
  return [...opTable.flatMap((op) => [...rules(op), ...swapped(op)]), ...structural] as GradientMutant[]
}
