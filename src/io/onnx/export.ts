// A module as an ONNX file: its forward is traced, and each op of the graph is written as nodes of ONNX.

import { UsageError } from '../../core/errors.ts'
import { type HostDType, type HostTensor, hostTensor } from '../../core/host-tensor.ts'
import { equalShapes, formatShape, type Shape } from '../../core/shape.ts'
import type { Module } from '../../nn/module.ts'
import { type InputNode, type Node, topologicalOrder, type VariableState } from '../../ops/node.ts'
import { Tensor } from '../../tensor/tensor.ts'
import { whileTracing } from '../../tensor/trace.ts'
import { type Arrangement, arrangementsOf, checkFlattened, toPytorch } from '../layout.ts'
import { layoutKey } from '../layout-mark.ts'
import { weightsOf } from '../module-weights.ts'
import { exporters } from './exporters.ts'
import { channelsFirst, GraphWriter, straightOrder, type Written } from './graph-writer.ts'
import { inverse } from './value.ts'
import { writeModel } from './write-model.ts'

export interface WriteOnnxOptions {
  /** Shape of one sample: [H, W, C] for images, which the file takes as [N, C, H, W]. */
  readonly input: Shape
  /** How many samples the file takes at a time (default: any number where the network allows it, else 1). */
  readonly batch?: number
  /** Name of the graph in the file (default: that of the module's class). */
  readonly name?: string
  /** Free text that goes with the network. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** The version of the operators that is written. */
const opset = 17

/**
 * The bytes of an ONNX file that computes what the module's `forward` does in eval mode, with its weights, which keep their names and have
 * PyTorch's layout. Images are [N, C, H, W], as ONNX has them.
 * Throws UsageError for a module whose forward is no network of one input: random numbers, values of other inputs.
 *
 * ```ts
 * const bytes = await writeOnnx(createModel('resnet18'), { input: [224, 224, 3] })
 * ```
 */
export async function writeOnnx(module: Module, options: WriteOnnxOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { input, batch } = options
  const graph = { name: options.name ?? module.constructor.name, metadata: options.metadata ?? {} }
  // A number of samples that no extent of a network is likely to have shows what depends on it.
  const open = batch === undefined ? await written(module, [openBatch, ...input], graph) : undefined
  return (open ?? (await written(module, [batch ?? 1, ...input], graph, true))) as Uint8Array<ArrayBuffer>
}

const openBatch = 7

/** The file, or undefined where it depends on the number of samples and must not. */
async function written(
  module: Module,
  shape: Shape,
  { name, metadata }: { readonly name: string; readonly metadata: Readonly<Record<string, string>> },
  mayBeFixed = false,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { input, output } = traced(module, shape)
  const graph = new GraphWriter()
  const values = new Map<Node, Written>()
  const order = shape.length === 4 ? channelsFirst : straightOrder(shape.length)
  values.set(input, { name: 'input', order, shape, computed: true })
  const leaves = await leafWriter(module, graph, shape[0] as number)
  const value = (node: Node): Written => graph.whole(narrow(node), node.shape)
  const narrow = (node: Node): Written => {
    const known = values.get(node)
    if (known !== undefined) return known
    const made = node.kind === 'op' && node.result === undefined ? fromOp(node) : leaves(node)
    values.set(node, made)
    return made
  }
  const fromOp = (node: Node & { kind: 'op' }): Written => {
    const exporter = exporters[node.op.name]
    if (exporter === undefined)
      throw new UsageError(
        `${name} cannot be written as ONNX: it computes ${node.op.name}, which has no counterpart there`,
      )
    return exporter(node, graph, value, narrow)
  }
  for (const node of wanted(output)) narrow(node)
  const result = value(output)
  const outputOrder = result.shape.length === 4 ? channelsFirst : straightOrder(result.shape.length)
  graph.nodes.push({
    operator: 'Identity',
    name: 'output',
    inputs: [graph.arranged(result, outputOrder)],
    outputs: ['output'],
    attributes: {},
  })
  if (graph.fixed && !mayBeFixed) return undefined
  const extents = (of: Shape, axes: readonly number[]): (number | string)[] =>
    axes.map((axis, i) => (i === 0 && !mayBeFixed ? 'N' : (of[axis] as number)))
  return writeModel({
    opset,
    graph: name,
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: [{ name: 'input', shape: extents(shape, order) }],
    outputs: [{ name: 'output', shape: extents(result.shape, outputOrder) }],
    metadata: { ...metadata, [layoutKey]: 'pytorch' },
  })
}

function traced(module: Module, shape: Shape): { input: InputNode; output: Node } {
  const input: InputNode = { kind: 'input', inputs: [], shape, dtype: 'f32', index: 0 }
  const resume = module.pauseTraining()
  try {
    return { input, output: whileTracing(() => module.forward(new Tensor(input))).result.node }
  } finally {
    resume()
  }
}

/** Nodes in an order in which each finds its inputs written, so that deep networks need no deep recursion. */
function wanted(output: Node): Node[] {
  return topologicalOrder([output]).filter((node) => node.kind === 'op' && !takenIn.includes(node.op.name))
}

/** Written only when they are asked for: windows and paddings often become attributes of others. */
const takenIn = ['windows', 'pad', 'sum']

/** Writes constants and variables, which keep their names and are arranged as PyTorch does. A constant for each sample fixes their number. */
async function leafWriter(module: Module, graph: GraphWriter, samples: number): Promise<(node: Node) => Written> {
  checkFlattened(module)
  const weights = await weightsOf(module)
  const arrangements = arrangementsOf(module)
  const names = new Map<VariableState, string>()
  for (const [name, { node }] of module.namedVariables()) if (node.kind === 'variable') names.set(node.variable, name)
  return (node) => {
    const straight = { order: straightOrder(node.shape.length), shape: node.shape, computed: false }
    if (node.kind === 'variable') {
      const name = names.get(node.variable)
      const weight = name === undefined ? undefined : weights.get(name)
      if (name === undefined || weight === undefined)
        throw new UsageError(
          `the variable ${node.variable.label} of ${formatShape(node.shape)} is no part of the module`,
        )
      const arrangement = arrangements.get(name)
      if (arrangement !== undefined) return arranged(graph, name, weight, arrangement)
      return { name: graph.weight(name, weight), ...straight }
    }
    if (node.kind === 'literal')
      return { name: graph.constant(scalar(node.value, node.dtype as HostDType)), ...straight }
    const data = node.kind === 'array' ? node.data : node.kind === 'op' ? node.result : undefined
    if (data === undefined) throw new UsageError(`a network that asks the host for numbers cannot be written as ONNX`)
    if (node.shape[0] === samples) graph.fixed = true
    return { name: graph.constant(hostTensor(node.dtype as HostDType, node.shape, data)), ...straight }
  }
}

function scalar(value: number, dtype: HostDType): HostTensor {
  const data = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array, bool: Uint8Array }[dtype].of(
    value,
  )
  return hostTensor(dtype, [], data)
}

/** The weight as PyTorch arranges it; where only its axes lie otherwise, nothing more is written. */
function arranged(graph: GraphWriter, name: string, weight: HostTensor, arrangement: Arrangement): Written {
  const { shape, unfolded, axes, own } = arrangement
  graph.weight(name, toPytorch(weight, arrangement))
  const order = inverse(axes)
  const permuted = axes.map((axis) => unfolded[axis] as number)
  const whole: Written = { name, order: straightOrder(shape.length), shape, computed: false }
  const apart = equalShapes(shape, unfolded) ? whole : graph.reshaped(whole, unfolded)
  const lying: Written = { ...apart, order, shape: permuted }
  return equalShapes(permuted, own) ? lying : graph.reshaped(lying, own)
}
