// Layer summary: what each layer of a model gives, how many parameters it has and how much work it is.

import { bytesOf } from '../core/dtype.ts'
import { UsageError } from '../core/errors.ts'
import { formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { type Node, topologicalOrder } from '../ops/node.ts'
import { full } from '../tensor/creation.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { Variable } from '../tensor/variable.ts'
import type { Module } from './module.ts'
import { Normalization } from './normalization.ts'
import { Parameter } from './parameter.ts'
import { printAsText } from './print-as-text.ts'
import { textTable } from './text-table.ts'

/**
 * Parameters, work and memory. Multiply-adds count pairs, and of a norm one per scale; FLOPs count each arithmetic operation, so a dot
 * product of K terms is 2K - 1.
 */
export interface Work {
  readonly parameters: number
  /** Per sample. */
  readonly multiplyAdds: number
  /** Per sample. */
  readonly flops: number
  /**
   * Bytes of the outputs, for the whole batch. An output that is another's, or the same under another shape, counts once. It is what a training
   * step keeps for the gradients at most.
   */
  readonly activationBytes: number
}

/** One call of a layer; work that its inner layers do is counted with them. */
export interface LayerSummary extends Work {
  /** Name inside the model, empty for the model itself. */
  readonly name: string
  /** Class of the module, or name of the function. */
  readonly type: string
  /** How many modules it is inside of. */
  readonly depth: number
  /** Shape of its weight: [in, out] of a dense layer, [kh, kw, in/groups, out] of a convolution. */
  readonly kernel: Shape | undefined
  readonly output: Shape
}

/** Layers in the order in which they run, and their total. Printed as a table; `JSON.stringify` gives the same as data. */
export class Summary {
  readonly input: Shape
  readonly layers: readonly LayerSummary[]
  readonly total: Work

  constructor(input: Shape, layers: readonly LayerSummary[]) {
    this.input = input
    this.layers = layers
    const add = (of: (layer: LayerSummary) => number): number => layers.reduce((sum, layer) => sum + of(layer), 0)
    this.total = {
      parameters: add(({ parameters }) => parameters),
      multiplyAdds: add(({ multiplyAdds }) => multiplyAdds),
      flops: add(({ flops }) => flops),
      activationBytes: add(({ activationBytes }) => activationBytes),
    }
  }

  toJSON(): { readonly input: Shape; readonly layers: readonly LayerSummary[]; readonly total: Work } {
    const { input, layers, total } = this
    return { input, layers, total }
  }

  toString(): string {
    const right = true
    const columns = [
      { title: 'layer' },
      { title: 'kernel' },
      { title: 'output' },
      { title: 'parameters', right },
      { title: 'mult-adds', right },
      { title: 'FLOPs', right },
      { title: 'activation bytes', right },
    ]
    const work = ({ parameters, multiplyAdds, flops, activationBytes }: Work): string[] =>
      [parameters, multiplyAdds, flops, activationBytes].map(grouped)
    const rows = this.layers.map((layer) => {
      const label = layer.name === '' ? layer.type : `${layer.name} ${layer.type}`
      const kernel = layer.kernel === undefined ? '-' : formatShape(layer.kernel)
      return ['  '.repeat(layer.depth) + label, kernel, formatShape(layer.output), ...work(layer)]
    })
    return textTable(columns, rows, [['total', '', '', ...work(this.total)]])
  }
}

printAsText(Summary)

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/**
 * Runs `model` in eval mode on an input of the given shape, without computing any value, and reports its layers. The first axis is
 * the batch: shapes show it, work is per sample.
 * Throws UsageError for a shape without samples, ShapeError where a layer does not take what it gets.
 *
 * ```ts
 * console.log(summary(model, [1, 1024]))
 * ```
 */
export function summary(model: Module, input: Shape): Summary {
  if (!Array.isArray(input)) throw new UsageError(`summary: the input is a shape, as [1, 28, 28, 1]${atSite()}`)
  const samples = input[0] ?? 0
  if (samples < 1)
    throw new UsageError(`summary: the input shape ${formatShape(input)} needs a batch axis of 1 or more`)
  const recorder = new Recorder(model)
  const resume = model.pauseTraining()
  try {
    recorder.run(full(input, 0))
  } finally {
    resume()
  }
  const perSample = (count: number): number => Math.round(count / samples)
  return new Summary(
    input,
    recorder.calls.map(({ name, module, depth, output, multiplyAdds, flops, activationBytes }) => ({
      name,
      type: module.typeName(),
      depth,
      kernel: ownVariables(module).find(({ rank }) => rank >= 2)?.shape,
      output,
      parameters: recorder.countParameters(module),
      multiplyAdds: perSample(multiplyAdds),
      flops: perSample(flops),
      activationBytes,
    })),
  )
}

/** The variables that a module holds itself, not in an inner module. */
function ownVariables(module: Module): Variable[] {
  const inner = new Set([...module.children.values()].flatMap((child) => [...child.namedVariables().values()]))
  return [...module.namedVariables().values()].filter((variable) => !inner.has(variable))
}

interface Call {
  readonly name: string
  readonly module: Module
  readonly depth: number
  output: Shape
  multiplyAdds: number
  flops: number
  activationBytes: number
}

/** Stands in for the `forward` of each module while the model runs once. */
class Recorder {
  readonly calls: Call[] = []
  readonly #model: Module
  readonly #counted = new Set<Variable>()
  /** Values whose memory is counted. */
  readonly #kept = new Set<Node>()
  #depth = 0
  /** Work of the calls inside the one that is open, at each depth. */
  readonly #inner: { multiplyAdds: number; flops: number }[] = []

  constructor(model: Module) {
    this.#model = model
  }

  run(input: Tensor): void {
    const modules = [...this.#model.namedModules()]
    const kept = modules.map(([, module]) => Object.getOwnPropertyDescriptor(module, 'forward'))
    for (const [name, module] of modules) {
      const forward = module.forward.bind(module)
      const value = (...inputs: Tensor[]): Tensor => this.#call(name, module, inputs, forward)
      Object.defineProperty(module, 'forward', { value, configurable: true })
    }
    this.#kept.add(input.node)
    try {
      this.#model.forward(input)
    } finally {
      for (const [i, [, module]] of modules.entries()) {
        const descriptor = kept[i]
        if (descriptor === undefined) Reflect.deleteProperty(module, 'forward')
        else Object.defineProperty(module, 'forward', descriptor)
      }
    }
  }

  #call(name: string, module: Module, inputs: readonly Tensor[], forward: (...inputs: Tensor[]) => Tensor): Tensor {
    const call: Call = { name, module, depth: this.#depth++, output: [], multiplyAdds: 0, flops: 0, activationBytes: 0 }
    this.calls.push(call)
    const inner = { multiplyAdds: 0, flops: 0 }
    this.#inner.push(inner)
    const output = forward(...inputs)
    this.#inner.pop()
    this.#depth--
    const whole = workBetween(
      inputs.map(({ node }) => node),
      output.node,
    )
    call.output = output.shape
    call.activationBytes = this.#memory(output.node)
    const scales = module instanceof Normalization ? (module.weight?.size ?? 0) * (output.shape[0] ?? 1) : 0
    call.multiplyAdds = whole.multiplyAdds - inner.multiplyAdds + scales
    call.flops = whole.flops - inner.flops
    const around = this.#inner.at(-1)
    if (around !== undefined) {
      around.multiplyAdds += whole.multiplyAdds
      around.flops += whole.flops
    }
    return output
  }

  /** Bytes of a value, 0 where they are counted already. */
  #memory(value: Node): number {
    let node = value
    while (node.kind === 'op' && node.op.name === 'reshape') node = node.inputs[0] as Node
    if (this.#kept.has(node)) return 0
    this.#kept.add(node)
    return sizeOf(node.shape) * bytesOf(node.dtype)
  }

  /** Elements of the parameters a module holds itself; those counted before, in another module that shares them, are left out. */
  countParameters(module: Module): number {
    let count = 0
    for (const variable of ownVariables(module)) {
      if (!(variable instanceof Parameter) || this.#counted.has(variable)) continue
      this.#counted.add(variable)
      count += sizeOf(variable.shape)
    }
    return count
  }
}

/** Work of the ops that make `output` from `inputs`, as the op table counts it. */
function workBetween(inputs: readonly Node[], output: Node): { multiplyAdds: number; flops: number } {
  const given = new Set(inputs)
  let multiplyAdds = 0
  let flops = 0
  for (const node of topologicalOrder([output], (node) => (given.has(node) ? [] : node.inputs))) {
    if (node.kind !== 'op' || given.has(node)) continue
    const cost = node.op.cost(node.inputs, node, node.attributes)
    multiplyAdds += cost.multiplyAdds
    flops += cost.flops
  }
  return { multiplyAdds, flops }
}
