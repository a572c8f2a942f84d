// What `ocellus summary` prints.

import { formatShape, sizeOf } from '../../core/shape.ts'
import type { Safetensors } from '../../io/safetensors.ts'
import { type ActivationName, CharacterMlp } from '../../models/character-mlp.ts'
import { summary } from '../../nn/summary.ts'
import { textTable } from '../../nn/text-table.ts'
import { featureCount } from '../../reader/glyph-features.ts'
import { loadRecognizer } from '../../reader/recognizer.node.ts'
import type { SummaryFlags } from '../summary.ts'
import { formatCount, formatShare } from '../terminal.ts'
import {
  buildNetwork,
  isRecognizer,
  type NetworkDescription,
  openNetworkFile,
  resolveNetworkPath,
} from './network-file.ts'

/** The summary of a network by name, or of a file, as text or JSON. */
export async function describeModel(name: string, flags: SummaryFlags): Promise<string> {
  if (name === 'character-mlp') {
    const { hidden, classes, side, batch } = flags
    const model = new CharacterMlp({
      inputs: side * side,
      hidden,
      classes,
      activation: flags.activation as ActivationName,
    })
    const layers = summary(model, [batch, side * side])
    return flags.format === 'json' ? asJson(layers) : String(layers)
  }
  const path = await resolveNetworkPath(name)
  const { file, description } = await openNetworkFile(path)
  if (isRecognizer(file)) {
    const { network } = await loadRecognizer(path)
    const layers = summary(network, [flags.batch, featureCount])
    return flags.format === 'json' ? asJson(layers) : `${path}: recognizer of the page reader\n\n${layers}`
  }
  if (description === undefined) return flags.format === 'json' ? asJson(tensorList(file)) : tensorTable(path, file)
  const layers = summary(buildNetwork(description), [flags.batch, description.inputs])
  if (flags.format === 'json') return asJson({ ...description, summary: layers })
  return `${introduction(path, description)}\n\n${layers}`
}

function introduction(
  path: string,
  { hidden, inputs, classes, activation, data, input, epochs, accuracy }: NetworkDescription,
): string {
  const tested = accuracy === undefined ? '' : `, ${formatShare(accuracy)} right on its test part`
  const letters = input === 'glyphs' ? 'letters of one size and stroke width' : 'letters as they are in the data set'
  return (
    `${path}: network ${[inputs, ...hidden, classes.length].join('-')} with ${activation}, for ${letters}\n` +
    `classes ${classes.join(' ')}\ntrained on ${data} for ${epochs} epochs${tested}`
  )
}

interface TensorEntry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
}

function tensorList({ tensors, metadata }: Safetensors): {
  tensors: TensorEntry[]
  elements: number
  metadata: object
} {
  const entries = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
  return { tensors: entries, elements: entries.reduce((sum, { shape }) => sum + sizeOf(shape), 0), metadata }
}

function tensorTable(path: string, file: Safetensors): string {
  const { tensors, elements } = tensorList(file)
  const columns = [{ title: 'tensor' }, { title: 'dtype' }, { title: 'shape' }, { title: 'elements', right: true }]
  const rows = tensors.map(({ name, dtype, shape }) => [name, dtype, formatShape(shape), formatCount(sizeOf(shape))])
  return `${path}\n\n${textTable(columns, rows, [['total', '', '', formatCount(elements)]])}`
}

function asJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}
