// The file of a recognizer: a fully connected network as safetensors, each weight in one byte with a scale per output.

import { FormatError, UsageError } from '../core/errors.ts'
import { type HostTensor, hostTensor } from '../core/host-tensor.ts'
import { readSafetensors, writeSafetensors } from '../io/safetensors.ts'
import { relu } from '../nn/activations.ts'
import { Linear } from '../nn/linear.ts'
import type { Module } from '../nn/module.ts'
import { Sequential } from '../nn/sequential.ts'
import { tensor } from '../tensor/tensor.ts'
import { characters } from './classifier.ts'
import { featureCount } from './glyph-features.ts'

/** What a file holds. */
export interface RecognizerFile {
  /** Linear layers with ReLU between them. */
  readonly network: Module
  readonly temperature: number
}

const format = 'ocellus recognizer'
const version = '1'
/** The byte that stands for 0. */
const zero = 128
const largest = 127

/**
 * The bytes of a file with a network: `layers.i.weight` [in, out] as u8, `layers.i.scale` [out] and `layers.i.bias` [out] as
 * f32, for i = 0, 1, … A weight is `(byte - 128) * scale` of its output, scale the largest weight / 127.
 * Throws UsageError for a network that is not made of Linear layers with biases alone, but for the functions between them,
 * which must be ReLU.
 */
export async function writeRecognizer({ network, temperature }: RecognizerFile): Promise<Uint8Array<ArrayBuffer>> {
  const layers = [...network.namedModules().values()].filter((module) => module instanceof Linear)
  const held = layers.flatMap((layer) => (layer.bias === undefined ? [layer.weight] : [layer.weight, layer.bias]))
  if (layers.length === 0 || held.length !== 2 * layers.length || held.length !== network.namedVariables().size) {
    throw new UsageError('writeRecognizer: the network must be made of Linear layers with biases and ReLU between them')
  }
  const tensors = new Map<string, HostTensor>()
  for (const [i, { weight, bias, inputs, outputs }] of layers.entries()) {
    const values = Float32Array.from(await weight.data())
    const scale = scalesOf(values, outputs)
    const bytes = Uint8Array.from(values, (value, k) => Math.round(value / (scale[k % outputs] as number)) + zero)
    tensors.set(`layers.${i}.weight`, hostTensor('u8', [inputs, outputs], bytes))
    tensors.set(`layers.${i}.scale`, hostTensor('f32', [outputs], scale))
    tensors.set(`layers.${i}.bias`, hostTensor('f32', [outputs], Float32Array.from((await bias?.data()) ?? [])))
  }
  return writeSafetensors(tensors, { format, version, temperature: String(temperature) })
}

/** Largest weight of each output / 127, and 1 for an output without weights. */
function scalesOf(values: Float32Array, outputs: number): Float32Array {
  const scale = new Float32Array(outputs)
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!) / largest
    if (size > scale[i % outputs]!) scale[i % outputs] = size
  }
  return scale.map((size) => (size === 0 ? 1 : size))
}

/**
 * Reads such a file; `file` is its name in messages.
 * Throws FormatError where it is damaged, of another version, or something else.
 */
export function readRecognizer(bytes: Uint8Array, options: { readonly file?: string } = {}): RecognizerFile {
  const file = options.file ?? 'recognizer file'
  const { tensors, metadata } = readSafetensors(bytes, { file })
  if (metadata.format !== format) {
    throw new FormatError(`${file}: holds no recognizer; give a file that scripts/recognizer/train.ts made`)
  }
  if (metadata.version !== version) {
    throw new FormatError(
      `${file}: is a recognizer of version ${metadata.version}, this program reads version ${version}`,
    )
  }
  const { temperature } = metadata
  if (!(Number(temperature) > 0)) {
    throw new FormatError(`${file}: temperature: expected a number above 0, found '${temperature}'`)
  }
  const layers: Linear[] = []
  for (let size = featureCount; tensors.has(`layers.${layers.length}.weight`); size = layers.at(-1)!.outputs) {
    layers.push(readLayer(`layers.${layers.length}`, size, tensors, file))
  }
  const outputs = layers.at(-1)?.outputs ?? 0
  if (tensors.size !== 3 * layers.length || outputs < characters.length || outputs > characters.length + 1) {
    throw new FormatError(
      `${file}: expected weight, scale and bias of each layer and ${characters.length} or ${characters.length + 1} outputs, found ${[...tensors.keys()].join(', ')} and ${outputs} outputs`,
    )
  }
  const network = new Sequential(...layers.flatMap((layer, i) => (i === 0 ? [layer] : [relu, layer])))
  return { network, temperature: Number(temperature) }
}

function readLayer(name: string, inputs: number, tensors: ReadonlyMap<string, HostTensor>, file: string): Linear {
  const take = (part: string, dtype: string, rank: number): HostTensor => {
    const found = tensors.get(`${name}.${part}`)
    if (found?.dtype === dtype && found.shape.length === rank) return found
    throw new FormatError(`${file}: ${name}.${part}: expected ${rank === 2 ? 'a matrix' : 'a list'} of ${dtype}`)
  }
  const weight = take('weight', 'u8', 2)
  const scale = take('scale', 'f32', 1)
  const bias = take('bias', 'f32', 1)
  const [rows = 0, outputs = 0] = weight.shape
  if (rows !== inputs || scale.data.length !== outputs || bias.data.length !== outputs || outputs === 0) {
    throw new FormatError(
      `${file}: ${name}: expected a weight [${inputs}, n] with scale and bias [n], found [${weight.shape}], [${scale.shape}] and [${bias.shape}]`,
    )
  }
  const values = new Float32Array(weight.data.length)
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < outputs; column++, i++) {
      values[i] = ((weight.data[i] as number) - zero) * (scale.data[column] as number)
    }
  }
  const layer = new Linear({ inputs, outputs, initializer: (shape) => tensor(values, { shape }) })
  layer.bias?.write(bias.data)
  return layer
}
