// What `ocellus convert` does.

import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { OcellusError, UsageError } from '../../core/errors.ts'
import { formatShape, sizeOf } from '../../core/shape.ts'
import { writeFileAtomically } from '../../io/atomic-file.node.ts'
import { layoutKey } from '../../io/layout-mark.ts'
import { writeOnnx } from '../../io/onnx/export.ts'
import { readWeights, writeWeights, writtenFormatOf } from '../../io/weights.node.ts'
import type { WeightsFile } from '../../io/weights-file.ts'
import { unit } from '../../models/preprocessing.ts'
import { modelEntry } from '../../models/registry.ts'
import { textTable } from '../../nn/text-table.ts'
import type { ConvertFlags } from '../convert.ts'
import { printable, remark } from '../printing.ts'
import { formatCount } from '../terminal.ts'
import { isCharacterNetwork, loadNetwork } from './character-network-file.ts'
import { describedModel, type ModelDescription } from './model-description.ts'
import { loadModel, weightsPlace } from './open-network.ts'
import { classesKey, preprocessingKey } from './preprocessing-mark.ts'

/** Reads the input, writes the output and prints the tensors; what was chosen on the way and what is odd goes to stderr. */
export async function convertWeights(input: string, output: string, flags: ConvertFlags): Promise<void> {
  const { to, entry, force, model } = flags
  const isNetwork = to === 'onnx' || (to === undefined && output.toLowerCase().endsWith('.onnx'))
  const format = isNetwork ? 'onnx' : writtenFormatOf(output, to === undefined ? {} : { format: to })
  if (!isNetwork && model !== undefined) throw new UsageError('only ONNX files hold a network, so leave out --model')
  await checkOutput(input, output, force)
  const file = await readWeights(await weightsPlace(input), {
    ...(entry === undefined ? {} : { entry }),
    warn: () => undefined,
  })
  const layout = layoutOf(file, flags)
  if (isNetwork) {
    await writeNetwork(file, output, flags)
    return
  }
  const marks = layout === undefined ? {} : { layout }
  await writeWeights(output, file.tensors, { format, ...marks, metadata: file.metadata })
  for (const note of [...file.notes, ...lostMetadata(file, format)]) remark(`${input}: ${note}`)
  const sentence = `${input} (${file.format}) is now ${output}, ${layoutSentence(layout)}`
  console.log(`${printable(sentence)}\n\n${tensorTable(file)}`)
}

/** Writes the network that the weights belong to. */
async function writeNetwork(file: WeightsFile, output: string, { model, layout }: ConvertFlags): Promise<void> {
  if (file.format === 'onnx') throw new UsageError(`${file.file} is an ONNX file already; copy it`)
  const { name, module, classes } = await loadModel(file, {
    ...(model === undefined ? {} : { model }),
    ...(layout === undefined ? {} : { layout }),
  })
  const trained = model === undefined ? await trainingOf(file) : undefined
  const { input, preprocessing } = trained ?? modelEntry(name)
  const metadata = {
    [preprocessingKey]: JSON.stringify(preprocessing),
    ...(trained === undefined ? {} : { [classesKey]: JSON.stringify(trained.classes) }),
  }
  await writeFileAtomically(output, await writeOnnx(module, { input, name, metadata }))
  for (const note of [...file.notes, ...(trained?.notes ?? [])]) remark(`${file.file}: ${note}`)
  const outputs = classes === undefined ? '' : `, ${classes} classes`
  const [height, width, channels] = input
  console.log(
    `${file.file} (${file.format}) is now ${output}: ${name}${outputs}, which takes images [N, ${channels}, ${height}, ${width}]`,
  )
}

/** What the file says of the training that wrote it. */
async function trainingOf(
  file: WeightsFile,
): Promise<(Pick<ModelDescription, 'input' | 'preprocessing' | 'classes'> & Pick<WeightsFile, 'notes'>) | undefined> {
  if (!isCharacterNetwork(file)) {
    const described = describedModel(file)
    return described && { ...described, notes: [] }
  }
  const { description } = await loadNetwork(file.file)
  const { inputs, classes, input } = description
  const side = Math.sqrt(inputs)
  if (!Number.isInteger(side)) throw new UsageError(`${file.file} takes ${inputs} numbers, which are no square image`)
  const what = input === 'glyphs' ? 'letters redrawn as the page reader sees them' : 'letters'
  const note = `it takes ${what}, with ink 1 on paper 0, which an ONNX file has no place for`
  return { input: [side, side, 1], preprocessing: unit, classes, notes: [note] }
}

function layoutOf(file: WeightsFile, { layout }: ConvertFlags): WeightsFile['layout'] {
  if (layout !== undefined && file.layout !== undefined && layout !== file.layout) {
    throw new UsageError(`${file.file} says that its layout is ${file.layout}, so leave out --layout ${layout}`)
  }
  return file.layout ?? layout
}

/** What only safetensors has a place for, beyond the mark of the layout. */
function lostMetadata({ metadata }: WeightsFile, format: string): string[] {
  const keys = Object.keys(metadata).filter((key) => key !== layoutKey && key !== 'format')
  return format === 'safetensors' || keys.length === 0
    ? []
    : [`left out its metadata ${keys.join(', ')}, which ${format} has no place for`]
}

function layoutSentence(layout: WeightsFile['layout']): string {
  return layout === undefined ? 'which does not say how its weights are arranged' : `in the layout of ${layout}`
}

function tensorTable({ tensors }: WeightsFile): string {
  const columns = [{ title: 'tensor' }, { title: 'dtype' }, { title: 'shape' }, { title: 'elements', right: true }]
  const rows = [...tensors].map(([name, { dtype, shape }]) => [
    printable(name),
    dtype,
    formatShape(shape),
    formatCount(sizeOf(shape)),
  ])
  const total = [...tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  return textTable(columns, rows, [['total', '', '', formatCount(total)]])
}

/** Throws where the output is the input, under whatever name, or is there already, or has no folder. */
async function checkOutput(input: string, output: string, force: boolean): Promise<void> {
  const [from, to, folder] = await Promise.all([input, output, dirname(output)].map(statusOf))
  if (to !== undefined && from !== undefined && to.dev === from.dev && to.ino === from.ino) {
    throw new UsageError(`${output} is the input itself, which is never written to; give another output`)
  }
  if (to?.isDirectory()) throw new OcellusError(`${output} is a folder; give the name of a file`)
  if (to !== undefined && !force) throw new OcellusError(`${output} is there already; give --force to replace it`)
  if (!folder?.isDirectory())
    throw new OcellusError(`${output} cannot be written: there is no folder ${dirname(output)}`)
}

function statusOf(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  return stat(path).catch(() => undefined)
}
