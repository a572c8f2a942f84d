// compile(fn): traces a function once per signature of its arguments and turns it, assignments included, into one program.

import type { DType } from '../core/dtype.ts'
import { UsageError } from '../core/errors.ts'
import type { Shape } from '../core/shape.ts'
import { type Executable, type ExecutableReport, nameOfCode } from '../devices/device.ts'
import { currentDevice } from '../devices/registry.ts'
import { type Graph, makeGraph } from '../graph/graph.ts'
import { arrayNode, type InputNode, type Node, type VariableNode } from '../ops/node.ts'
import { LruCache } from './cache.ts'
import {
  checkFinite,
  checkLeaves,
  checkVersion,
  executableFor,
  realizedValue,
  realizeNodes,
  runArguments,
} from './realize.ts'
import { formatForm, putTogether, type Skeleton, takeApart } from './signature.ts'
import { Tensor } from './tensor.ts'
import { currentTrace, randomKey, type Trace, traceEpoch, whileTracing } from './trace.ts'
import { type StoredVariable, Variable } from './variable.ts'

function signatureOf(form: Skeleton, tensors: readonly Tensor[]): string {
  const types = tensors.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ')
  return `${nameOfCode(currentDevice())} ${traceEpoch()} ${types} ${formatForm(form)}`
}

/** A compiled function. */
export interface Compiled<Args extends readonly unknown[], Result> {
  (...args: Args): Result
  /** One entry per traced signature that is kept (64 at most, the longest unused first): kernels, bytes of scratch, and the bytes that all intermediates would take without sharing. */
  readonly reports: readonly ExecutableReport[]
}

/** One traced signature: what to run, and how to hand results back. */
interface Traced {
  readonly graph: Graph
  /** Variables below tensors from outside, which must still hold what they held when those tensors were made. */
  readonly captured: readonly VariableNode[]
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
  checkSynchronous(result)
  const found: Tensor[] = []
  const outputForm = takeApart(result, 'gives', found)
  // A variable that is returned gives its value at the end of the trace.
  const outputs = found.map((tensor) => (tensor instanceof Variable ? finalNode(tensor, trace) : tensor.node))
  const assignments = [...trace.assigned].map(([variable, value]) => ({ variable, value }))
  const graph = makeGraph(outputs, assignments)
  checkLeaves(graph, inputs)
  const captured = graph.order.filter(
    (node): node is VariableNode => node.kind === 'variable' && !trace.mentioned.has(node.variable),
  )
  return {
    graph,
    captured,
    executable: executableFor(graph),
    form: outputForm,
    outputs: outputs.map(({ shape, dtype }) => ({ shape, dtype })),
  }
}

function checkSynchronous(result: unknown): void {
  if (!(result instanceof Promise)) return
  // It runs on, outside of the trace, and may fail: that must not end the process.
  result.catch(() => undefined)
  throw new UsageError('a compiled function must not be async: graph building and calls are synchronous')
}

function finalNode(variable: Variable, { assigned, mentioned }: Trace): Node {
  const { node } = variable
  if (node.kind !== 'variable') return node
  mentioned.add(node.variable)
  return assigned.get(node.variable) ?? node
}

/**
 * Compiles a function of tensors. It is traced once per signature (shapes, dtypes, other arguments); later calls do no graph work: they
 * copy the arguments in, run the program, and copy the results out. Numbers inside the function are fixed when it is traced; what must
 * change from call to call is an argument tensor, a variable, or `hostScalar(() => value)`. Called while another function is traced, it
 * becomes a part of that one, as the plain function would. Arguments and results are tensors, numbers, strings, booleans, null,
 * undefined, and arrays and plain objects of them; variables are captured, not passed. Throws UsageError on anything else.
 */
export function compile<Args extends readonly unknown[], Result>(
  fn: (...args: Args) => Result,
): Compiled<Args, Result> {
  const signatures = new LruCache<Traced>(64)
  const run = (...args: Args): Result => {
    const tensors: Tensor[] = []
    const form = takeApart(args, 'takes', tensors)
    if (currentTrace() !== undefined) {
      const result = fn(...args)
      checkSynchronous(result)
      return result
    }
    const signature = signatureOf(form, tensors)
    let traced = signatures.get(signature)
    if (traced === undefined) {
      traced = trace(fn, form, tensors)
      signatures.set(signature, traced)
    }
    return call(traced, tensors) as Result
  }
  const get = (): ExecutableReport[] => signatures.values().map(({ executable }) => executable.report)
  return Object.defineProperty(run, 'reports', { get }) as Compiled<Args, Result>
}

function call({ graph, captured, executable, form, outputs }: Traced, tensors: readonly Tensor[]): unknown {
  for (const node of captured) checkVersion(node)
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
