// The bytes of an ONNX file: nodes, weights and metadata as protobuf messages.

import type { HostTensor } from '../../core/host-tensor.ts'
import { ProtobufWriter } from './protobuf-writer.ts'
import { typeNumbers } from './tensor-types.ts'

/** Whole numbers that ONNX wants in 64 bits: shapes, axes, positions. */
export interface LongIntegers {
  readonly long: readonly number[]
}

export interface WrittenNode {
  readonly operator: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Numbers are written as whole numbers where they are whole; floats say so. */
  readonly attributes: Readonly<
    Record<string, number | { readonly float: number } | HostTensor | LongIntegers | string | readonly number[]>
  >
}

/** An extent that is a text is open: any number under this name. Without a shape even the rank is. */
export interface WrittenValueInfo {
  readonly name: string
  readonly shape?: readonly (number | string)[]
}

export interface WrittenModel {
  readonly opset: number
  readonly graph: string
  readonly nodes: readonly WrittenNode[]
  readonly initializers: ReadonlyMap<string, HostTensor | LongIntegers>
  readonly inputs: readonly WrittenValueInfo[]
  readonly outputs: readonly WrittenValueInfo[]
  readonly metadata: Readonly<Record<string, string>>
}

/** Version 8 of the format goes with opset 17 and below, and is read by every runtime since 2022. */
const irVersion = 8

export function writeModel(model: WrittenModel): Uint8Array<ArrayBuffer> {
  const { nodes, graph: name, initializers, inputs, outputs, metadata, opset } = model
  const graph = new ProtobufWriter()
  for (const node of nodes) graph.message(1, nodeMessage(node))
  graph.text(2, name)
  for (const [key, tensor] of initializers) graph.message(5, tensorMessage(key, tensor))
  for (const info of inputs) graph.message(11, valueInfoMessage(info))
  for (const info of outputs) graph.message(12, valueInfoMessage(info))
  const whole = new ProtobufWriter().integer(1, irVersion).text(2, 'ocellus').message(7, graph)
  whole.message(8, new ProtobufWriter().text(1, '').integer(2, opset))
  for (const [key, value] of Object.entries(metadata))
    whole.message(14, new ProtobufWriter().text(1, key).text(2, value))
  return whole.finish()
}

function nodeMessage({ operator, name, inputs, outputs, attributes }: WrittenNode): ProtobufWriter {
  const message = new ProtobufWriter()
  for (const input of inputs) message.text(1, input)
  for (const output of outputs) message.text(2, output)
  message.text(3, name).text(4, operator)
  for (const [key, value] of Object.entries(attributes)) message.message(5, attributeMessage(key, value))
  return message
}

function attributeMessage(name: string, value: WrittenNode['attributes'][string]): ProtobufWriter {
  const message = new ProtobufWriter().text(1, name)
  if (typeof value === 'number') return message.integer(3, value).integer(20, 2)
  if (typeof value === 'string') return message.text(4, value).integer(20, 3)
  if ('dtype' in value || 'long' in value) return message.message(5, tensorMessage('', value)).integer(20, 4)
  if ('float' in value) return message.float(2, value.float).integer(20, 1)
  for (const each of value) message.integer(8, each)
  return message.integer(20, 7)
}

function tensorMessage(name: string, tensor: HostTensor | LongIntegers): ProtobufWriter {
  const message = new ProtobufWriter()
  if ('long' in tensor) {
    const raw = new Uint8Array(BigInt64Array.from(tensor.long, BigInt).buffer)
    return message.integers(1, [tensor.long.length]).integer(2, 7).text(8, name).bytes(9, raw)
  }
  const { data, dtype, shape } = tensor
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return message.integers(1, shape).integer(2, typeNumbers[dtype]).text(8, name).bytes(9, raw)
}

function valueInfoMessage({ name, shape }: WrittenValueInfo): ProtobufWriter {
  const tensorType = new ProtobufWriter().integer(1, typeNumbers.f32)
  if (shape !== undefined) {
    const extents = new ProtobufWriter()
    for (const extent of shape) {
      const dimension = new ProtobufWriter()
      extents.message(1, typeof extent === 'number' ? dimension.integer(1, extent) : dimension.text(2, extent))
    }
    tensorType.message(2, extents)
  }
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensorType))
}
