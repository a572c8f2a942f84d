// Mutants between graph and code: kernels and their order, memory plans, assignments, tiles, random streams.

import { axisAffine, flatten, spreadIndex } from '../../../src/graph/expressions.ts'
import { makeCopy, makeKernel } from '../../../src/graph/kernels.ts'
import { planMemory } from '../../../src/graph/plan.ts'
import { scheduleGraph } from '../../../src/graph/schedule.ts'
import { isTrivialReshape, simplify } from '../../../src/graph/simplify.ts'
import type { Kernel, Stage } from '../../../src/kernels/kernel.ts'
import { stageReads } from '../../../src/kernels/kernel.ts'
import { randomUniform } from '../../../src/kernels/random.ts'
import { evenPieces } from '../../../src/kernels/tile.ts'
import type { Node } from '../../../src/ops/node.ts'
import { identityOf } from '../../../src/ops/reduce.ts'
import { functionMutant, likelyFoundBy, type Mutant } from './mutant.ts'

const stages = (kernel: Kernel, change: (stages: readonly Stage[]) => readonly Stage[]): Kernel => ({
  ...kernel,
  stages: change(kernel.stages),
})

const kernels: readonly Mutant[] = [
  functionMutant(
    'kernels: the last part of several is left out',
    makeKernel,
    (make) => (group, places) => stages(make(group, places), (all) => (all.length > 1 ? all.slice(0, -1) : all)),
  ),
  functionMutant(
    'kernels: padding is written after the values',
    makeKernel,
    (make) => (group, places) => stages(make(group, places), (all) => [...all].reverse()),
  ),
  functionMutant(
    'kernels: reductions take the largest',
    makeKernel,
    (make) => (group, places) =>
      stages(make(group, places), (all) =>
        all.map((stage) =>
          stage.kind === 'reduce'
            ? { ...stage, reductions: stage.reductions.map(({ value }) => ({ by: 'max', value })) }
            : stage,
        ),
      ),
  ),
  functionMutant('kernels: copies copy nothing', makeCopy, (make) => (node, places, buffer) => ({
    ...make(node, places, buffer),
    stages: [],
  })),
  functionMutant('addresses: offsets are forgotten', flatten, (original) => (index, shape, axes) => ({
    ...original(index, shape, axes),
    offset: 0,
  })),
  functionMutant(
    'addresses: row-major becomes column-major',
    flatten,
    (original) => (index, shape, axes) => original([...index].reverse(), [...shape].reverse(), axes),
  ),
  functionMutant(
    'addresses: axes of extent 1 are not skipped',
    spreadIndex,
    () => (dense, shape, axes) =>
      shape.map((_, axis) => dense[axis] ?? { offset: 0, strides: new Array<number>(axes).fill(0) }),
  ),
  functionMutant('addresses: axes begin at one', axisAffine, (original) => (axes, axis) => ({
    ...original(axes, axis),
    offset: 1,
  })),
  functionMutant('reshape: every one counts as trivial', isTrivialReshape, () => () => true),
  functionMutant('identity of reductions is one', identityOf, () => () => 1),
  functionMutant(
    'tiles: the last pieces are left out',
    evenPieces,
    (original) => (extent, size) => original(extent, size).slice(0, 1),
  ),
  functionMutant(
    'tiles: pieces come once too often',
    evenPieces,
    (original) => (extent, size) => original(extent, size).map(([piece, count]) => [piece, count + 1] as const),
  ),
  functionMutant(
    'random: seed and call are exchanged',
    randomUniform,
    (original) =>
      (b, seed, call, ...rest) =>
        original(b, call, seed, ...rest),
  ),
  functionMutant(
    'random: another stream',
    randomUniform,
    (original) => (b, seed, call, element, stream, type) => original(b, seed, call, element, stream + 1, type),
  ),
]

const plans: readonly Mutant[] = [
  functionMutant('plan: all buffers in one place', planMemory, (original) => (...args) => {
    const plan = original(...args)
    return { ...plan, offsets: plan.offsets.map((offset) => (offset === undefined ? undefined : 0)) }
  }),
  functionMutant('plan: buffers lie closer than they are long', planMemory, (original) => (...args) => {
    const plan = original(...args)
    return {
      ...plan,
      offsets: plan.offsets.map((offset) => (offset === undefined ? undefined : 64 * Math.floor(offset / 128))),
    }
  }),
  functionMutant(
    'plan: inputs live from their first reader on',
    planMemory,
    (original) => (all, bytes, _, outputs) => original(all, bytes, [], outputs),
  ),
  functionMutant(
    'plan: outputs live to their last reader',
    planMemory,
    (original) => (all, bytes, inputs) => original(all, bytes, inputs, []),
  ),
  functionMutant('plan: what a kernel reads may be overwritten by it', stageReads, () => () => new Set()),
]

const schedules: readonly Mutant[] = [
  functionMutant('schedule: kernels run backwards', scheduleGraph, (original) => (graph) => {
    const schedule = original(graph)
    return { ...schedule, kernels: [...schedule.kernels].reverse() }
  }),
  functionMutant('schedule: the last kernel is left out', scheduleGraph, (original) => (graph) => {
    const schedule = original(graph)
    return { ...schedule, kernels: schedule.kernels.slice(0, -1) }
  }),
  functionMutant('schedule: copies come last', scheduleGraph, (original) => (graph) => {
    const schedule = original(graph)
    const isCopy = ({ name }: Kernel): boolean => name === 'copy'
    const { kernels: all } = schedule
    return { ...schedule, kernels: [...all.filter((k) => !isCopy(k)), ...all.filter(isCopy)] }
  }),
  functionMutant('schedule: copies come first', scheduleGraph, (original) => (graph) => {
    const schedule = original(graph)
    const isCopy = ({ name }: Kernel): boolean => name === 'copy'
    const { kernels: all } = schedule
    return { ...schedule, kernels: [...all.filter(isCopy), ...all.filter((k) => !isCopy(k))] }
  }),
  functionMutant('schedule: variables are mixed up', scheduleGraph, (original) => (graph) => {
    const schedule = original(graph)
    const last = graph.variables.length - 1
    return {
      ...schedule,
      rows: schedule.rows.map((row) => (row.kind === 'variable' ? { ...row, index: last - row.index } : row)),
    }
  }),
  functionMutant('schedule: outputs come from the row of the first', scheduleGraph, (original) => (graph) => {
    const schedule = original(graph)
    return {
      ...schedule,
      outputs: schedule.outputs.map((output) => ({ ...output, row: (schedule.outputs[0] as { row: number }).row })),
    }
  }),
  functionMutant('simplify: assignments take the value of their neighbour', simplify, (original) => (graph) => {
    const simplified = original(graph)
    const { assignments } = simplified
    const other = (i: number): Node => (assignments[(i + 1) % assignments.length] as { value: Node }).value
    return {
      ...simplified,
      assignments: assignments.map(({ variable, value }, i) => ({
        variable,
        value: String(other(i).shape) === String(value.shape) && other(i).dtype === value.dtype ? other(i) : value,
      })),
    }
  }),
  functionMutant('simplify: the last assignment is forgotten', simplify, (original) => (graph) => {
    const simplified = original(graph)
    return { ...simplified, assignments: simplified.assignments.slice(0, -1) }
  }),
]

/** Where to look first, for what the quickest suite seldom meets. */
const likely: Readonly<Record<string, string>> = {
  'tiles: the last pieces are left out': 'matmul',
  'reshape: every one counts as trivial': 'reshape',
  'addresses: axes of extent 1 are not skipped': 'sum',
}

export const kernelMutants: readonly Mutant[] = [...kernels, ...plans, ...schedules].map((mutant) => {
  const op = likely[mutant.name]
  return op === undefined ? mutant : likelyFoundBy(op, mutant)
})
