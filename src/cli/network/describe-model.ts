// What `ocellus summary` prints.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../../core/errors.ts'
import { formatShape, type Shape, sizeOf } from '../../core/shape.ts'
import { readOnnx } from '../../io/onnx/network.ts'
import { readFileIfThere } from '../../io/read-file.node.ts'
import { readWeights } from '../../io/weights.node.ts'
import type { WeightsFile } from '../../io/weights-file.ts'
import { type ActivationName, CharacterMlp } from '../../models/character-mlp.ts'
import { findModelName } from '../../models/names.ts'
import { recognizeModel } from '../../models/recognize.ts'
import { createModel, modelEntry } from '../../models/registry.ts'
import { skipInitialization } from '../../nn/initializers.ts'
import { type Summary, summary } from '../../nn/summary.ts'
import { textTable } from '../../nn/text-table.ts'
import { featureCount } from '../../reader/glyph-features.ts'
import { loadRecognizer } from '../../reader/recognizer.node.ts'
import { jsonText, printable, remark } from '../printing.ts'
import type { SummaryFlags } from '../summary.ts'
import { formatCount, formatShare } from '../terminal.ts'
import {
  buildNetwork,
  isRecognizer,
  type NetworkDescription,
  networkFile,
  openNetworkFile,
} from './character-network-file.ts'
import { describedModel, type ModelDescription } from './model-description.ts'

/** The summary of a network by name, or of a file, as text or JSON. */
export async function describeModel(name: string, flags: SummaryFlags): Promise<string> {
  const json = flags.format === 'json'
  const known = findModelName(name)
  if (known !== undefined) {
    const layers = summaryOf(known, flags)
    return json ? jsonText(layers) : String(layers)
  }
  const path = await pathOf(name)
  const { entry } = flags
  const file = await readWeights(path, { ...(entry === undefined ? {} : { entry }), warn: () => undefined })
  for (const note of file.notes) remark(`${path}: ${note}`)
  if (isRecognizer(file)) {
    const { network } = await loadRecognizer(path)
    const layers = summary(network, [flags.batch, featureCount])
    return json ? jsonText(layers) : `${printable(path)}: recognizer of the page reader\n\n${layers}`
  }
  const { description } = file.format === 'safetensors' ? await openNetworkFile(path) : {}
  if (description !== undefined) {
    const layers = summary(buildNetwork(description), [flags.batch, description.inputs])
    return json ? jsonText({ ...description, summary: layers }) : `${introduction(path, description)}\n\n${layers}`
  }
  const trained = describedModel(file)
  if (trained !== undefined) {
    const layers = summaryOf(trained.model, asTrained(trained, flags))
    return json ? jsonText({ ...trained, summary: layers }) : `${trainedIntroduction(path, trained)}\n\n${layers}`
  }
  const model = recognizeModel(file.tensors)
  if (model === undefined) return json ? jsonText(tensorList(file)) : tensorTable(path, file)
  const { classes } = model
  const side = flags.side ?? (file.format === 'onnx' ? await sideOf(path, model.name) : undefined)
  const layers = summaryOf(model.name, {
    ...flags,
    ...(classes === undefined ? {} : { classes }),
    ...(side === undefined ? {} : { side }),
  })
  if (json) return jsonText({ model: model.name, names: model.names, classes, summary: layers })
  const outputs = classes === undefined ? '' : `, ${formatCount(classes)} classes`
  return `${printable(path)}: weights of ${model.names.join(' or ')}${outputs}\n\n${layers}`
}

/** Height and width that an ONNX file takes, where the network that is in it takes any. */
async function sideOf(path: string, name: string): Promise<number | undefined> {
  const [, , height, width] =
    readOnnx((await readFileIfThere(path)) ?? new Uint8Array(), { file: path }).inputs[0]?.shape ?? []
  return modelEntry(name).anySize === true && typeof height === 'number' && height === width ? height : undefined
}

/** The summary of a known network. Throws UsageError for a side where the network takes one size only. */
function summaryOf(name: string, flags: SummaryFlags): Summary {
  const { hidden, activation, batch, side } = flags
  const classes = flags.classes === undefined ? {} : { classes: flags.classes }
  if (name === 'character-mlp') {
    const inputs = (side ?? 32) ** 2
    const options = { inputs, hidden, activation: activation as ActivationName, ...classes }
    return summary(
      skipInitialization(() => new CharacterMlp(options)),
      [batch, inputs],
    )
  }
  const { input, anySize = false } = modelEntry(name)
  if (side !== undefined && side !== input[0] && !anySize)
    throw new UsageError(`${name} takes images of ${formatShape(input)} only; leave --side out`)
  const image: Shape = side === undefined ? input : [side, side, input.at(-1) as number]
  return summary(
    skipInitialization(() => createModel(name, classes)),
    [batch, ...image],
  )
}

/** A file, or what is in a folder: the network of a training, else the folder itself, with .npy files in it. */
async function pathOf(name: string): Promise<string> {
  const status = await stat(name).catch(() => undefined)
  if (status === undefined)
    throw new UsageError(
      `there is no network and no file called '${name}'; ocellus summary --help lists the networks, and files are .safetensors, .npz, .pth, .pt or .onnx`,
    )
  const inside = join(name, networkFile)
  return status.isDirectory() && (await stat(inside).catch(() => undefined)) !== undefined ? inside : name
}

function introduction(
  path: string,
  { hidden, inputs, classes, activation, data, input, epochs, accuracy }: NetworkDescription,
): string {
  const tested = accuracy === undefined ? '' : `, ${formatShare(accuracy)} right on its test part`
  const letters = input === 'glyphs' ? 'letters of one size and stroke width' : 'letters as they are in the data set'
  return (
    `${printable(path)}: network ${[inputs, ...hidden, classes.length].join('-')} with ${activation}, for ${letters}\n` +
    `classes ${printable(classes.join(' '))}\ntrained on ${printable(data)} for ${epochs} epochs${tested}`
  )
}

/** The classes and the size that a network was trained with. */
function asTrained({ model, classes, input }: ModelDescription, flags: SummaryFlags): SummaryFlags {
  const own = modelEntry(model)
  const side = flags.side ?? (own.anySize === true ? input[0] : undefined)
  return {
    ...flags,
    ...(own.classes === undefined ? {} : { classes: classes.length }),
    ...(side === undefined ? {} : { side }),
  }
}

function trainedIntroduction(
  path: string,
  { model, classes, input, data, epochs, accuracy }: ModelDescription,
): string {
  const outputs = classes.length === 0 ? '' : `, ${formatCount(classes.length)} classes`
  const tested = accuracy === undefined ? '' : `, ${formatShare(accuracy)} right on its test part`
  return `${printable(path)}: ${model}${outputs}, for images of ${formatShape(input)}\ntrained on ${printable(data)} for ${epochs} epochs${tested}`
}

interface TensorEntry {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
}

function tensorList({ tensors, metadata }: WeightsFile): {
  tensors: TensorEntry[]
  elements: number
  metadata: object
} {
  const entries = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
  return { tensors: entries, elements: entries.reduce((sum, { shape }) => sum + sizeOf(shape), 0), metadata }
}

function tensorTable(path: string, file: WeightsFile): string {
  const { tensors, elements } = tensorList(file)
  const columns = [{ title: 'tensor' }, { title: 'dtype' }, { title: 'shape' }, { title: 'elements', right: true }]
  const rows = tensors.map(({ name, dtype, shape }) => [
    printable(name),
    dtype,
    formatShape(shape),
    formatCount(sizeOf(shape)),
  ])
  return `${printable(path)}\n\n${textTable(columns, rows, [['total', '', '', formatCount(elements)]])}`
}
