// A network from a file of weights: which one it is, told by its tensors, and all it takes to run it on images.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../../core/errors.ts'
import { formatShape, type Shape, sizeOf } from '../../core/shape.ts'
import type { WeightsLayout } from '../../io/layout.ts'
import { type OnnxNetwork, readOnnx } from '../../io/onnx/network.ts'
import { readFileIfThere } from '../../io/read-file.node.ts'
import { readWeights } from '../../io/weights.node.ts'
import { type LoadWeightsOptions, loadWeights } from '../../io/weights.ts'
import type { WeightsFile } from '../../io/weights-file.ts'
import { listNames, WeightsMismatchError } from '../../io/weights-report.ts'
import { findModelName, modelNames } from '../../models/names.ts'
import type { Preprocessing } from '../../models/preprocessing.ts'
import { unit } from '../../models/preprocessing.ts'
import { type RecognizedModel, recognizeModel } from '../../models/recognize.ts'
import { createModel, modelEntry } from '../../models/registry.ts'
import { skipInitialization } from '../../nn/initializers.ts'
import type { Module } from '../../nn/module.ts'
import { zeros } from '../../tensor/creation.ts'
import type { Tensor } from '../../tensor/tensor.ts'
import {
  isCharacterNetwork,
  isRecognizer,
  loadNetwork,
  type NetworkDescription,
  networkFile,
  openNetworkFile,
} from './character-network-file.ts'
import { describedModel, type ModelDescription } from './model-description.ts'
import { markedClasses, markedPreprocessing } from './preprocessing-mark.ts'

export interface PretrainedNetwork {
  /** What messages call it. */
  readonly name: string
  /** Of the file. */
  readonly format: string
  readonly module: Module
  /** Images [N, H, W, C] to logits [N, classes]. */
  readonly run: (images: Tensor) => Tensor
  /** [H, W, C]; where `anySize` holds, other heights and widths do as well. */
  readonly input: Shape
  readonly anySize: boolean
  readonly classes: number
  readonly preprocessing: Preprocessing
  /** Of a network that `ocellus train` wrote: its classes and what its letters looked like. */
  readonly description?: NetworkDescription
  /** One name per output, where the file tells them. */
  readonly classNames?: readonly string[]
  /** What was chosen on the way and what is odd, as sentences. */
  readonly notes: readonly string[]
}

export interface OpenNetworkOptions {
  /** The network's name, where it is not to be recognised. */
  readonly model?: string
  /** Where the state dict lies in a checkpoint that holds several. */
  readonly entry?: string
  /** How the weights are arranged, where the file does not say so. */
  readonly layout?: WeightsLayout
  /** Shape of the images, [H, W, C]: of networks that differ in nothing else, the one is taken that fits. */
  readonly sample?: Shape
}

/**
 * Opens a file of weights, a folder of .npy files, or the folder of a training, and loads the network that it belongs to.
 * Throws UsageError where no network is known that fits, or the network tells no classes apart.
 */
export async function openNetwork(path: string, options: OpenNetworkOptions = {}): Promise<PretrainedNetwork> {
  const place = await weightsPlace(path)
  const { entry, model } = options
  const file = await readWeights(place, { ...(entry === undefined ? {} : { entry }), warn: () => undefined })
  if (isRecognizer(file))
    throw new UsageError(
      `${path} is a recognizer of the page reader, which takes features and no images; measure it with ocellus read`,
    )
  if (file.format === 'safetensors' && (await openNetworkFile(place)).description !== undefined)
    return characterNetwork(place)
  if (file.format === 'onnx') return onnxNetwork(place, file, options)
  const described = model === undefined ? describedModel(file) : undefined
  if (described !== undefined) return describedNetwork(described, file)
  const recognized = recognizeModel(file.tensors)
  const name = model === undefined ? chosenName(file, recognized, options.sample) : knownName(model)
  return knownNetwork(name, file, recognized, options)
}

/** A network as `ocellus train --model` trained it: pictures are brought to the size that it was trained on. */
async function describedNetwork(
  { model: name, classes: classNames, input, preprocessing }: ModelDescription,
  file: WeightsFile,
): Promise<PretrainedNetwork> {
  if (modelEntry(name).classes === undefined)
    throw new UsageError(`${file.file}: ${name} is an autoencoder, which tells no classes apart`)
  const classes = classNames.length
  const module = skipInitialization(() => createModel(name as string, { classes }))
  await loadInto(name, module, file)
  const run = (images: Tensor): Tensor => module.forward(images)
  const { format, notes } = file
  return { name, format, module: module.eval(), run, input, anySize: false, classes, classNames, preprocessing, notes }
}

/** A file of weights, or what is in a folder: the network of a training, else the folder itself, with .npy files in it. */
export async function weightsPlace(path: string): Promise<string> {
  const inside = join(path, networkFile)
  return (await stat(inside).catch(() => undefined)) === undefined ? path : inside
}

function knownName(model: string): string {
  const name = findModelName(model)
  if (name === undefined)
    throw new UsageError(`there is no model called '${model}', the names are ${modelNames.join(', ')}`)
  return name
}

/** The recognised network; of several, the one that takes images of the shape of `sample`. */
function chosenName(file: WeightsFile, found: RecognizedModel | undefined, sample: Shape | undefined): string {
  if (found === undefined) {
    throw new UsageError(
      `${file.file}: its tensors (${listNames([...file.tensors.keys()])}) fit no known network; give its name with --model, or the network itself as an .onnx file`,
    )
  }
  const fitting = found.names.find((name) => String(modelEntry(name).input) === String(sample))
  return fitting ?? found.name
}

async function knownNetwork(
  name: string,
  file: WeightsFile,
  recognized: RecognizedModel | undefined,
  options: OpenNetworkOptions,
): Promise<PretrainedNetwork> {
  const { input, anySize = false, preprocessing, classes: usual } = modelEntry(name)
  if (usual === undefined) throw new UsageError(`${file.file}: ${name} is an autoencoder, which tells no classes apart`)
  const { module, classes = usual } = await loadKnown(name, file, recognized, options)
  const run = (images: Tensor): Tensor => module.forward(images)
  const { format, notes } = file
  return { name, format, module, run, input, anySize, classes, preprocessing, notes }
}

/** A known network with the weights of a file. */
export interface LoadedModel {
  readonly name: string
  readonly module: Module
  /** Undefined for an autoencoder. */
  readonly classes: number | undefined
}

/** The known network that a file belongs to, or the one of the name `model`, with its weights. Throws UsageError where none fits. */
export async function loadModel(file: WeightsFile, options: OpenNetworkOptions = {}): Promise<LoadedModel> {
  if (options.model === undefined && isCharacterNetwork(file)) {
    const { model: module, description } = await loadNetwork(file.file)
    return { name: 'character-mlp', module: module.eval(), classes: description.classes.length }
  }
  const recognized = recognizeModel(file.tensors)
  const { model = describedModel(file)?.model, sample } = options
  const name = model === undefined ? chosenName(file, recognized, sample) : knownName(model)
  return loadKnown(name, file, recognized, options)
}

async function loadKnown(
  name: string,
  file: WeightsFile,
  recognized: RecognizedModel | undefined,
  { layout }: OpenNetworkOptions,
): Promise<LoadedModel> {
  const fitting = recognized?.names.some((each) => each === name) ? recognized : undefined
  const classes = fitting?.classes ?? modelEntry(name).classes
  const module = skipInitialization(() => createModel(name, classes === undefined ? {} : { classes }))
  await loadInto(name, module, file, {
    ...(fitting === undefined ? {} : { rename: (given: string) => fitting.rename.get(given) ?? given }),
    ...(layout === undefined ? {} : { layout }),
  })
  return { name, module: module.eval(), classes }
}

/** Loads weights as a whole. Throws UsageError, with what is missing and what differs, where they do not fit. */
async function loadInto(
  name: string,
  module: Module,
  file: WeightsFile,
  options: LoadWeightsOptions = {},
): Promise<void> {
  try {
    await loadWeights(module, file, options)
  } catch (error) {
    if (!(error instanceof WeightsMismatchError)) throw error
    throw new UsageError(`${file.file} does not fit ${name}: ${error.report.problems}; choose other weights or --model`)
  }
}

/** Pixels of 0 to 255: ONNX files that others wrote do not say what they expect of them. */
const rawPixels: Preprocessing = { scale: 1, mean: [0], deviation: [1] }

async function onnxNetwork(
  path: string,
  { file, notes, metadata }: WeightsFile,
  { model, sample }: OpenNetworkOptions,
): Promise<PretrainedNetwork> {
  if (model !== undefined) throw new UsageError(`${file} is a network itself, so leave out --model ${model}`)
  const module = readOnnx((await readFileIfThere(path)) ?? new Uint8Array(), { file })
  const { input, anySize } = onnxImage(module, file, sample)
  const run = (images: Tensor): Tensor => {
    const outputs = module.forward(images.permute([0, 3, 1, 2]))
    return outputs.rank === 2 ? outputs : outputs.reshape([outputs.shape[0] ?? 0, sizeOf(outputs.shape.slice(1))])
  }
  const made = module.inputs[0]?.shape?.[0]
  const classes = classesOf(run, input, typeof made === 'number' ? made : 1)
  const classNames = markedClasses(metadata, classes)
  return {
    name: 'the network of the file',
    format: 'onnx',
    module,
    run,
    input,
    anySize,
    classes,
    preprocessing: markedPreprocessing(metadata) ?? rawPixels,
    ...(classNames === undefined ? {} : { classNames }),
    notes,
  }
}

/** Height, width and channels of its one input; open extents are those of the images, else 224. */
function onnxImage(
  { inputs }: OnnxNetwork,
  file: string,
  sample: Shape | undefined,
): { input: Shape; anySize: boolean } {
  const [first, ...more] = inputs
  const [, channels, height, width] = first?.shape ?? []
  if (first?.shape?.length !== 4 || more.length > 0 || typeof channels !== 'number') {
    const shapes = inputs.map(({ name, shape }) => `${name} [${shape?.join(', ') ?? '?'}]`).join(', ')
    throw new UsageError(`${file} takes ${shapes}; only networks with one input of images [N, C, H, W] are measured`)
  }
  const side = (extent: number | string | undefined, own: number | undefined): number =>
    typeof extent === 'number' ? extent : (own ?? 224)
  const anySize = typeof height !== 'number' && typeof width !== 'number'
  return { input: [side(height, sample?.[0]), side(width, sample?.[1]), channels], anySize }
}

/** The number of outputs for each of so many images; nothing is computed. */
function classesOf(run: (images: Tensor) => Tensor, input: Shape, samples: number): number {
  return run(zeros([samples, ...input])).shape[1] ?? 0
}

async function characterNetwork(path: string): Promise<PretrainedNetwork> {
  const { model, description } = await loadNetwork(path)
  const side = Math.sqrt(description.inputs)
  if (!Number.isInteger(side))
    throw new UsageError(`${path} takes ${description.inputs} numbers, which are no square image`)
  return {
    name: `character network ${[description.inputs, ...description.hidden, description.classes.length].join('-')}`,
    format: 'safetensors',
    module: model.eval(),
    run: (letters) => model.forward(letters),
    input: [side, side, 1],
    anySize: false,
    classes: description.classes.length,
    preprocessing: unit,
    description,
    notes: [],
  }
}

/** Names and shapes in a line: `resnet20-padding (pytorch), 10 classes, images of [32, 32, 3]`. */
export function networkSentence({ name, format, classes, input }: PretrainedNetwork): string {
  return `${name} (${format}), ${classes} classes, images of ${formatShape(input)}`
}
