// Trains a known network on images and measures it: in one phase, or with a part of it frozen first.

import { join } from 'node:path'
import { UsageError } from '../../../core/errors.ts'
import type { DataLoader } from '../../../data/loader.node.ts'
import type { ModelName } from '../../../models/names.ts'
import { accuracy } from '../../../nn/accuracy.ts'
import { meanSquaredError, smoothedCrossEntropy } from '../../../nn/losses.ts'
import type { Module } from '../../../nn/module.ts'
import { FolderStore } from '../../../train/checkpoint.node.ts'
import type { EpochRecord } from '../../../train/checkpoint.ts'
import { type ProgressStream, showProgress } from '../../../train/progress.node.ts'
import { type Augmentation, type Evaluation, Trainer } from '../../../train/trainer.ts'
import { type Measurement, measureNetwork } from '../../evaluation/measurement.ts'
import { type OptimizationSettings, optimizerOf, type RateGroup } from '../optimization.ts'
import { freezeByText, headOf } from './starting-model.ts'

/** Everything that decides what a training gives; the names are those of the flags. */
export interface ModelSettings extends OptimizationSettings {
  readonly data: string
  readonly model?: string
  readonly from?: string
  readonly classes?: number
  readonly side?: number
  readonly epochs: number
  readonly batch: number
  readonly augment?: string
  /** `backbone`, or names with commas between them. */
  readonly freeze?: string
  /** Epochs after which everything is trained. */
  readonly unfreezeAt?: number
  /** Learning rate of all but the head, where that is trained. */
  readonly backboneRate?: number
  /** Decay of the average of the weights. */
  readonly average?: number
  /** Share of the truth that goes to all classes alike. */
  readonly labelSmoothing?: number
  /** The weights that the network has afterwards (default: those of the best epoch on validation). */
  readonly keep?: 'best' | 'last'
  readonly valid?: number
  readonly limit?: number
  readonly seed: number
}

/** What is trained, on what. */
export interface ModelWork {
  readonly name: ModelName
  readonly module: Module
  /** Undefined for an autoencoder. */
  readonly classes: number | undefined
  readonly train: DataLoader
  readonly valid: DataLoader
  /** Undefined where it is to be left alone. */
  readonly test: DataLoader | undefined
  /** Of whole batches. */
  readonly batches: readonly Augmentation[]
}

export interface ModelSurroundings {
  readonly stream: ProgressStream
  readonly signal: AbortSignal
  /** Where checkpoints are kept; a training that was begun there goes on. */
  readonly folder: string | undefined
}

export interface ModelProgress {
  readonly history: readonly EpochRecord[]
  /** The epoch whose weights the network has, once the training is done. */
  readonly bestEpoch: number | undefined
  readonly seconds: number
}

/** What the network reaches on the test part: of a classifier its classes, of an autoencoder the loss; neither where the part is left alone. */
export interface MeasuredModel extends ModelProgress {
  readonly measured: Measurement | undefined
  readonly evaluation: Evaluation | undefined
}

/** A part of a training with one set of trained parameters. */
interface Phase {
  readonly epochs: number
  readonly seed: number
  readonly folder: string | undefined
  /** What is said before it. */
  readonly title: string | undefined
  readonly prepare: () => RateGroup | undefined
}

/** Checkpoints of the epochs before everything is trained lie in a folder of their own. */
export const frozenFolder = 'frozen'

/** One training of a known network, in all its phases, and its measurement on the test part. */
export class ModelTraining {
  readonly #settings: ModelSettings
  readonly #work: ModelWork
  readonly #surroundings: ModelSurroundings
  /** Epochs of the phases that are done. */
  #done: readonly EpochRecord[] = []
  #trainer: Trainer | undefined
  #bestEpoch: number | undefined

  constructor(settings: ModelSettings, work: ModelWork, surroundings: ModelSurroundings) {
    this.#settings = settings
    this.#work = work
    this.#surroundings = surroundings
  }

  /** What there is so far. */
  get progress(): ModelProgress {
    const history = [...this.#done, ...shifted(this.#trainer?.history ?? [], this.#done)]
    return { history, bestEpoch: this.#bestEpoch, seconds: history.reduce((sum, { seconds }) => sum + seconds, 0) }
  }

  /** Trains to the end, then measures on the test part, once, where there is one. Rejects with the signal's reason where it aborts. */
  async run(): Promise<MeasuredModel> {
    const { module, classes, test } = this.#work
    const { signal } = this.#surroundings
    for (const phase of this.#phases()) await this.#train(phase)
    module.eval()
    if (test === undefined) return { ...this.progress, measured: undefined, evaluation: undefined }
    if (classes === undefined) {
      const evaluation = await this.#trainer?.evaluate(test, { signal })
      return { ...this.progress, measured: undefined, evaluation }
    }
    const batchSize = this.#settings.batch
    const measured = await measureNetwork((images) => module.forward(images), test, { batchSize, signal })
    return { ...this.progress, measured, evaluation: undefined }
  }

  #phases(): Phase[] {
    const { epochs, seed, freeze, unfreezeAt } = this.#settings
    const { module, name } = this.#work
    const { folder } = this.#surroundings
    const all = { epochs, seed, folder, title: undefined }
    if (freeze === undefined) return [{ ...all, prepare: () => this.#slower() }]
    const freezeSome = (): RateGroup | undefined => {
      freezeByText(module, freeze, name)
      return unfreezeAt === undefined ? this.#slower() : undefined
    }
    if (unfreezeAt === undefined) return [{ ...all, prepare: freezeSome }]
    return [
      {
        epochs: unfreezeAt,
        seed,
        folder: folder && join(folder, frozenFolder),
        title: `Epochs 1 to ${unfreezeAt}: ${freeze === 'backbone' ? 'the backbone' : freeze} is frozen`,
        prepare: freezeSome,
      },
      {
        epochs: epochs - unfreezeAt,
        // Another seed, so that the samples do not come in the same order again.
        seed: (seed + 1) % 2 ** 32,
        folder,
        title: `Epochs ${unfreezeAt + 1} to ${epochs}: everything is trained`,
        prepare: () => {
          module.unfreeze()
          return this.#slower()
        },
      },
    ]
  }

  /** All but the head, where it has a rate of its own. */
  #slower(): RateGroup | undefined {
    const { backboneRate: rate } = this.#settings
    if (rate === undefined) return undefined
    const { module, name } = this.#work
    const parameters = headOf(module, name).backbone
    if (parameters.length === 0)
      throw new UsageError('--backbone-rate has nothing to act on, as the whole backbone is frozen; leave it out')
    return { parameters, rate }
  }

  async #train({ epochs, seed, folder, title, prepare }: Phase): Promise<void> {
    const settings = this.#settings
    const { module, classes, train, valid, batches } = this.#work
    const { stream, signal } = this.#surroundings
    if (this.#trainer !== undefined) this.#done = this.progress.history
    const slower = prepare()
    const stepsPerEpoch = Math.ceil(train.length / settings.batch)
    const trainer = new Trainer(module, {
      optimizer: optimizerOf(settings, { stepsPerEpoch, ...(slower === undefined ? {} : { slower }) }),
      ...(classes === undefined
        ? { loss: meanSquaredError, target: 'inputs' }
        : { loss: smoothedCrossEntropy(settings.labelSmoothing ?? 0), metrics: [accuracy] }),
      epochs,
      batchSize: settings.batch,
      seed,
      keep: settings.keep ?? 'best',
      augment: batches,
      ...(settings.average === undefined ? {} : { average: { decay: settings.average } }),
      ...(folder === undefined ? {} : { checkpoint: new FolderStore(folder) }),
    })
    this.#trainer = trainer
    trainer.on('end', ({ best }) => {
      const kept = settings.keep === 'last' ? epochs : best?.epoch
      this.#bestEpoch = kept && this.#done.length + kept
    })
    if (title !== undefined) stream.write(`${title}\n`)
    const endProgress = showProgress(trainer, stream)
    try {
      await trainer.fit(train, { valid, signal })
    } finally {
      endProgress()
    }
  }
}

/** The epochs of a phase, counted on from those before it. */
function shifted(history: readonly EpochRecord[], before: readonly EpochRecord[]): EpochRecord[] {
  const steps = before.at(-1)?.steps ?? 0
  return history.map((record) => ({ ...record, epoch: record.epoch + before.length, steps: record.steps + steps }))
}
