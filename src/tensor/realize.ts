// Computing values: graphs of what is wanted become programs, programs are cached by structure, and results stay with their nodes.

import { debug } from '../core/debug.ts'
import { allocateArray, type TypedArray } from '../core/dtype.ts'
import { OcellusError, UsageError } from '../core/errors.ts'
import { siteLine } from '../core/site.ts'
import type { Executable, RunArguments } from '../devices/device.ts'
import { observeGraph } from '../devices/reference.ts'
import { currentDevice } from '../devices/registry.ts'
import { formatGraph, type Graph, hostData, makeGraph } from '../graph/graph.ts'
import type { Node, OpNode, VariableNode, VariableState } from '../ops/node.ts'
import { LruCache } from './cache.ts'
import type { StoredVariable } from './variable.ts'

/** Programs kept per process; the least recently used go first. */
const programCache = new LruCache<Executable>(256)

/** The program for a graph on the device in use, compiled at most once per structure. */
export function executableFor(graph: Graph): Executable {
  const device = currentDevice()
  const key = `${device.name}\n${graph.key}`
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
      throw new UsageError('this tensor is an argument of a function that is being traced; it has no value')
  }
}

/** Variables mentioned in a graph must still hold what they held then. */
function checkVersions(graph: Graph): void {
  for (const node of graph.order) if (node.kind === 'variable') checkVersion(node)
}

function checkVersion({ version, variable }: VariableNode): void {
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

/** Looks for the first op whose value is not finite although its inputs are; only when OCELLUS_DEBUG=nan asks for it. */
export function checkFinite(graph: Graph, args: RunArguments): void {
  if (!debug.nan) return
  const finite = (values: TypedArray): boolean => values.every((value) => Number.isFinite(value))
  observeGraph(graph, args, (node, value, inputs) => {
    if (!finite(value) && inputs.every(finite)) {
      const bad = value.find((element) => !Number.isFinite(element))
      const line = siteLine(node.site)
      throw new OcellusError(
        `${node.op.name} made the first ${bad} of this computation${line === undefined ? '' : `, at ${line}`}`,
      )
    }
  })
}

/** Computes what is missing of `nodes`, all in one program. */
export function realizeNodes(nodes: readonly Node[]): void {
  const missing = nodes.filter((node): node is OpNode => node.kind === 'op' && node.result === undefined)
  if (missing.length === 0) return
  const graph = makeGraph(missing)
  checkVersions(graph)
  const args = runArguments(graph)
  checkFinite(graph, args)
  const results = executableFor(graph).run(args)
  for (const [i, node] of missing.entries()) keepResult(node, results[i] as TypedArray)
}

function keepResult(node: OpNode, result: TypedArray): void {
  node.result = result
  // Without a variable below, nothing will ask for gradients through a value that was read: let its history go.
  if (!node.dependsOnVariable) node.inputs = []
}

/** Runs assignments at once, outside compiled functions. */
export function assignNow(variable: VariableState, value: Node): void {
  const graph = makeGraph([], [{ variable, value }])
  checkVersions(graph)
  const args = runArguments(graph)
  checkFinite(graph, args)
  executableFor(graph).run(args)
}
