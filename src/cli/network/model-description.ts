// What a file of weights says of the network that `ocellus train --model` trained: its name, classes, and what it expects of pictures.

import { FormatError } from '../../core/errors.ts'
import type { Shape } from '../../core/shape.ts'
import { writeFileAtomically } from '../../io/atomic-file.node.ts'
import { saveWeights } from '../../io/weights.ts'
import type { WeightsFile } from '../../io/weights-file.ts'
import { findModelName, type ModelName } from '../../models/names.ts'
import type { Preprocessing } from '../../models/preprocessing.ts'
import type { Module } from '../../nn/module.ts'
import { parsedJson, preprocessingIn } from './preprocessing-mark.ts'

export interface ModelDescription {
  readonly model: ModelName
  /** One name per output; none for an autoencoder. */
  readonly classes: readonly string[]
  /** [H, W, C] */
  readonly input: Shape
  readonly preprocessing: Preprocessing
  /** Name of the data set, or the folder. */
  readonly data: string
  readonly epochs: number
  /** On the test part, if it was measured. */
  readonly accuracy?: number
}

/** In the metadata of the file. */
const key = 'ocellus model'

/** Writes weights with their description, whole or not at all. */
export async function saveModel(path: string, module: Module, description: ModelDescription): Promise<void> {
  await writeFileAtomically(path, await saveWeights(module, { metadata: { [key]: JSON.stringify(description) } }))
}

/** The description in a file; undefined where there is none. Throws FormatError where it makes no sense. */
export function describedModel({ metadata, file }: WeightsFile): ModelDescription | undefined {
  const text = metadata[key]
  if (text === undefined) return undefined
  const found = parsedJson(text)
  if (isDescription(found)) return found
  throw new FormatError(`${file}: the description of its network makes no sense; name the network with --model`)
}

function isDescription(found: unknown): found is ModelDescription {
  if (typeof found !== 'object' || found === null) return false
  const { model, classes, input, preprocessing, data, epochs, accuracy } = found as Record<string, unknown>
  return (
    typeof model === 'string' &&
    findModelName(model) === model &&
    Array.isArray(classes) &&
    classes.every((name) => typeof name === 'string') &&
    Array.isArray(input) &&
    input.length === 3 &&
    input.every((size) => Number.isInteger(size) && size >= 1 && size <= 100_000) &&
    preprocessingIn(preprocessing) !== undefined &&
    typeof data === 'string' &&
    typeof epochs === 'number' &&
    (accuracy === undefined || typeof accuracy === 'number')
  )
}
