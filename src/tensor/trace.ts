// The trace that a compiled function is recorded in: what its variables hold at this point, which assignments it makes, its random streams.

import { type Node, type ScalarNode, scalarNode, type VariableState } from '../ops/node.ts'

export class Trace {
  /** Current value of each variable that was assigned so far. */
  readonly assigned: Map<VariableState, Node> = new Map()
  /** Variables whose value was asked for in this trace; others in its graph come with tensors from outside. */
  readonly mentioned: Set<VariableState> = new Set()
  readonly seed: ScalarNode = scalarNode(() => randomKey.seed, 'i32')
  readonly call: ScalarNode = scalarNode(() => randomKey.call, 'i32')
  streams: number = 0
}

/** The key of random numbers inside programs: a seed, and a counter that each compiled call and each draw outside advances. */
export const randomKey: { seed: number; call: number } = { seed: 0, call: 0 }

let current: Trace | undefined

export function currentTrace(): Trace | undefined {
  return current
}

/** Runs `body` while its graph is recorded. There is one trace at a time: compiled functions inside it are called as plain ones. */
export function whileTracing<T>(body: (trace: Trace) => T): { trace: Trace; result: T } {
  const trace = new Trace()
  current = trace
  try {
    return { trace, result: body(trace) }
  } finally {
    current = undefined
  }
}

let epoch = 0

/** Grows when something changes that a trace has seen as fixed: train and eval mode, freezing, edits of modules. */
export function traceEpoch(): number {
  return epoch
}

/** Makes compiled functions trace again at their next call. */
export function bumpTraceEpoch(): void {
  epoch++
}

/** Seeds the random numbers of programs (dropout, `random`). Data order and initial weights take their own seeds. */
export function seedRandom(seed: number): void {
  randomKey.seed = seed | 0
  randomKey.call = 0
}
