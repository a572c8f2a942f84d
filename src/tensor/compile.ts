// compile(fn): traces a function once per signature of its arguments and turns it, assignments included, into one program.

import type { DType } from '../core/dtype.ts'
import { UsageError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import type { Executable, ExecutableReport } from '../devices/device.ts'
import { currentDevice } from '../devices/registry.ts'
import { type Graph, makeGraph } from '../graph/graph.ts'
import { arrayNode, type InputNode, type Node } from '../ops/node.ts'
import { LruCache } from './cache.ts'
import { checkFinite, executableFor, realizedValue, realizeNodes, runArguments } from './realize.ts'
import { Tensor } from './tensor.ts'
import { randomKey, traceEpoch, whileTracing } from './trace.ts'
import { type StoredVariable, Variable } from './variable.ts'

/** What compiled functions take and give: tensors, and arrays and records of them. Anything else among the arguments is part of the signature. */
export type Tree =
  | Tensor
  | number
  | string
  | boolean
  | null
  | undefined
  | readonly Tree[]
  | { readonly [key: string]: Tree }

type Skeleton =
  | { readonly tensor: number }
  | { readonly list: readonly Skeleton[] }
  | { readonly record: readonly (readonly [string, Skeleton])[] }
  | { readonly other: unknown }

/** Takes a tree apart: its tensors in order, and its form. */
function takeApart(tree: unknown, tensors: Tensor[]): Skeleton {
  if (tree instanceof Tensor) return { tensor: tensors.push(tree) - 1 }
  if (Array.isArray(tree)) return { list: tree.map((item) => takeApart(item, tensors)) }
  if (typeof tree === 'object' && tree !== null && Object.getPrototypeOf(tree) === Object.prototype) {
    return { record: Object.entries(tree).map(([key, item]) => [key, takeApart(item, tensors)] as const) }
  }
  return { other: tree }
}

/** Puts a tree together again, with other tensors. */
function putTogether(form: Skeleton, tensors: readonly Tensor[]): unknown {
  if ('tensor' in form) return tensors[form.tensor]
  if ('list' in form) return form.list.map((item) => putTogether(item, tensors))
  if ('record' in form) return Object.fromEntries(form.record.map(([key, item]) => [key, putTogether(item, tensors)]))
  return form.other
}

function signatureOf(form: Skeleton, tensors: readonly Tensor[]): string {
  const types = tensors.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ')
  const text = JSON.stringify(form, (_, value: unknown) => {
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw new UsageError(
        'a compiled function takes tensors, numbers, strings, booleans, arrays and plain objects, not functions',
      )
    }
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
  })
  return `${currentDevice().name} ${traceEpoch()} ${types} ${text}`
}

/** A compiled function. */
export interface Compiled<Args extends readonly unknown[], Result> {
  (...args: Args): Result
  /** One entry per traced signature: kernels, bytes of scratch, and the bytes that all intermediates would take without sharing. */
  readonly reports: readonly ExecutableReport[]
}

/** One traced signature: what to run, and how to hand results back. */
interface Traced {
  readonly graph: Graph
  readonly executable: Executable
  readonly form: Skeleton
  readonly outputs: readonly { readonly shape: Shape; readonly dtype: DType }[]
}

function trace(fn: (...args: never[]) => unknown, form: Skeleton, tensors: readonly Tensor[]): Traced {
  const inputs = tensors.map(
    ({ shape, dtype }, index): InputNode => ({ kind: 'input', inputs: [], shape, dtype, index }),
  )
  const { trace, result } = whileTracing(() =>
    fn(
      ...(putTogether(
        form,
        inputs.map((node) => new Tensor(node)),
      ) as never[]),
    ),
  )
  if (result instanceof Promise)
    throw new UsageError('a compiled function must not be async: graph building and calls are synchronous')
  const found: Tensor[] = []
  const outputForm = takeApart(result, found)
  // A variable that is returned gives its value at the end of the trace.
  const outputs = found.map((tensor) => (tensor instanceof Variable ? finalNode(tensor, trace.assigned) : tensor.node))
  const assignments = [...trace.assigned].map(([variable, value]) => ({ variable, value }))
  const graph = makeGraph(outputs, assignments)
  return {
    graph,
    executable: executableFor(graph),
    form: outputForm,
    outputs: outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  }
}

function finalNode(variable: Variable, assigned: ReadonlyMap<unknown, Node>): Node {
  const { node } = variable
  return node.kind === 'variable' ? (assigned.get(node.variable) ?? node) : node
}

/**
 * Compiles a function of tensors. It is traced once per signature (shapes, dtypes, other arguments); later calls do no graph work: they
 * copy the arguments in, run the program, and copy the results out. Numbers inside the function are fixed when it is traced; what must
 * change from call to call is an argument tensor, a variable, or `hostScalar(() => value)`.
 */
export function compile<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
): Compiled<Args, Result> {
  const signatures = new LruCache<Traced>(64)
  const reports: ExecutableReport[] = []
  const run = (...args: Args): Result => {
    const tensors: Tensor[] = []
    const form = takeApart(args, tensors)
    const signature = signatureOf(form, tensors)
    let traced = signatures.get(signature)
    if (traced === undefined) {
      traced = trace(fn, form, tensors)
      signatures.set(signature, traced)
      reports.push(traced.executable.report)
    }
    return call(traced, tensors) as Result
  }
  return Object.assign(run, { reports })
}

function call({ graph, executable, form, outputs }: Traced, tensors: readonly Tensor[]): unknown {
  const nodes = tensors.map(({ node }) => node)
  realizeNodes(nodes)
  const args = runArguments(graph, nodes.map(realizedValue))
  checkFinite(graph, args)
  const results = executable.run(args)
  for (const { variable } of graph.assignments) (variable as StoredVariable).version++
  randomKey.call++
  const values = results.map(
    (result, i) => new Tensor(arrayNode(result, (outputs[i] as Tensor).shape, (outputs[i] as Tensor).dtype)),
  )
  return putTogether(form, values)
}
