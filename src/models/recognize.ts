// Which known network a set of weights belongs to: told by the names and shapes of its tensors, never by a file's name.

import { equalShapes, type Shape } from '../core/shape.ts'
import { arrangementsOf } from '../io/layout.ts'
import { skipInitialization } from '../nn/initializers.ts'
import type { Module } from '../nn/module.ts'
import { ImageClassifier } from './image-classifier.ts'
import { type ModelName, modelNames } from './names.ts'
import { createModel, modelEntry } from './registry.ts'

/** A known network that weights fit. */
export interface RecognizedModel {
  readonly name: ModelName
  /** All networks with these weights: LeNet-5 for 32x32 and for 28x28 differ in nothing that is learned. */
  readonly names: readonly ModelName[]
  /** Number of classes; undefined for an autoencoder. */
  readonly classes: number | undefined
  /** The model's name of each tensor, to be given to `loadWeights` as `rename: (name) => names.get(name)`. */
  readonly rename: ReadonlyMap<string, string>
}

/** Anything with a shape: a tensor of a file. */
interface Shaped {
  readonly shape: Shape
}

/**
 * The known network whose parameters and state have the names and shapes of `weights`, in Ocellus's layout or PyTorch's, with any number of classes;
 * undefined where there is none. A beginning that all names share, such as `module.`, is left out. Where no names fit, tensors are
 * taken in the order of the numbers in their names: then the shapes must fit one after the other.
 */
export function recognizeModel(weights: ReadonlyMap<string, Shaped>): RecognizedModel | undefined {
  const found = new Map<ModelName, Match>()
  for (const name of modelNames) {
    const match = matchModel(name, weights)
    if (match !== undefined) found.set(name, match)
  }
  const [first] = found
  if (first === undefined) return undefined
  const [name, { classes, rename }] = first
  return { name, names: [...found.keys()], classes, rename }
}

/** The model's name of each tensor, where `weights` have its shapes and differ from it in names only; else undefined. */
export function namesFor(model: Module, weights: ReadonlyMap<string, Shaped>): ReadonlyMap<string, string> | undefined {
  const rename = renameTensors(model, weights)
  return rename !== undefined && shapesFit(model, weights, rename) ? rename : undefined
}

interface Match {
  readonly classes: number | undefined
  readonly rename: ReadonlyMap<string, string>
}

function matchModel(name: ModelName, weights: ReadonlyMap<string, Shaped>): Match | undefined {
  const model = skipInitialization(() => createModel(name as string))
  const rename = renameTensors(model, weights)
  if (rename === undefined) return undefined
  const classes = classesOf(name, model, weights, rename)
  const sized = classes === undefined ? model : skipInitialization(() => createModel(name as string, { classes }))
  return shapesFit(sized, weights, rename) ? { classes, rename } : undefined
}

/** A name of the model for each tensor but the counters of batches, which nothing here needs. */
function renameTensors(model: Module, weights: ReadonlyMap<string, Shaped>): Map<string, string> | undefined {
  const names = [...weights.keys()].filter((name) => !/(^|\.)num_batches_tracked$/.test(name))
  const variables = [...model.namedVariables().keys()]
  if (variables.length !== names.length) return undefined
  return renameByPrefix(names, variables) ?? renameByOrder(names, variables, weights)
}

/** Where all names of a file are the model's with one beginning in front. */
function renameByPrefix(names: readonly string[], variables: readonly string[]): Map<string, string> | undefined {
  const given = new Set(names)
  const [variable = ''] = variables
  const prefix = names
    .filter((name) => name === variable || name.endsWith(`.${variable}`))
    .map((name) => name.slice(0, name.length - variable.length))
    .find((beginning) => variables.every((other) => given.has(`${beginning}${other}`)))
  return prefix === undefined ? undefined : new Map(variables.map((name) => [`${prefix}${name}`, name]))
}

/** By the order of the numbers in the names; only for models without running statistics, whose order differs between frameworks. */
function renameByOrder(
  names: readonly string[],
  variables: readonly string[],
  weights: ReadonlyMap<string, Shaped>,
): Map<string, string> | undefined {
  if (variables.some((variable) => variable.endsWith('running_mean'))) return undefined
  const ordered = [...names].sort(byNumberThenRank(weights))
  return new Map(ordered.map((given, i) => [given, variables[i] as string]))
}

/** Numbers count as numbers; of one layer, what has more axes comes first: the weight before the bias. */
function byNumberThenRank(weights: ReadonlyMap<string, Shaped>): (a: string, b: string) => number {
  const layer = (name: string): string => name.replace(/[._]?(weight|bias|kernel)$/, '')
  const rank = (name: string): number => weights.get(name)?.shape.length ?? 0
  return (a, b) => layer(a).localeCompare(layer(b), 'en', { numeric: true }) || rank(b) - rank(a)
}

/** Whether all shapes are those of the model, or all those that PyTorch would have. */
function shapesFit(model: Module, weights: ReadonlyMap<string, Shaped>, rename: ReadonlyMap<string, string>): boolean {
  const variables = model.namedVariables()
  const arrangements = arrangementsOf(model)
  const fits = (shapeOf: (path: string) => Shape | undefined): boolean =>
    [...rename].every(([from, to]) => equalShapes(weights.get(from)?.shape ?? [], shapeOf(to) ?? []))
  const own = (path: string): Shape | undefined => variables.get(path)?.shape
  return fits(own) || fits((path) => arrangements.get(path)?.shape ?? own(path))
}

/** The number of classes, from the bias of the last layer. */
function classesOf(
  name: ModelName,
  model: Module,
  weights: ReadonlyMap<string, Shaped>,
  rename: ReadonlyMap<string, string>,
): number | undefined {
  if (modelEntry(name).classes === undefined) return undefined
  const last = [...model.namedParameters().keys()].filter((path) => path.endsWith('.bias')).at(-1)
  const bias = model instanceof ImageClassifier ? `${model.headName}.bias` : last
  const [given = ''] = [...rename].find(([, to]) => to === bias) ?? []
  return weights.get(given)?.shape[0]
}
