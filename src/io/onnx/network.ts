// A network in an ONNX file as a module: its forward computes the graph of the file.

import { FormatError, OcellusError, UsageError } from '../../core/errors.ts'
import type { HostTensor } from '../../core/host-tensor.ts'
import { Module } from '../../nn/module.ts'
import { Parameter } from '../../nn/parameter.ts'
import { type Tensor, tensor } from '../../tensor/tensor.ts'
import { Variable } from '../../tensor/variable.ts'
import type { OnnxModel, OnnxNode, OnnxValueInfo } from './model.ts'
import { asValues, OnnxCall } from './operator.ts'
import { operators, readsKnownValues } from './operators.ts'
import { readModel } from './read-model.ts'
import { kernelOrder, Value } from './value.ts'

/** A value of the graph that comes with the file. */
interface Weight {
  readonly variable: Variable
  readonly order: readonly number[] | undefined
}

/**
 * The network in an ONNX file. `forward` takes what the file calls its inputs and gives its first output, with the axes of the file: images are
 * [N, C, H, W]. Weights are parameters under their names in the file; kernels of convolutions are kept as [kh, kw, I, O].
 * A file that was made for one sample takes any number of them.
 *
 * ```ts
 * const network = readOnnx(await file.bytes(), { file: 'mnist-8.onnx' })
 * const logits = network.forward(images)   // [N, 1, 28, 28] to [N, 10]
 * ```
 */
export class OnnxNetwork extends Module {
  readonly model: OnnxModel
  readonly #file: string
  readonly #weights: ReadonlyMap<string, Weight>
  readonly #variables: Record<string, Variable>

  constructor(model: OnnxModel, file: string) {
    super()
    checkOperators(model, file)
    this.model = model
    this.#file = file
    this.#weights = weightsOf(model)
    this.#variables = Object.fromEntries([...this.#weights].map(([name, { variable }]) => [name, variable]))
  }

  /** Weights by their names in the file. */
  protected override parts(): object {
    return this.#variables
  }

  /** What the file says of its inputs. */
  get inputs(): readonly OnnxValueInfo[] {
    return this.model.inputs
  }

  get outputs(): readonly OnnxValueInfo[] {
    return this.model.outputs
  }

  /** The first output. Throws UsageError for inputs of another number or shape than the file says. */
  override forward(...inputs: Tensor[]): Tensor {
    return this.compute(inputs)[0] as Tensor
  }

  /** All outputs. */
  compute(inputs: readonly Tensor[]): Tensor[] {
    const values = new Map<string, Value>()
    const samples = this.#bind(inputs, values)
    for (const [name, host] of this.model.initializers) {
      const order = this.#weights.get(name)?.order
      const variable = this.#variables[name]
      values.set(
        name,
        variable === undefined ? new Value(host) : order ? new Value(variable, order) : new Value(variable),
      )
    }
    for (const node of this.model.nodes) this.#run(node, values, samples)
    return this.outputs.map(({ name }) => this.#value(name, values, 'the graph').tensor)
  }

  /** Gives the inputs their values; says how many times more samples there are than the file was made for. */
  #bind(inputs: readonly Tensor[], values: Map<string, Value>): number {
    if (inputs.length !== this.inputs.length) {
      const names = this.inputs.map(({ name }) => name).join(', ')
      throw new UsageError(`${this.#file} takes ${this.inputs.length} inputs (${names}), not ${inputs.length}`)
    }
    let samples = 1
    for (const [i, { name, shape }] of this.inputs.entries()) {
      const given = inputs[i] as Tensor
      const fits = shape?.every(
        (extent, axis) => typeof extent === 'string' || extent === given.shape[axis] || axis === 0,
      )
      const whole = shape === undefined || (shape.length === given.rank && fits)
      const made = shape?.[0]
      if (!whole || (typeof made === 'number' && made !== 1 && made > 0 && made !== given.shape[0])) {
        throw new UsageError(
          `${this.#file}: input ${name} has the shape [${shape?.join(', ')}] in the file, and [${given.shape.join(', ')}] was given`,
        )
      }
      if (made === 1) samples = given.shape[0] ?? 1
      values.set(name, new Value(given))
    }
    return samples
  }

  #run(node: OnnxNode, values: Map<string, Value>, samples: number): void {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : this.#value(name, values, `node ${node.name}`)))
    const call = new OnnxCall(node, inputs, { opset: this.model.opset, samples, file: this.#file })
    const operator = operators[node.operator] ?? call.fail('this operator is not known')
    const results = namingNode(call, () => asValues(operator(call)))
    for (const [i, name] of node.outputs.entries()) {
      const result = results[i]
      if (result !== undefined) values.set(name, result)
    }
  }

  #value(name: string, values: ReadonlyMap<string, Value>, user: string): Value {
    const value = values.get(name)
    if (value !== undefined) return value
    throw new FormatError(`${this.#file}: ${user}: there is no value '${name}' when it is needed`)
  }
}

/** What the tensors complain about, with the file and the node in front. */
function namingNode<Result>(call: OnnxCall, run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof OcellusError) || error instanceof FormatError) throw error
    return call.fail(error.message)
  }
}

/** Throws FormatError that lists every operator which is not computed, with the nodes that ask for it. */
function checkOperators({ nodes, opset }: OnnxModel, file: string): void {
  if (opset < 7)
    throw new FormatError(
      `${file}: opset_import: version ${opset} of the operators is too old; save it with 7 or later`,
    )
  const unknown = new Map<string, string[]>()
  for (const { operator, domain, name } of nodes) {
    if (domain === '' && Object.hasOwn(operators, operator)) continue
    const full = domain === '' ? operator : `${domain}.${operator}`
    unknown.set(full, [...(unknown.get(full) ?? []), name])
  }
  if (unknown.size === 0) return
  const list = [...unknown].map(([operator, names]) => `${operator} (node ${names.join(', ')})`).join('; ')
  throw new FormatError(`${file}: operators that are not computed here: ${list}`)
}

/** Floats that the graph computes with become parameters, or state where they are running statistics; the rest stays on the host. */
function weightsOf({ nodes, initializers }: OnnxModel): Map<string, Weight> {
  const uses = new Map<string, { node: OnnxNode; place: number }[]>()
  for (const node of nodes)
    for (const [place, name] of node.inputs.entries()) uses.set(name, [...(uses.get(name) ?? []), { node, place }])
  const weights = new Map<string, Weight>()
  for (const [name, host] of initializers) {
    const users = uses.get(name) ?? []
    const isFloat = host.dtype === 'f32' || host.dtype === 'f64'
    if (!isFloat || users.length === 0 || users.some(({ node, place }) => readsKnownValues(node, place))) continue
    const isKernel = users.every(({ node, place }) => /^Conv(Transpose)?$/.test(node.operator) && place === 1)
    const order = isKernel && host.shape.length === 4 ? kernelOrder : undefined
    const isState = users.every(({ node, place }) => node.operator === 'BatchNormalization' && place >= 3)
    const values = arrangedValues(host, order)
    const variable = isState ? new Variable(values, { label: name }) : new Parameter(values, { label: name })
    weights.set(name, { variable, order })
  }
  return weights
}

function arrangedValues({ data, shape, dtype }: HostTensor, order: readonly number[] | undefined): Tensor {
  const values = tensor(data, { shape, dtype })
  return order === undefined ? values : values.permute([...order])
}

export interface ReadOnnxOptions {
  /** Name of the file, for messages. */
  readonly file?: string
}

/**
 * The network in the bytes of an ONNX file, of opset 7 or later.
 * Throws FormatError, which names the file and the field or node, for damaged files and for operators that are not computed here.
 */
export function readOnnx(bytes: Uint8Array, { file = 'ONNX file' }: ReadOnnxOptions = {}): OnnxNetwork {
  return new OnnxNetwork(readModel(bytes, file), file)
}
