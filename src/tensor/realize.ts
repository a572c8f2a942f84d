// Computing values: graphs of what is wanted become programs, programs are cached by structure, and results stay with their nodes.

import { debug } from '../core/debug.ts'
import { allocateArray, type TypedArray } from '../core/dtype.ts'
import { OcellusError, UsageError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { siteLine } from '../core/site.ts'
import { type Executable, nameOfCode, type RunArguments } from '../devices/device.ts'
import { observeGraph } from '../devices/reference.ts'
import { currentDevice } from '../devices/registry.ts'
import { formatGraph, type Graph, type HostLeaf, hostData, makeGraph } from '../graph/graph.ts'
import type { InputNode, Node, OpNode, VariableNode, VariableState } from '../ops/node.ts'
import { LruCache } from './cache.ts'
import type { StoredVariable } from './variable.ts'

/** Programs kept per process; the least recently used go first. */
const programCache = new LruCache<Executable>(256)

/** The program for a graph on the device in use, compiled at most once per structure. */
export function executableFor(graph: Graph): Executable {
  const device = currentDevice()
  const key = `${nameOfCode(device)}\n${graph.key}`
  let executable = programCache.get(key)
  if (executable === undefined) {
    if (debug.graph) console.error(formatGraph(graph))
    executable = device.compile(graph)
    programCache.set(key, executable)
  }
  return executable
}

/** How many programs are cached; for reports and tests. */
export function cachedPrograms(): number {
  return programCache.size
}

/** Values of a node: computed before by `realizeNodes`, or known without computing. */
export function realizedValue(node: Node): TypedArray {
  switch (node.kind) {
    case 'array':
      return node.data
    case 'op':
      return node.result as TypedArray
    case 'literal':
      return allocateArray(node.dtype, 1).fill(node.value)
    case 'scalar':
      return allocateArray(node.dtype, 1).fill(node.read())
    case 'variable':
      checkVersion(node)
      return (node.variable as StoredVariable).values()
    case 'input':
      throw withoutValue()
  }
}

function withoutValue(): UsageError {
  return new UsageError('this tensor is an argument of a function that is being traced; it has no value')
}

/**
 * What a graph starts from must be there: variables hold what they held when they were mentioned, and arguments are those of the
 * function that is compiled, not kept from another one.
 */
export function checkLeaves(graph: Graph, args: readonly InputNode[] = []): void {
  for (const node of graph.order) {
    if (node.kind === 'variable') checkVersion(node)
    if (node.kind === 'input' && !args.includes(node)) throw withoutValue()
  }
}

export function checkVersion({ version, variable }: VariableNode): void {
  if (version === variable.version) return
  throw new UsageError(
    `a value that depends on variable ${variable.label} is read after the variable was assigned; read it before, or compute it again`,
  )
}

export function runArguments(graph: Graph, args: readonly TypedArray[] = []): RunArguments {
  return {
    inputs: graph.inputs.map((leaf) => hostData(leaf, args)),
    scalars: graph.scalars.map((node) => node.read()),
    variables: graph.variables.map((variable) => (variable as StoredVariable).storage()),
  }
}

function isFiniteArray(values: TypedArray): boolean {
  return values.every((value) => Number.isFinite(value))
}

function notFinite(values: TypedArray): number {
  return values.find((value) => !Number.isFinite(value)) as number
}

function describeLeaf(leaf: HostLeaf): string {
  if (leaf.kind === 'input') return `argument ${leaf.index} of the compiled function`
  if (leaf.kind === 'array') return `a given tensor of shape ${formatShape(leaf.shape)}`
  const line = siteLine(leaf.site)
  return `the value of ${leaf.op.name}${line === undefined ? '' : `, at ${line},`}`
}

/** Looks for what a graph starts from that is not finite, and says what it is. */
function checkFiniteLeaves(graph: Graph, args: RunArguments): void {
  const check = (values: TypedArray, what: string): void => {
    if (!isFiniteArray(values)) throw new OcellusError(`${what} holds ${notFinite(values)} before anything is computed`)
  }
  for (const [i, values] of args.inputs.entries()) check(values, describeLeaf(graph.inputs[i] as HostLeaf))
  for (const [i, value] of args.scalars.entries()) check(Float64Array.of(value), `host number ${i}`)
  const mentioned = new Set(graph.order.flatMap((node) => (node.kind === 'variable' ? [node.variable] : [])))
  for (const [i, storage] of args.variables.entries()) {
    const variable = graph.variables[i] as VariableState
    if (mentioned.has(variable)) check(storage.read(), `variable ${variable.label}`)
  }
}

/**
 * Looks for the first value that is not finite: one that the graph starts from, or that of an op whose inputs are finite; only when
 * OCELLUS_DEBUG=nan asks for it.
 */
export function checkFinite(graph: Graph, args: RunArguments): void {
  if (!debug.nan) return
  checkFiniteLeaves(graph, args)
  observeGraph(graph, args, (node, value, inputs) => {
    if (!isFiniteArray(value) && inputs.every(isFiniteArray)) {
      const line = siteLine(node.site)
      throw new OcellusError(
        `${node.op.name} made the first ${notFinite(value)} of this computation${line === undefined ? '' : `, at ${line}`}`,
      )
    }
  })
}

/** Computes what is missing of `nodes`, all in one program. */
export function realizeNodes(nodes: readonly Node[]): void {
  const missing = nodes.filter((node): node is OpNode => node.kind === 'op' && node.result === undefined)
  if (missing.length === 0) return
  const graph = makeGraph(missing)
  checkLeaves(graph)
  const args = runArguments(graph)
  checkFinite(graph, args)
  const results = executableFor(graph).run(args)
  for (const [i, node] of missing.entries()) keepResult(node, results[i] as TypedArray)
}

/** Values read one on top of the other before the history below is let go. */
const longestHistory = 1000

function keepResult(node: OpNode, result: TypedArray): void {
  node.result = result
  node.reads++
  // A loop that makes each value from the last and reads it would keep them all. Values of variables end at the variable by themselves.
  if (node.dependsOnVariable || node.reads < longestHistory || node.inputs.length === 0) return
  node.inputs = []
  node.reads = 0
  node.historyDropped = true
}

/** Runs assignments at once, outside compiled functions. */
export function assignNow(variable: VariableState, value: Node): void {
  const graph = makeGraph([], [{ variable, value }])
  checkLeaves(graph)
  const args = runArguments(graph)
  checkFinite(graph, args)
  executableFor(graph).run(args)
}
