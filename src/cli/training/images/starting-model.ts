// The network that a training starts with: a known one with weights at their start, or one from a file, with a head for other classes.

import { UsageError } from '../../../core/errors.ts'
import { Random } from '../../../core/random.ts'
import { formatShape, type Shape } from '../../../core/shape.ts'
import { readWeights } from '../../../io/weights.node.ts'
import { ImageClassifier } from '../../../models/image-classifier.ts'
import { findModelName, type ModelName, modelNames } from '../../../models/names.ts'
import type { Preprocessing } from '../../../models/preprocessing.ts'
import { createModel, modelEntry } from '../../../models/registry.ts'
import type { Module } from '../../../nn/module.ts'
import { loadModel, weightsPlace } from '../../network/open-network.ts'
import { remark } from '../../printing.ts'

export interface StartOptions {
  /** Name of the network (default: told by the weights). */
  readonly model?: string | undefined
  /** A file of weights, a folder of .npy files, or the folder of a training. */
  readonly from?: string | undefined
  /** Height and width of the pictures, of networks that take any size (default: the network's own). */
  readonly side?: number | undefined
  /** Shape of the pictures, [H, W, C], where they have one. */
  readonly sample?: Shape | undefined
  /** Channels of the pictures, where they are known. */
  readonly channels?: number | undefined
}

/** A network that is known, but not made yet. */
export interface ChosenModel {
  readonly name: ModelName
  /** [H, W, C] */
  readonly input: Shape
  readonly preprocessing: Preprocessing
  /** The network with the weights of a file. */
  readonly loaded: { readonly module: Module; readonly file: string } | undefined
}

/** Streams of random numbers that the seed gives: of initial weights. */
const weightStream = 1

/** Chooses the network by its name or its weights. Throws UsageError where none is known, or it takes other pictures. */
export async function chooseModel({ model, from, side, sample, channels: found }: StartOptions): Promise<ChosenModel> {
  const loaded = from === undefined ? undefined : await loadFrom(from, model, sample)
  const name = findModelName(loaded?.name ?? model ?? '')
  if (name === undefined)
    throw new UsageError(`there is no model called '${model}', the names are ${modelNames.join(', ')}`)
  const { input: usual, anySize = false, preprocessing } = modelEntry(name)
  const channels = usual.at(-1)
  if (found !== undefined && found !== channels) {
    const fitting = modelNames.filter((each) => modelEntry(each).input.at(-1) === found)
    throw new UsageError(
      `${name} takes images of ${formatShape(usual)}, height, width and channels, and these have ${countOf(found)}; such images are taken by ${fitting.join(', ')}`,
    )
  }
  if (side === undefined || side === usual[0])
    return { name, input: usual, preprocessing, loaded: loaded && { module: loaded.module, file: loaded.file } }
  if (!anySize) {
    const fitting = modelNames.filter((each) => modelEntry(each).anySize === true)
    throw new UsageError(
      `${name} takes images of ${formatShape(usual)} only, so leave out --side; any size is taken by ${fitting.join(', ')}`,
    )
  }
  const { shorterSide } = preprocessing
  const shorter =
    shorterSide === undefined ? {} : { shorterSide: Math.round((shorterSide * side) / (usual[0] ?? side)) }
  return { name, input: [side, side, channels as number], preprocessing: { ...preprocessing, ...shorter }, loaded }
}

function countOf(channels: number): string {
  return channels === 1 ? '1 channel' : `${channels} channels`
}

async function loadFrom(
  from: string,
  model: string | undefined,
  sample: Shape | undefined,
): Promise<{ readonly name: string; readonly module: Module; readonly file: string }> {
  const file = await readWeights(await weightsPlace(from), { warn: remark })
  const { name, module } = await loadModel(file, {
    ...(model === undefined ? {} : { model }),
    ...(sample === undefined ? {} : { sample }),
  })
  return { name, module, file: file.file }
}

export interface MadeModel {
  readonly module: Module
  /** Outputs; undefined for an autoencoder. */
  readonly classes: number | undefined
  /** What was done to weights that came from a file. */
  readonly note: string | undefined
}

/**
 * The network for so many classes. Throws UsageError where the weights of a file have other classes and the network no head that can be replaced.
 */
export function makeModel({ name, loaded }: ChosenModel, classes: number, seed: number): MadeModel {
  const random = new Random(seed).fork(weightStream)
  const isClassifier = modelEntry(name).classes !== undefined
  if (loaded === undefined) {
    const options = isClassifier ? { classes, random } : { random }
    return {
      module: createModel(name as string, options),
      classes: isClassifier ? classes : undefined,
      note: undefined,
    }
  }
  const { module, file } = loaded
  if (!isClassifier) return { module, classes: undefined, note: `weights of ${file}` }
  if (module instanceof ImageClassifier) {
    if (module.classes === classes) return { module, classes, note: `weights of ${file}, with its head` }
    const before = module.classes
    module.replaceHead({ classes, random })
    return { module, classes, note: `weights of ${file}, with a new head of ${classes} classes in place of ${before}` }
  }
  const outputs = [...module.namedParameters().values()].at(-1)?.shape.at(-1)
  if (outputs !== classes)
    throw new UsageError(
      `${file} has ${outputs} classes, and ${name} has no head that can be replaced; choose other data`,
    )
  return { module, classes, note: `weights of ${file}` }
}

/**
 * Freezes parameters: `backbone` for all but the head, or the names of modules and parameters with commas between them.
 * Throws UsageError for a name that is none.
 */
export function freezeByText(module: Module, text: string, name: ModelName): void {
  const names = text.split(',').map((each) => each.trim())
  if (!names.includes('backbone')) module.freeze(names)
  else if (names.length > 1) throw new UsageError('--freeze backbone is all but the head, so leave out other names')
  else module.freeze({ except: headOf(module, name).head })
}

/** The network as one with a head. Throws UsageError where it has none. */
export function headOf(module: Module, name: ModelName): ImageClassifier {
  if (module instanceof ImageClassifier) return module
  throw new UsageError(`${name} has no head apart from a backbone; give names to --freeze, such as layers.0`)
}
