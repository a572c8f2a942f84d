// Mutants of loop programs: one kind of operation of every program written wrongly, as a mistake in the lowering would.

import type { LoopProgram, Op, Statement } from '../../../src/codegen/loop-program.ts'
import { lowerKernel } from '../../../src/kernels/lower.ts'
import { functionMutant, likelyFoundBy, type Mutant } from './mutant.ts'

type Kind = Op['kind']
type Of<K extends Kind> = Extract<Op, { kind: K }>

function rewrite(body: readonly Statement[], change: (statement: Statement) => Statement): Statement[] {
  return body.map((statement) =>
    statement.kind === 'loop' ? change({ ...statement, body: rewrite(statement.body, change) }) : change(statement),
  )
}

function programMutant(name: string, change: (statement: Statement, program: LoopProgram) => Statement): Mutant {
  return functionMutant(`program: ${name}`, lowerKernel, (lower) => (kernel, target) => {
    const program = lower(kernel, target)
    return { ...program, body: rewrite(program.body, (statement) => change(statement, program)) }
  })
}

/** Changes every operation of one kind. */
function operations<K extends Kind>(name: string, kind: K, change: (op: Of<K>, program: LoopProgram) => Op): Mutant {
  return programMutant(name, (statement, program) =>
    statement.kind === kind ? change(statement as Of<K>, program) : statement,
  )
}

const moved = <T extends { readonly address: { readonly offset: number } }>(op: T, by: number): T => ({
  ...op,
  address: { ...op.address, offset: op.address.offset + by },
})

function withoutLanes<T extends { readonly lanes?: number }>({ lanes: _, ...op }: T): Omit<T, 'lanes'> {
  return op
}

function withoutStep<T extends { readonly step?: number }>({ step: _, ...op }: T): Omit<T, 'step'> {
  return op
}

/** The first two terms of an address with each other's strides. */
function exchanged<T extends Of<'load'> | Of<'store'>>(op: T): T {
  const [a, b, ...rest] = op.address.terms
  if (a === undefined || b === undefined) return op
  return { ...op, address: { ...op.address, terms: [[a[0], b[1]], [b[0], a[1]], ...rest] } }
}

const mutants: readonly Mutant[] = [
  operations('tails are stored one lane short', 'store', (op) =>
    op.lanes === undefined ? op : { ...op, lanes: Math.max(0, op.lanes - 1) },
  ),
  operations('tails are stored one lane too far', 'store', (op, { lanes }) =>
    op.lanes === undefined ? op : { ...op, lanes: Math.min(lanes, op.lanes + 1) },
  ),
  operations('tails are stored whole', 'store', (op) => withoutLanes(op)),
  operations('strided tails are loaded one lane short', 'load', (op) =>
    op.lanes === undefined || op.step === undefined ? op : { ...op, lanes: op.lanes - 1 },
  ),
  operations('gathered tails are loaded one lane short', 'load', (op) =>
    op.lanes === undefined || op.address.index === undefined ? op : { ...op, lanes: op.lanes - 1 },
  ),
  operations('strided loads are contiguous', 'load', (op) => withoutStep(op)),
  operations('strided stores are contiguous', 'store', (op) => withoutStep(op)),
  operations('loads are one element late', 'load', (op) => moved(op, 1)),
  operations('stores are one element late', 'store', (op) => moved(op, 1)),
  operations('splats are one element late', 'splat', (op) => moved(op, 1)),
  operations('splats load neighbours', 'splat', ({ to, address }) => ({ kind: 'load', to, address })),
  operations('strides of two loops are exchanged in loads', 'load', exchanged),
  operations('strides of two loops are exchanged in stores', 'store', exchanged),
  operations('a loop does not move loads', 'load', (op) => ({
    ...op,
    address: { ...op.address, terms: op.address.terms.slice(1) },
  })),
  operations('a loop does not move splats', 'splat', (op) => ({
    ...op,
    address: { ...op.address, terms: op.address.terms.slice(1) },
  })),
  programMutant('loops end one iteration early', (statement) =>
    statement.kind === 'loop' && typeof statement.extent === 'number'
      ? { ...statement, extent: statement.extent - 1 }
      : statement,
  ),
  programMutant('loops run one iteration too long', (statement) =>
    statement.kind === 'loop' && typeof statement.extent === 'number'
      ? { ...statement, extent: statement.extent + 1 }
      : statement,
  ),
  operations('folds forget a part', 'fold', (op) => ({ ...op, parts: op.parts.map(() => op.parts[0] as number) })),
  operations('folds add instead of comparing', 'fold', (op) => ({ ...op, op: 'add' })),
  operations('masks let one lane more through', 'lanes', (op, { lanes }) => ({ ...op, n: Math.min(lanes, op.n + 1) })),
  operations('masks let one lane less through', 'lanes', (op) => ({ ...op, n: op.n - 1 })),
  operations('multiply-adds forget the sum', 'fma', ({ to, a, b }) => ({ kind: 'binary', op: 'multiply', to, a, b })),
  operations('positions are one too large', 'index', (op) => ({ ...op, offset: op.offset + 1 })),
  operations('positions are alike in all lanes', 'index', (op) => ({ ...op, step: 0 })),
  operations('gathers forget their stride', 'load', (op) =>
    op.address.index === undefined
      ? op
      : { ...op, address: { ...op.address, index: { ...op.address.index, stride: op.address.index.stride + 1 } } },
  ),
  operations('limits above are not kept', 'binary', (op) =>
    op.op === 'min' ? { kind: 'move', to: op.to, from: op.a } : op,
  ),
  operations('limits below are not kept', 'binary', (op) =>
    op.op === 'max' ? { kind: 'move', to: op.to, from: op.a } : op,
  ),
  operations('choices are exchanged', 'select', (op) => ({ ...op, x: op.y, y: op.x })),
  operations('less is less or equal', 'select', (op) => (op.compare === 'less' ? { ...op, compare: 'lessEqual' } : op)),
  operations('less or equal is less', 'select', (op) => (op.compare === 'lessEqual' ? { ...op, compare: 'less' } : op)),
  operations('sums start where the last one ended', 'move', (op) => ({ ...op, from: op.to })),
  operations('constants are off by a thousandth', 'constant', (op) => ({ ...op, value: op.value * 1.001 })),
  operations('shifts go one bit too far', 'shift', (op) => ({ ...op, by: op.by + 1 })),
  operations('bits are mixed by or instead of exclusive or', 'binary', (op) =>
    op.op === 'xor' ? { ...op, op: 'or' } : op,
  ),
  operations('conversions keep the bits', 'convert', ({ to, from }) => ({ kind: 'reinterpret', to, from })),
]

/** Where to look first, for what the quickest suite seldom meets. */
const likely: Readonly<Record<string, string>> = {
  'program: strided stores are contiguous': 'concat',
  'program: less or equal is less': 'lessEqual',
  'program: masks let one lane less through': 'sum',
}

export const programMutants: readonly Mutant[] = mutants.map((mutant) => {
  const op = likely[mutant.name]
  return op === undefined ? mutant : likelyFoundBy(op, mutant)
})
