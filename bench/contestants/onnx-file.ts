// An ONNX file of a workload's network, for onnxruntime: the fields of onnx.proto that inference needs, opset 20.

import type { Shape } from '../../src/index.ts'
import type { HostTensor } from '../../src/io/index.ts'
import { type Layer, normEpsilon } from './layers.ts'

type Field = Uint8Array | string | number | bigint

const encoder = new TextEncoder()

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return Uint8Array.of(...bytes, Number(rest))
}

/** A message of protobuf: whole numbers as varints, texts and messages with their length in front. */
function message(...fields: readonly (readonly [number: number, value: Field])[]): Uint8Array {
  return concatenated(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number' || typeof value === 'bigint')
        return [varint(BigInt(number) << 3n), varint(BigInt(value))]
      const bytes = typeof value === 'string' ? encoder.encode(value) : value
      return [varint((BigInt(number) << 3n) | 2n), varint(BigInt(bytes.length)), bytes]
    }),
  )
}

type Attributes = Readonly<Record<string, number | readonly number[]>>

/** `epsilon` is the one attribute that is no whole number. */
function attribute([name, value]: [string, number | readonly number[]]): Uint8Array {
  if (name === 'epsilon') {
    const bytes = new Uint8Array(Float32Array.of(value as number).buffer)
    return concatenated([message([1, name], [20, 1]), Uint8Array.of((2 << 3) | 5), bytes])
  }
  if (typeof value === 'number') return message([1, name], [3, value], [20, 2])
  return message([1, name], ...value.map((item): [number, number] => [8, item]), [20, 7])
}

function valueInfo(name: string, shape: Shape): Uint8Array {
  const dimensions = shape.map((extent): [number, Uint8Array] => [1, message([1, extent])])
  return message([1, name], [2, message([1, message([1, 1], [2, message(...dimensions)])])])
}

function initializer(name: string, { shape, data }: HostTensor): Uint8Array {
  const dims = shape.map((extent): [number, number] => [1, extent])
  return message(...dims, [2, 1], [8, name], [9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)])
}

/** An axis order for `transposed`: [height, width, inputs, outputs] to [outputs, inputs, height, width]. */
const weightOrder = [3, 2, 0, 1] as const
/** [N, height, width, channels] to [N, channels, height, width]. */
const imageOrder = [0, 3, 1, 2] as const

/** A tensor of four axes with its axes in another order. */
function reordered({ dtype, shape, data }: HostTensor, order: readonly number[]): HostTensor {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, extent) => product * extent, 1))
  const [a = 1, b = 1, c = 1, d = 1] = order.map((axis) => shape[axis])
  const [sa = 0, sb = 0, sc = 0, sd = 0] = order.map((axis) => strides[axis])
  const values = new Float32Array(data.length)
  let at = 0
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < c; k++)
        for (let l = 0; l < d; l++) values[at++] = data[i * sa + j * sb + k * sc + l * sd] as number
  return { dtype, shape: [a, b, c, d], data: values }
}

export function asImages(x: HostTensor): HostTensor {
  return reordered(x, imageOrder)
}

/** The rows of a dense layer after an image, from [height, width, channels] to [channels, height, width]. */
function afterImage(weight: HostTensor, [height = 1, width = 1, channels = 1]: Shape): HostTensor {
  const outputs = weight.shape[1] as number
  const rows = reordered({ ...weight, shape: [height, width, channels, outputs] }, [2, 0, 1, 3])
  return { ...rows, shape: weight.shape }
}

interface Values {
  readonly parameters: readonly HostTensor[]
  /** Images that dense layers flatten, by index of their weight in `parameters`. */
  readonly images: ReadonlyMap<number, Shape>
  readonly state: readonly HostTensor[]
}

/** Collects the nodes of a graph; each method returns the name of its output. */
class GraphWriter {
  readonly nodes: Uint8Array[] = []
  readonly initializers: Uint8Array[] = []
  readonly #values: Values
  #parameter = 0
  #state = 0

  constructor(values: Values) {
    this.#values = values
  }

  node(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = `value${this.nodes.length}`
    const ins = inputs.map((name): [number, string] => [1, name])
    const settings = Object.entries(attributes).map((entry): [number, Uint8Array] => [5, attribute(entry)])
    this.nodes.push(message(...ins, [2, output], [4, op], ...settings))
    return output
  }

  #constant(value: HostTensor): string {
    const name = `constant${this.initializers.length}`
    this.initializers.push(initializer(name, value))
    return name
  }

  #take(change: (value: HostTensor, index: number) => HostTensor = (value) => value): string {
    const index = this.#parameter++
    return this.#constant(change(this.#values.parameters[index] as HostTensor, index))
  }

  layers(layers: readonly Layer[], x: string): string {
    return layers.reduce((value, layer) => this.#layer(layer, value), x)
  }

  #layer(layer: Layer, x: string): string {
    switch (layer.kind) {
      case 'dense': {
        const weight = this.#take((value, index) => {
          const image = this.#values.images.get(index)
          return image === undefined ? value : afterImage(value, image)
        })
        return this.node('Gemm', [x, weight, this.#take()])
      }
      case 'relu':
        return this.node('Relu', [x])
      case 'sigmoid':
        return this.node('Sigmoid', [x])
      case 'gelu':
        return this.node('Gelu', [x])
      case 'flatten':
        return this.node('Flatten', [x], { axis: 1 })
      case 'mean':
        return this.node('Flatten', [this.node('GlobalAveragePool', [x])], { axis: 1 })
      case 'convolution': {
        const { stride, padding, bias } = layer
        const weight = this.#take((value) => reordered(value, weightOrder))
        const pads = [padding, padding, padding, padding]
        return this.node('Conv', [x, weight, ...(bias ? [this.#take()] : [])], { strides: [stride, stride], pads })
      }
      case 'pool': {
        const { size, stride, padding, ceil } = layer
        const pads = [padding, padding, padding, padding]
        const shape = { kernel_shape: [size, size], strides: [stride, stride] }
        return this.node('MaxPool', [x], { ...shape, pads, ceil_mode: ceil ? 1 : 0 })
      }
      case 'norm': {
        const [scale, shift] = [this.#take(), this.#take()]
        const [mean, variance] = [0, 1].map(() => this.#constant(this.#values.state[this.#state++] as HostTensor))
        return this.node('BatchNormalization', [x, scale, shift, mean as string, variance as string], {
          epsilon: normEpsilon,
        })
      }
      case 'residual': {
        const body = this.layers(layer.body, x)
        return this.node('Relu', [this.node('Add', [body, this.layers(layer.shortcut, x)])])
      }
      case 'branches': {
        const parts = layer.branches.map((branch) => this.layers(branch, x))
        return this.node('Concat', parts, { axis: 1 })
      }
      default:
        throw new Error(`there is no inference workload with layers of kind ${layer.kind}`)
    }
  }
}

/** The file of a network that takes images [N, channels, height, width]. */
export function onnxFile(layers: readonly Layer[], values: Values, input: Shape, outputs: number): Uint8Array {
  const writer = new GraphWriter(values)
  const output = writer.layers(layers, 'x')
  const graph = message(
    ...writer.nodes.map((node): [number, Uint8Array] => [1, node]),
    [2, 'network'],
    ...writer.initializers.map((tensor): [number, Uint8Array] => [5, tensor]),
    [11, valueInfo('x', input)],
    [12, valueInfo(output, [input[0] as number, outputs])],
  )
  return message([1, 9], [7, graph], [8, message([1, ''], [2, 20])])
}
