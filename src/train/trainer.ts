// Trainer: what a person sets and asks for; the training itself is in training-run.ts.

import { UsageError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { BatchSource } from '../data/batch-source.ts'
import type { BatchPosition } from '../data/batches.ts'
import type { Batch } from '../data/dataset.ts'
import type { Transform } from '../data/transforms/transform.ts'
import { accuracy, type Metric } from '../nn/accuracy.ts'
import type { Loss } from '../nn/losses.ts'
import type { Module } from '../nn/module.ts'
import type { Optimizer, OptimizerFactory } from '../optim/optimizer.ts'
import type { WeightAverageOptions } from '../optim/weight-average.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { CheckpointStore, EpochRecord } from './checkpoint.ts'
import { Evaluator, type Target } from './evaluation.ts'
import { Events, type Listener } from './events.ts'
import { type Measures, metricName, type Scores } from './scores.ts'
import type { Clipping } from './step-program.ts'
import { TrainingRun } from './training-run.ts'

/** Changes the samples of a training step; all randomness comes from `random`. */
export type Augmentation = (batch: Batch, random: Random) => Batch

/** When to stop before the last epoch. */
export interface StoppingRule {
  /** After so many steps. */
  readonly steps?: number
  /** Once the change of all parameters in a step, as one vector, is shorter than this. */
  readonly stepNorm?: number
}

export interface TrainerOptions<Model extends Module = Module> {
  /** Made for the model's parameters when training begins: `sgd({ learningRate: 0.1 })`. */
  readonly optimizer: OptimizerFactory
  readonly loss: Loss
  /** Measured beside the loss, `accuracy` for one (default: none). */
  readonly metrics?: readonly Metric[]
  readonly epochs: number
  /** Samples per step (default 32); the last batch of an epoch may be smaller. */
  readonly batchSize?: number
  /** Of the order of the samples, augmentation and dropout (default 0). */
  readonly seed?: number
  /** Reshuffled every epoch (default), drawn once, or in the order of the data. */
  readonly batches?: 'reshuffled' | 'once' | 'sequential'
  /**
   * Applied to the samples of each step, one after another: first transforms of single pictures, such as `randomCrop`, then functions of
   * whole batches, such as `mixup`. All of it on this thread; a `DataLoader` transforms pictures on others.
   */
  readonly augment?: readonly (Transform | Augmentation)[]
  /**
   * What the output is compared with: the labels, the targets of the data, or the inputs, for autoencoders (default: the targets where
   * there are some, else the labels).
   */
  readonly target?: Target
  readonly clip?: Clipping
  /**
   * Averages the weights over the steps, `{ decay: 0.999 }`: what is scored on the validation part, what `keep` keeps, and what the model has
   * afterwards are the averages (default: none).
   */
  readonly average?: WeightAverageOptions
  /** Added to the loss that is differentiated, not to the one that is reported: `(model) => l2Penalty(model, 1e-4)`. */
  readonly penalty?: (model: Model) => Tensor
  readonly stop?: StoppingRule
  /** Which epoch is the best, by the highest number (default: first metric on validation, else the lowest loss there, else in training). */
  readonly best?: (record: EpochRecord) => number
  /** Weights that the model has afterwards: those of the last step (default), or of the best epoch. */
  readonly keep?: 'last' | 'best'
  /** Where checkpoints go, after every epoch and every `checkpointEvery` seconds. A training that finds one goes on from it. */
  readonly checkpoint?: CheckpointStore
  /** Seconds (default 30). */
  readonly checkpointEvery?: number
}

/** The options with their defaults. */
export interface TrainerSettings<Model extends Module> {
  readonly optimizer: OptimizerFactory
  readonly measures: Measures
  readonly epochs: number
  readonly batchSize: number
  readonly seed: number
  readonly batches: 'reshuffled' | 'once' | 'sequential'
  /** Of single pictures. */
  readonly transforms: readonly Transform[]
  /** Of whole batches. */
  readonly augment: readonly Augmentation[]
  readonly target: Target | undefined
  readonly clip: Clipping | undefined
  readonly average: WeightAverageOptions | undefined
  readonly penalty: ((model: Model) => Tensor) | undefined
  readonly stop: StoppingRule
  readonly best: (record: EpochRecord) => number
  readonly keep: 'last' | 'best'
  readonly checkpoint: CheckpointStore | undefined
  readonly checkpointEvery: number
}

/** What a trainer tells while it works. */
export interface TrainerEvents {
  /** Before the first step; `position` is the batch that comes first. */
  start: { readonly epochs: number; readonly stepsPerEpoch: number; readonly position: BatchPosition }
  /** A checkpoint was found: the steps done before it, and the epoch that goes on, unless the training is finished. */
  resume: { readonly file: string; readonly steps: number; readonly epoch: number; readonly finished: boolean }
  /** After each step; epoch and batch count from 1, scores are those of the epoch so far. */
  step: {
    readonly step: number
    readonly epoch: number
    readonly batch: number
    readonly batches: number
    readonly scores: Scores
    readonly learningRate: number
  }
  /** After each epoch. */
  epoch: EpochRecord
  /** After each checkpoint. */
  checkpoint: { readonly file: string; readonly steps: number }
  /** Something a person should know. */
  notice: { readonly message: string }
  end: FitResult
}

export interface FitResult {
  readonly history: readonly EpochRecord[]
  /** What ended the training: all epochs done, or a stopping rule. */
  readonly ended: 'epochs' | 'steps' | 'stepNorm'
  readonly best: { readonly epoch: number; readonly score: number } | undefined
}

export interface FitOptions {
  /** Scored after every epoch. */
  readonly valid?: BatchSource
  /** Stops between two steps; the state is saved first, then `fit` rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** How good a model is on a data set. */
export interface Evaluation {
  readonly samples: number
  readonly loss: number
  /** The share of samples that are right, where classes are told apart. */
  readonly accuracy?: number
  /** Wilson's 95 % interval of the accuracy. */
  readonly interval?: readonly [low: number, high: number]
  /** All metrics by name. */
  readonly metrics: Readonly<Record<string, number>>
}

/**
 * Trains a model on a data set and measures it.
 *
 * ```ts
 * const trainer = new Trainer(model, { optimizer: sgd({ learningRate: 0.1 }), loss: crossEntropy, metrics: [accuracy], epochs: 30 })
 * await trainer.fit(train, { valid })
 * console.log(await trainer.evaluate(test))
 * ```
 */
export class Trainer<Model extends Module = Module> {
  readonly model: Model
  readonly #settings: TrainerSettings<Model>
  readonly #evaluator: Evaluator
  readonly #events = new Events<TrainerEvents>()
  #run: TrainingRun<Model> | undefined
  #optimizer: Optimizer | undefined

  /** Throws UsageError for options that make no sense. */
  constructor(model: Model, options: TrainerOptions<Model>) {
    this.model = model
    this.#settings = withDefaults(options)
    const { measures, batchSize, target } = this.#settings
    this.#evaluator = new Evaluator({ model, measures, batchSize, target })
  }

  /** Epochs of the training that runs, or ran last. */
  get history(): readonly EpochRecord[] {
    return this.#run?.history ?? []
  }

  /** The optimizer of the training that runs, or ran last: for listeners that change its learning rate. */
  get optimizer(): Optimizer {
    if (this.#optimizer === undefined) throw new UsageError('the trainer has no optimizer before fit is called')
    return this.#optimizer
  }

  /** Listens to an event; the function that comes back ends that. */
  on<Name extends keyof TrainerEvents>(name: Name, listener: Listener<TrainerEvents[Name]>): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Trains on `train` for the epochs that were set, in train mode; where the checkpoint store holds a part of this training, from there on,
   * to the same bits. Throws OcellusError for a checkpoint that is damaged or another training's, and for a loss that is no number.
   */
  async fit(train: BatchSource, { valid, signal }: FitOptions = {}): Promise<FitResult> {
    signal?.throwIfAborted()
    this.#optimizer = this.#settings.optimizer(this.model.parameters())
    const run = new TrainingRun({
      model: this.model,
      optimizer: this.#optimizer,
      settings: this.#settings,
      evaluator: this.#evaluator,
      events: this.#events,
      train,
      valid,
    })
    this.#run = run
    if (this.#settings.checkpoint !== undefined) await run.resume(this.#settings.checkpoint)
    return run.run(signal)
  }

  /** Loss and metrics over a data set, in eval mode. */
  async evaluate(dataset: BatchSource, options: { readonly signal?: AbortSignal } = {}): Promise<Evaluation> {
    const keeper = await this.#evaluator.scores(dataset, options.signal)
    const { loss, ...metrics } = keeper.scores
    const { interval } = keeper
    const right = metrics[metricName(accuracy)]
    return {
      samples: keeper.samples,
      loss,
      ...(interval === undefined || right === undefined ? {} : { accuracy: right, interval }),
      metrics,
    }
  }

  /** The model's outputs, [N, ..], in eval mode; `outputs.argmax()` gives the classes. */
  async predict(inputs: BatchSource | Tensor, options: { readonly signal?: AbortSignal } = {}): Promise<Tensor> {
    return this.#evaluator.outputs(inputs, options.signal)
  }
}

function withDefaults<Model extends Module>(options: TrainerOptions<Model>): TrainerSettings<Model> {
  const { loss, metrics = [], epochs, stop = {}, checkpointEvery = 30 } = options
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new UsageError(`epochs must be a whole number of 1 or more, not ${epochs}`)
  }
  const positive = { 'stop.steps': stop.steps, 'stop.stepNorm': stop.stepNorm, checkpointEvery }
  for (const [name, value] of Object.entries(positive)) {
    if (value !== undefined && !(value > 0)) throw new UsageError(`${name} must be above 0, not ${value}`)
  }
  const names = ['loss', ...metrics.map(metricName)]
  const twice = names.find((name, i) => name === '' || names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new UsageError(
      `the metrics need different names, none of them 'loss': '${twice}' is there twice or empty; give it a label`,
    )
  }
  return {
    optimizer: options.optimizer,
    measures: { loss, metrics },
    epochs,
    batchSize: options.batchSize ?? 32,
    seed: options.seed ?? 0,
    batches: options.batches ?? 'reshuffled',
    ...sortedAugmentations(options.augment ?? []),
    target: options.target,
    clip: options.clip,
    average: options.average,
    penalty: options.penalty,
    stop,
    best: options.best ?? defaultScore(metrics),
    keep: options.keep ?? 'last',
    checkpoint: options.checkpoint,
    checkpointEvery,
  }
}

/** Transforms of single pictures come before functions of whole batches. */
function sortedAugmentations(
  augment: readonly (Transform | Augmentation)[],
): Pick<TrainerSettings<Module>, 'transforms' | 'augment'> {
  const transforms = augment.filter((each) => typeof each === 'object')
  if (augment.slice(0, transforms.length).some((each) => typeof each === 'function')) {
    throw new UsageError('augment: put the transforms of single pictures before the functions of whole batches')
  }
  return { transforms, augment: augment.filter((each) => typeof each === 'function') }
}

function defaultScore([first]: readonly Metric[]): (record: EpochRecord) => number {
  return ({ train, valid }) => {
    if (valid === undefined) return -train.loss
    return first === undefined ? -valid.loss : (valid[metricName(first)] as number)
  }
}
