// The truth: evaluates the graph op by op with the op table's own functions. Never sees fusion, memory plans or code.

import { allocateArray, bytesOf, type DType, type TypedArray } from '../core/dtype.ts'
import { UsageError } from '../core/errors.ts'
import { sizeOf } from '../core/shape.ts'
import { type Graph, type HostLeaf, isHostLeaf } from '../graph/graph.ts'
import type { LiteralNode, OpNode } from '../ops/node.ts'
import type { Device, Executable, RunArguments, Storage } from './device.ts'

class HostStorage implements Storage {
  readonly dtype: DType
  readonly length: number
  #data: TypedArray

  constructor(dtype: DType, length: number) {
    this.dtype = dtype
    this.length = length
    this.#data = allocateArray(dtype, length)
  }

  write(data: TypedArray): void {
    this.#data = data.slice()
  }

  fill(fill: (values: TypedArray) => void): void {
    const data = allocateArray(this.dtype, this.length)
    fill(data)
    this.#data = data
  }

  read(): TypedArray {
    return this.#data.slice()
  }
}

/** Called after each op with its value; the NaN search of the debug switch uses it. */
export type Observer = (node: OpNode, value: TypedArray, inputs: readonly TypedArray[]) => void

type Values = readonly TypedArray[]
/** Computes one value from the values before it. */
type Step = (values: Values, args: RunArguments, observe: Observer | undefined) => TypedArray

/** One step per node, fixed now: the nodes themselves change when their values are kept. */
function planSteps(graph: Graph): Step[] {
  const number = new Map(graph.order.map((node, i) => [node, i]))
  return graph.order.map((node): Step => {
    if (isHostLeaf(node)) {
      const position = graph.inputs.indexOf(node as HostLeaf)
      return (_, args) => args.inputs[position] as TypedArray
    }
    switch (node.kind) {
      case 'variable': {
        const position = graph.variables.indexOf(node.variable)
        return (_, args) => (args.variables[position] as Storage).read()
      }
      case 'scalar': {
        const position = graph.scalars.indexOf(node)
        return (_, args) => allocateArray(node.dtype, 1).fill(args.scalars[position] as number)
      }
      case 'op':
        return evaluation(
          node,
          node.inputs.map((input) => number.get(input) as number),
        )
      default:
        return () => allocateArray(node.dtype, 1).fill((node as LiteralNode).value)
    }
  })
}

function evaluation(node: OpNode, from: readonly number[]): Step {
  const { shape, dtype, op, attributes } = node
  const types = node.inputs.map((input) => ({ shape: input.shape, dtype: input.dtype }))
  return (values, _, observe) => {
    const operands = types.map((type, i) => ({ ...type, data: values[from[i] as number] as TypedArray }))
    const data = allocateArray(dtype, sizeOf(shape))
    op.evaluate(operands, { shape, dtype, data }, attributes)
    observe?.(
      node,
      data,
      operands.map((operand) => operand.data),
    )
    return data
  }
}

function runSteps(steps: readonly Step[], args: RunArguments, observe?: Observer): TypedArray[] {
  const values: TypedArray[] = []
  for (const step of steps) values.push(step(values, args, observe))
  return values
}

/** Evaluates a graph op by op and shows each op's value to `observe`; changes nothing. */
export function observeGraph(graph: Graph, args: RunArguments, observe: Observer): void {
  runSteps(planSteps(graph), args, observe)
}

class ReferenceExecutable implements Executable {
  readonly report: Executable['report']
  readonly #steps: readonly Step[]
  readonly #outputs: readonly number[]
  readonly #assignments: readonly { readonly variable: number; readonly value: number }[]

  constructor(graph: Graph) {
    const bytes = graph.order.reduce((sum, { shape, dtype }) => sum + sizeOf(shape) * bytesOf(dtype), 0)
    this.report = { kernels: graph.order.length, scratch: bytes, unplanned: bytes, codeBytes: 0 }
    this.#steps = planSteps(graph)
    this.#outputs = graph.outputs.map((node) => graph.order.indexOf(node))
    this.#assignments = graph.assignments.map(({ variable, value }) => ({
      variable: graph.variables.indexOf(variable),
      value: graph.order.indexOf(value),
    }))
  }

  run(args: RunArguments): TypedArray[] {
    const values = runSteps(this.#steps, args)
    const outputs = this.#outputs.map((i) => (values[i] as TypedArray).slice())
    for (const { variable, value } of this.#assignments) {
      ;(args.variables[variable] as Storage).write(values[value] as TypedArray)
    }
    return outputs
  }
}

export function createReferenceDevice(): Device {
  return {
    name: 'reference',
    numberClass: 'f64 accumulation',
    threads: 1,
    useThreads: async (count) => {
      if (count !== 1) throw new UsageError(`init: threads is ${count}; the reference device runs on 1 thread`)
    },
    compile: (graph) => new ReferenceExecutable(graph),
    createStorage: (dtype, length) => new HostStorage(dtype, length),
  }
}
