// Mutants of derivatives: each rule of the op table scaled, dropped, or given to the wrong input; flat ops made to pass a gradient on.

import { fill, multiply } from '../../../src/ops/functions.ts'
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

/** The transpose written for other attributes than the op's own. */
function attributesMutant(
  op: string,
  name: string,
  change: (attributes: Attributes, node: OpNode) => Attributes,
): Mutant {
  const target = opTable.find((entry) => entry.name === op) as Op
  return mutant(target, name, (derivative) => {
    if (derivative.kind !== 'linear') return derivative
    const { transpose } = derivative
    return {
      ...derivative,
      transpose: (upstream, node, i) => transpose(upstream, { ...node, attributes: change(node.attributes, node) }, i),
    }
  })
}

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
