// Checkpoints: all that a training needs to go on with the same bits, as one safetensors file.

import { FormatError } from '../core/errors.ts'
import type { HostTensor } from '../core/host-tensor.ts'
import type { BatchPosition } from '../data/batches.ts'
import { Adler32 } from '../data/formats/checksum.ts'
import { readSafetensors, writeSafetensors } from '../io/safetensors.ts'
import type { OptimizerState } from '../optim/optimizer.ts'
import type { WeightAverageState } from '../optim/weight-average.ts'
import type { TrainingIdentity } from './identity.ts'
import type { PartialScores, Scores } from './scores.ts'

/** Where checkpoints are kept: a folder in Node, or anything that keeps bytes under a name. */
export interface CheckpointStore {
  /** What messages call the place. */
  readonly name: string
  /** The bytes kept under a name, or undefined if there are none. */
  read(name: string): Promise<Uint8Array | undefined>
  /** Keeps bytes under a name: all of them or, if that fails, those from before. */
  write(name: string, bytes: Uint8Array): Promise<void>
}

/** One epoch of a training. */
export interface EpochRecord {
  /** 1 for the first. */
  readonly epoch: number
  /** Steps done so far. */
  readonly steps: number
  /** Mean over the epoch's batches, as they were when they were trained on. */
  readonly train: Scores
  readonly valid?: Scores
  /** Of the epoch's last step. */
  readonly learningRate: number
  readonly seconds: number
}

/** The best weights so far. */
export interface BestWeights {
  readonly epoch: number
  readonly score: number
  readonly weights: ReadonlyMap<string, HostTensor>
}

/** A training at one moment between two steps. */
export interface TrainingState {
  /** What must be equal in the training that goes on. */
  readonly identity: TrainingIdentity
  /** Which devices give the same bits. */
  readonly numberClass: string
  readonly steps: number
  readonly position: BatchPosition
  /** Of the epoch that is under way. */
  readonly partial: PartialScores
  /** Of the last step. */
  readonly learningRate: number
  readonly norm: number | undefined
  /** Spent on the epoch that is under way. */
  readonly seconds: number
  readonly history: readonly EpochRecord[]
  readonly model: ReadonlyMap<string, HostTensor>
  readonly optimizer: OptimizerState
  readonly best: BestWeights | undefined
  /** The average of the weights, where one is kept. */
  readonly average?: WeightAverageState | undefined
}

/** The fields that are no tensors. */
type Progress = Omit<TrainingState, 'model' | 'optimizer' | 'best' | 'average'> & {
  readonly optimizer: Omit<OptimizerState, 'tensors'>
  readonly best: Omit<BestWeights, 'weights'> | undefined
  readonly average?: Omit<WeightAverageState, 'tensors'> | undefined
}

const version = '1'
const sections = ['model', 'optimizer', 'best', 'average'] as const

/** The bytes of a checkpoint. */
export function encodeCheckpoint(state: TrainingState): Uint8Array {
  const { model, optimizer, best, average, ...rest } = state
  const { tensors: moments, ...optimizerProgress } = optimizer
  const { weights = new Map<string, HostTensor>(), ...bestProgress } = best ?? {}
  const averages = average?.tensors ?? new Map<string, HostTensor>()
  const tensors = new Map<string, HostTensor>()
  const parts = { model, optimizer: moments, best: weights, average: averages }
  for (const section of sections) {
    for (const [name, tensor] of parts[section]) tensors.set(`${section}/${name}`, tensor)
  }
  const progress = JSON.stringify(
    {
      ...rest,
      optimizer: optimizerProgress,
      best: best === undefined ? undefined : bestProgress,
      average: average && { updates: average.updates },
    },
    (_, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value),
  )
  const checksum = String(checksumOf(progress, tensors))
  return writeSafetensors(tensors, { 'ocellus checkpoint': version, progress, checksum })
}

/**
 * The training that a checkpoint holds; `file` is its name in messages.
 * Throws FormatError for bytes that are damaged, or no checkpoint of this version.
 */
export function decodeCheckpoint(bytes: Uint8Array, file: string): TrainingState {
  const { tensors, metadata } = readSafetensors(bytes, { file })
  const found = metadata['ocellus checkpoint']
  if (found === undefined) throw new FormatError(`${file} is no checkpoint of a training; give another folder`)
  if (found !== version) {
    throw new FormatError(`${file} is a checkpoint of version ${found}, this program reads version ${version}`)
  }
  const { progress: text = '', checksum } = metadata
  if (checksum !== String(checksumOf(text, tensors))) {
    throw new FormatError(`${file} is damaged: its checksum is wrong; delete it to start anew`)
  }
  const parts = { model: new Map<string, HostTensor>(), optimizer: new Map(), best: new Map(), average: new Map() }
  for (const [name, tensor] of tensors) {
    const section = sections.find((candidate) => name.startsWith(`${candidate}/`))
    if (section === undefined) throw new FormatError(`${file}: tensor ${name} belongs to no part of a checkpoint`)
    parts[section].set(name.slice(section.length + 1), tensor)
  }
  const { average, ...progress } = parseProgress(text, file)
  return {
    ...progress,
    ...(average === undefined ? {} : { average: { ...average, tensors: parts.average } }),
    model: parts.model,
    optimizer: { ...progress.optimizer, tensors: parts.optimizer },
    best: progress.best === undefined ? undefined : { ...progress.best, weights: parts.best },
  }
}

/** Over the account of the progress, and all values in the order of their names. */
function checksumOf(progress: string, tensors: ReadonlyMap<string, HostTensor>): number {
  const checksum = new Adler32()
  checksum.update(new TextEncoder().encode(progress))
  for (const name of [...tensors.keys()].sort()) {
    const { data } = tensors.get(name) as HostTensor
    checksum.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  return checksum.value
}

/** How a score that is NaN or infinite is written: JSON has no number for it. */
function isNonFinite(value: unknown): value is { readonly number: string } {
  return typeof value === 'object' && value !== null && 'number' in value
}

/** The checkpoint wrote this text itself and its checksum is right: what remains is a look at the fields that everything hangs on. */
function parseProgress(text: string, file: string): Progress {
  try {
    const progress: Progress = JSON.parse(text, (_, value) => (isNonFinite(value) ? Number(value.number) : value))
    const { identity, steps, position, partial, history, optimizer } = progress
    const whole = [steps, position.epoch, position.batch, partial.samples, optimizer.steps].every(Number.isInteger)
    if (whole && typeof identity === 'object' && Array.isArray(history) && Array.isArray(partial.totals))
      return progress
  } catch {
    // Falls through to the message below.
  }
  throw new FormatError(`${file} is damaged: its account of the progress makes no sense; delete it to start anew`)
}
