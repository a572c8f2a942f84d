// The file of a trained character network: its weights as safetensors, and in the metadata all it takes to use them.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, OcellusError } from '../../core/errors.ts'
import { writeFileAtomically } from '../../io/atomic-file.node.ts'
import { setWeights } from '../../io/module-weights.ts'
import { readFileIfThere } from '../../io/read-file.node.ts'
import { readSafetensors, type Safetensors } from '../../io/safetensors.ts'
import { saveWeights } from '../../io/weights.ts'
import { type ActivationName, activationNames, CharacterMlp } from '../../models/character-mlp.ts'
import type { InputKind } from '../training/characters/letter-sets.ts'
import { parsedJson } from './preprocessing-mark.ts'

/** What the network is and what it was trained on. */
export interface NetworkDescription {
  readonly inputs: number
  readonly hidden: readonly number[]
  readonly activation: ActivationName
  /** One name per class, in the order of the outputs. */
  readonly classes: readonly string[]
  /** What the letters looked like in training; letters to be recognised must look the same. */
  readonly input: InputKind
  /** Name of the data set. */
  readonly data: string
  readonly epochs: number
  /** On the test part, if it was measured. */
  readonly accuracy?: number | undefined
}

export interface TrainedNetwork {
  readonly model: CharacterMlp
  readonly description: NetworkDescription
}

/** Name of the file in a folder of `ocellus train`. */
export const networkFile = 'network.safetensors'

/** In the metadata. */
const kindKey = 'ocellus network'
const kind = 'character-mlp-1'

/** Writes the file, whole or not at all. */
export async function saveNetwork(path: string, { model, description }: TrainedNetwork): Promise<void> {
  await writeFileAtomically(
    path,
    await saveWeights(model, { metadata: { [kindKey]: kind, description: JSON.stringify(description) } }),
  )
}

/** The path of a weights file: itself, or the network in a folder. */
export async function resolveNetworkPath(path: string): Promise<string> {
  const status = await stat(path).catch(() => undefined)
  if (status === undefined)
    throw new OcellusError(`${path} does not exist; give the folder of a training or a .safetensors file`)
  return status.isDirectory() ? join(path, networkFile) : path
}

/** The tensors of a weights file, and the network's description if `ocellus` wrote the file. */
export async function openNetworkFile(
  path: string,
): Promise<{ readonly file: Safetensors; readonly description: NetworkDescription | undefined }> {
  const bytes = await readFileIfThere(path)
  if (bytes === undefined)
    throw new OcellusError(`there is no file ${path}; give a .safetensors file or the folder of a training`)
  const file = readSafetensors(bytes, { file: path })
  const found = file.metadata[kindKey]
  if (found === undefined) return { file, description: undefined }
  if (found !== kind)
    throw new FormatError(`${path} holds a network of the kind '${found}', this program reads '${kind}'`)
  return { file, description: parseDescription(file.metadata.description ?? '', path) }
}

/** Whether a file holds a recognizer like the one that comes with the package. */
export function isRecognizer({ metadata }: Pick<Safetensors, 'metadata'>): boolean {
  return metadata.format === 'ocellus recognizer'
}

/** Whether a file is one that `saveNetwork` wrote. */
export function isCharacterNetwork({ metadata }: Pick<Safetensors, 'metadata'>): boolean {
  return metadata[kindKey] !== undefined
}

/** Loads a network that `saveNetwork` wrote. Throws FormatError for any other file. */
export async function loadNetwork(path: string): Promise<TrainedNetwork> {
  const { file, description } = await openNetworkFile(path)
  if (description === undefined) {
    throw new FormatError(
      `${path} holds no character network; give a ${networkFile} that ocellus train or ocellus start wrote`,
    )
  }
  const model = buildNetwork(description)
  const report = setWeights(model, file.tensors)
  if (!report.complete) throw new FormatError(`${path}: its tensors do not fit the network it describes (${report})`)
  return { model, description }
}

/** A network as described, with weights at their start. */
export function buildNetwork({ inputs, hidden, activation, classes }: NetworkDescription): CharacterMlp {
  return new CharacterMlp({ inputs, hidden, activation, classes: classes.length })
}

function parseDescription(text: string, path: string): NetworkDescription {
  const found = parsedJson(text)
  if (typeof found === 'object' && found !== null) {
    const { inputs, hidden, activation, classes, input, data, epochs, accuracy } = found as Record<string, unknown>
    const sizes = Array.isArray(hidden) && [inputs, epochs, ...hidden].every(isSize)
    const names = Array.isArray(classes) && classes.length > 0 && classes.every((name) => typeof name === 'string')
    const words = (input === 'glyphs' || input === 'pixels') && typeof data === 'string'
    const measured = accuracy === undefined || typeof accuracy === 'number'
    if (sizes && names && words && measured && activationNames.some((name) => name === activation)) {
      return { inputs, hidden, activation, classes, input, data, epochs, accuracy } as NetworkDescription
    }
  }
  throw new FormatError(`${path}: the description of its network makes no sense; train it again`)
}

function isSize(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1_000_000
}
