// The bytes of an ONNX file as a model: its protobuf messages, checked.

import { FormatError } from '../../core/errors.ts'
import type { HostTensor } from '../../core/host-tensor.ts'
import { listNames } from '../weights-report.ts'
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxValueInfo } from './model.ts'
import { type ProtobufField, ProtobufReader } from './protobuf-reader.ts'
import { type ReadTensor, readTensor } from './tensor-types.ts'

/** Tags of the fields that a file may go on with after its version. */
const modelTags = [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72]

/** Whether bytes begin as ONNX files do: the version of the format, then another field of the model. */
export function isOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 8 && (bytes[1] ?? 255) < 64 && modelTags.includes(bytes[2] ?? 0)
}

/** The model in a file. Throws FormatError, which names the file and the field, for damaged files and for weights in other files. */
export function readModel(bytes: Uint8Array, file: string): OnnxModel {
  let irVersion = 0
  let producer = ''
  let graph: Uint8Array | undefined
  const opsets = new Map<string, number>()
  const metadata: Record<string, string> = {}
  for (const field of new ProtobufReader(bytes, file).fields()) {
    if (field.number === 1) irVersion = integer(field, `${file}: ir_version`)
    else if (field.number === 2) producer = text(field, `${file}: producer_name`)
    else if (field.number === 7) graph = content(field, `${file}: graph`)
    else if (field.number === 8) {
      const [domain, version] = pairOf(field, `${file}: opset_import`)
      opsets.set(domain === 'ai.onnx' ? '' : domain, Number(version))
    } else if (field.number === 14) {
      const [key, value] = pairOf(field, `${file}: metadata_props`)
      metadata[key] = value
    }
  }
  if (graph === undefined) throw new FormatError(`${file}: graph: there is none, so the file is truncated or no ONNX`)
  const opset = opsets.get('') ?? (irVersion < 3 ? 1 : undefined)
  if (opset === undefined) throw new FormatError(`${file}: opset_import: the version of the operators is not there`)
  return { irVersion, opset, producer, metadata, ...readGraph(graph, `${file}: graph`) }
}

type Graph = Pick<OnnxModel, 'nodes' | 'initializers' | 'inputs' | 'outputs' | 'notes'>

function readGraph(bytes: Uint8Array, place: string): Graph {
  const nodes: OnnxNode[] = []
  const initializers = new Map<string, HostTensor>()
  const clampedNames: string[] = []
  const inputs: OnnxValueInfo[] = []
  const outputs: OnnxValueInfo[] = []
  for (const field of new ProtobufReader(bytes, place).fields()) {
    if (field.number === 1) nodes.push(readNode(content(field, `${place}: node`), `${place}: node ${nodes.length}`))
    else if (field.number === 5) {
      const { name, tensor, clamped } = readNamedTensor(content(field, `${place}: initializer`), place)
      if (initializers.has(name)) throw new FormatError(`${place}: initializer ${name}: there are two of this name`)
      initializers.set(name, tensor)
      if (clamped) clampedNames.push(name)
    } else if (field.number === 11)
      inputs.push(readValueInfo(content(field, `${place}: input`), `${place}: input ${inputs.length}`))
    else if (field.number === 12)
      outputs.push(readValueInfo(content(field, `${place}: output`), `${place}: output ${outputs.length}`))
    else if (field.number === 15) throw new FormatError(`${place}: sparse_initializer: sparse tensors are not read`)
  }
  const notes =
    clampedNames.length === 0
      ? []
      : [`whole numbers beyond 32 bits were brought to the nearest within in ${listNames(clampedNames)}`]
  // Files before version 4 list their weights among the inputs, too.
  return { nodes, initializers, inputs: inputs.filter(({ name }) => !initializers.has(name)), outputs, notes }
}

function readNode(bytes: Uint8Array, place: string): OnnxNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, OnnxAttribute>()
  let [name, operator, domain] = ['', '', '']
  for (const field of new ProtobufReader(bytes, place).fields()) {
    if (field.number === 1) inputs.push(text(field, `${place}: input`))
    else if (field.number === 2) outputs.push(text(field, `${place}: output`))
    else if (field.number === 3) name = text(field, `${place}: name`)
    else if (field.number === 4) operator = text(field, `${place}: op_type`)
    else if (field.number === 7) domain = text(field, `${place}: domain`)
    else if (field.number === 5) {
      const [key, value] = readAttribute(content(field, `${place}: attribute`), `${place}: attribute`)
      if (attributes.has(key)) throw new FormatError(`${place}: attribute ${key}: it is there twice`)
      attributes.set(key, value)
    }
  }
  if (operator === '') throw new FormatError(`${place}: op_type: it is not there`)
  return {
    operator,
    domain: domain === 'ai.onnx' ? '' : domain,
    name: name === '' ? (outputs[0] ?? operator) : name,
    inputs,
    outputs,
    attributes,
  }
}

/** Types of attributes by number: what is there counts where an old file does not say the type. */
function readAttribute(bytes: Uint8Array, place: string): [string, OnnxAttribute] {
  let name = ''
  let type = 0
  const single = new Map<number, OnnxAttribute>()
  const floats: number[] = []
  const ints: number[] = []
  const strings: string[] = []
  for (const field of new ProtobufReader(bytes, place).fields()) {
    if (field.number === 1) name = text(field, `${place}: name`)
    else if (field.number === 2) single.set(1, floatsOf(field, `${place} ${name}`)[0] as number)
    else if (field.number === 3) single.set(2, integer(field, `${place} ${name}`))
    else if (field.number === 4) single.set(3, text(field, `${place} ${name}`))
    else if (field.number === 5)
      single.set(4, readNamedTensor(content(field, `${place} ${name}`), `${place} ${name}`).tensor)
    else if (field.number === 7) floats.push(...floatsOf(field, `${place} ${name}`))
    else if (field.number === 8) ints.push(...integersOf(field, `${place} ${name}`).map(Number))
    else if (field.number === 9) strings.push(text(field, `${place} ${name}`))
    else if (field.number === 20) type = integer(field, `${place} ${name}: type`)
  }
  const lists = new Map<number, OnnxAttribute>([
    [6, floats],
    [7, ints],
    [8, strings],
  ])
  const filled = [...lists].find(([, values]) => (values as readonly unknown[]).length > 0)
  const found = type === 0 ? ([...single.values()][0] ?? filled?.[1]) : (single.get(type) ?? lists.get(type))
  // Protobuf leaves out what is zero.
  const left: Readonly<Record<number, OnnxAttribute>> = { 1: 0, 2: 0, 3: '' }
  return [name, found ?? left[type] ?? 'unsupported']
}

/** Fields of TensorProto that hold numbers, as whole numbers or floats. */
function readNamedTensor(bytes: Uint8Array, place: string): ReadTensor & { readonly name: string } {
  const shape: number[] = []
  const numbers: (number | bigint)[] = []
  let name = ''
  let type = 0
  let raw: Uint8Array | undefined
  let external = false
  for (const field of new ProtobufReader(bytes, `${place}: tensor`).fields()) {
    const at = `${place}: tensor ${name}`
    if (field.number === 1) shape.push(...integersOf(field, `${at}: dims`).map(Number))
    else if (field.number === 2) type = integer(field, `${at}: data_type`)
    else if (field.number === 4) for (const value of floatsOf(field, `${at}: float_data`)) numbers.push(value)
    else if (field.number === 5 || field.number === 7 || field.number === 11)
      for (const value of integersOf(field, `${at}: data`)) numbers.push(value)
    else if (field.number === 8) name = text(field, `${at}: name`)
    else if (field.number === 9) raw = content(field, `${at}: raw_data`)
    else if (field.number === 10) for (const value of doublesOf(field, `${at}: double_data`)) numbers.push(value)
    else if (field.number === 14) external = integer(field, `${at}: data_location`) === 1
  }
  const whole = `${place}: tensor ${name}`
  if (external)
    throw new FormatError(`${whole}: its values lie in another file, which is not read; save the model as one file`)
  const wrong = shape.find((extent) => !(Number.isSafeInteger(extent) && extent >= 0))
  if (wrong !== undefined) throw new FormatError(`${whole}: dims: ${wrong} is no extent`)
  return { name, ...readTensor({ shape, type, raw, numbers }, whole) }
}

function readValueInfo(bytes: Uint8Array, place: string): OnnxValueInfo {
  let name = ''
  let type = 0
  let shape: (number | string)[] | undefined
  for (const field of new ProtobufReader(bytes, place).fields()) {
    if (field.number === 1) name = text(field, `${place}: name`)
    if (field.number !== 2) continue
    for (const tensorType of new ProtobufReader(content(field, place), `${place}: type`).fields()) {
      if (tensorType.number !== 1) continue
      for (const part of new ProtobufReader(content(tensorType, place), `${place}: tensor_type`).fields()) {
        if (part.number === 1) type = integer(part, `${place}: elem_type`)
        if (part.number === 2) shape = readShape(content(part, place), `${place}: shape`)
      }
    }
  }
  return { name, type, shape }
}

function readShape(bytes: Uint8Array, place: string): (number | string)[] {
  const shape: (number | string)[] = []
  for (const dimension of new ProtobufReader(bytes, place).fields()) {
    if (dimension.number !== 1) continue
    let extent: number | string = '?'
    for (const part of new ProtobufReader(content(dimension, place), `${place}: dim`).fields()) {
      if (part.number === 1) extent = integer(part, `${place}: dim_value`)
      if (part.number === 2) extent = text(part, `${place}: dim_param`)
    }
    shape.push(extent)
  }
  return shape
}

function content(field: ProtobufField, place: string): Uint8Array {
  if (field.wire === 'bytes') return field.bytes
  throw new FormatError(`${place}: expected bytes, found ${field.wire}`)
}

function text(field: ProtobufField, place: string): string {
  return new TextDecoder().decode(content(field, place))
}

/** A signed whole number. */
function integer(field: ProtobufField, place: string): number {
  if (field.wire !== 'varint') throw new FormatError(`${place}: expected a number, found ${field.wire}`)
  return Number(BigInt.asIntN(64, field.value))
}

/** One whole number or a packed list of them. */
function integersOf(field: ProtobufField, place: string): bigint[] {
  if (field.wire === 'varint') return [BigInt.asIntN(64, field.value)]
  return Array.from(new ProtobufReader(content(field, place), place).varints(), (value) => BigInt.asIntN(64, value))
}

/** One float or a packed list of them. */
function floatsOf(field: ProtobufField, place: string): Float32Array {
  return new Float32Array(elements(field, place, 'fixed32', 4))
}

function doublesOf(field: ProtobufField, place: string): Float64Array {
  return new Float64Array(elements(field, place, 'fixed64', 8))
}

function elements(field: ProtobufField, place: string, wire: 'fixed32' | 'fixed64', bytes: number): ArrayBuffer {
  if ((field.wire !== wire && field.wire !== 'bytes') || field.bytes.length % bytes !== 0) {
    throw new FormatError(`${place}: expected numbers of ${bytes} bytes; the file is damaged`)
  }
  return field.bytes.slice().buffer as ArrayBuffer
}

/** The two fields of a small message: texts, or a number as text. */
function pairOf(field: ProtobufField, place: string): [string, string] {
  let [first, second] = ['', '']
  for (const part of new ProtobufReader(content(field, place), place).fields()) {
    const value = part.wire === 'varint' ? String(part.value) : text(part, place)
    if (part.number === 1) first = value
    if (part.number === 2) second = value
  }
  return [first, second]
}
