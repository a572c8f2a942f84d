// Finds the state dict in what a checkpoint holds, and takes the prefixes off that wrappers of models leave on every name.

import { FormatError } from '../../core/errors.ts'
import { kindOfValue, type PickleDictionary, type PickleValue } from '../../data/formats/pickle-values.ts'
import { TensorView } from './storage.ts'

/** The tensors of a checkpoint. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, TensorView>
  /** What was chosen and changed on the way, as sentences. */
  readonly notes: readonly string[]
}

/** Keys under which checkpoints keep the weights, in the order in which they are looked for. */
const usualKeys = ['state_dict', 'model_state_dict', 'model', 'net', 'network', 'weights', 'params']

/** What wrappers put before every name: data parallelism, compilation. */
const wrapperPrefixes = ['module.', '_orig_mod.']

/** Checkpoints within checkpoints are followed this far. */
const deepest = 4

/**
 * The state dict of a checkpoint: under `entry` (keys with / between them), else under a usual key, else the checkpoint itself, else the
 * only dictionary of tensors in it. Throws FormatError where there is none, or several to choose from.
 */
export function findStateDict(checkpoint: PickleValue, file: string, entry?: string): StateDict {
  const { path, dictionary } = entry === undefined ? search(checkpoint, file, []) : follow(checkpoint, file, entry)
  const notes: string[] = []
  if (path.length > 0) {
    const others = checkpoint instanceof Map ? [...checkpoint.keys()].map(String).filter((key) => key !== path[0]) : []
    const beside = others.length === 0 ? '' : `; beside it ${listed(others)}`
    notes.push(`the state dict is the one under '${path.join('/')}'${beside}`)
  }
  const tensors = new Map<string, TensorView>()
  const left: string[] = []
  for (const [name, value] of dictionary) {
    if (typeof name === 'string' && value instanceof TensorView) tensors.set(name, value)
    else left.push(String(name))
  }
  if (left.length > 0) notes.push(`left out what is no tensor: ${listed(left)}`)
  return withoutPrefixes(tensors, notes)
}

function search(value: PickleValue, file: string, path: readonly string[]): Found {
  if (!(value instanceof Map)) {
    throw new FormatError(
      `${file}: checkpoint: expected a dictionary of tensors by name, but it holds ${kindOfValue(value)}`,
    )
  }
  if (path.length < deepest) {
    const usual = usualKeys.find((key) => holdsTensors(value.get(key), deepest - path.length - 1))
    if (usual !== undefined) return search(value.get(usual) as PickleValue, file, [...path, usual])
  }
  if (hasTensors(value)) return { path, dictionary: value }
  const inner = [...value].filter(([key, content]) => typeof key === 'string' && hasTensors(content))
  const [only] = inner
  if (only !== undefined && inner.length === 1)
    return { path: [...path, String(only[0])], dictionary: only[1] as PickleDictionary }
  const keys = listed([...value.keys()].map(String))
  const problem =
    inner.length === 0
      ? `it holds no dictionary of tensors${value.size === 0 ? ', it is empty' : `; its keys are ${keys}`}`
      : `it holds several dictionaries of tensors, choose one by the option 'entry': ${listed(inner.map(([key]) => String(key)))}`
  throw new FormatError(`${file}: checkpoint: ${problem}`)
}

interface Found {
  readonly path: readonly string[]
  readonly dictionary: PickleDictionary
}

function follow(checkpoint: PickleValue, file: string, entry: string): Found {
  const path = entry.split('/')
  let value: PickleValue | undefined = checkpoint
  for (const key of path) value = value instanceof Map ? value.get(key) : undefined
  if (value instanceof Map && hasTensors(value)) return { path, dictionary: value }
  const keys = checkpoint instanceof Map ? listed([...checkpoint.keys()].map(String)) : kindOfValue(checkpoint)
  throw new FormatError(`${file}: checkpoint: there is no dictionary of tensors under '${entry}'; it holds ${keys}`)
}

/** Whether tensors lie in a dictionary, or in one under a usual key of it. */
function holdsTensors(value: PickleValue | undefined, depth: number): boolean {
  if (!(value instanceof Map)) return false
  return hasTensors(value) || (depth > 0 && usualKeys.some((key) => holdsTensors(value.get(key), depth - 1)))
}

function hasTensors(value: PickleValue): boolean {
  return (
    value instanceof Map && [...value].some(([name, item]) => typeof name === 'string' && item instanceof TensorView)
  )
}

function withoutPrefixes(tensors: ReadonlyMap<string, TensorView>, notes: readonly string[]): StateDict {
  const names = [...tensors.keys()]
  const prefix = wrapperPrefixes.find((wrapper) => names.every((name) => name.startsWith(wrapper)))
  if (prefix === undefined || names.length === 0) return { tensors, notes }
  const shorter = new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor]))
  return withoutPrefixes(shorter, [...notes, `took the prefix '${prefix}' off all ${names.length} names`])
}

function listed(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ')
}
