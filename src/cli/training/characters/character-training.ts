// Trains a character network and measures it: what `ocellus train` and `ocellus start` share.

import { Random } from '../../../core/random.ts'
import type { TrainValidTest } from '../../../data/load.node.ts'
import { type ActivationName, CharacterMlp } from '../../../models/character-mlp.ts'
import { accuracy } from '../../../nn/accuracy.ts'
import { crossEntropy } from '../../../nn/losses.ts'
import type { CheckpointStore, EpochRecord } from '../../../train/checkpoint.ts'
import { type ProgressStream, showProgress } from '../../../train/progress.node.ts'
import { type Evaluation, Trainer } from '../../../train/trainer.ts'
import type { NetworkDescription, TrainedNetwork } from '../../network/character-network-file.ts'
import { type OptimizationSettings, optimizerOf } from '../optimization.ts'
import { distortion } from './distortion.ts'
import type { InputKind } from './letter-sets.ts'

/** Everything that decides what a training gives. */
export interface TrainingSettings extends OptimizationSettings {
  /** Name of the data set. */
  readonly data: string
  readonly input: InputKind
  readonly hidden: readonly number[]
  readonly activation: ActivationName
  readonly epochs: number
  readonly batch: number
  /** Draw each letter a little differently in every epoch. */
  readonly distort: boolean
  readonly seed: number
}

export interface TrainingSurroundings {
  /** Where the progress is shown. */
  readonly stream: ProgressStream
  readonly signal?: AbortSignal
  /** Where checkpoints are kept, and a training that was begun goes on from. */
  readonly store?: CheckpointStore
}

/** A training, whether it came to its end or not. */
export interface Training extends TrainedNetwork {
  readonly settings: TrainingSettings
  readonly history: readonly EpochRecord[]
  /** Epoch with the highest accuracy on the validation part; the network has its weights once the training is done. */
  readonly bestEpoch: number | undefined
  /** Weights of the first layer before the first step, [inputs, outputs]. */
  readonly firstWeights: Float32Array
  readonly seconds: number
}

/** A training that came to its end, with what it reached. */
export interface MeasuredTraining extends Training {
  readonly test: Evaluation
  /** The class that the network gives each letter of the test part, [N]. */
  readonly predictions: Int32Array
}

/** Streams of random numbers that the seed gives: of initial weights. */
const weightStream = 1

/** A network as the settings ask for it. */
function createNetwork(settings: TrainingSettings, inputs: number, classes: readonly string[]): TrainedNetwork {
  const { hidden, activation, input, data, epochs, seed } = settings
  const random = new Random(seed).fork(weightStream)
  const model = new CharacterMlp({ inputs, hidden, activation, classes: classes.length, random })
  const description: NetworkDescription = { inputs, hidden, activation, classes, input, data, epochs }
  return { model, description }
}

/** One training of a character network, from the first step or a checkpoint to the measurement on the test part. */
export class CharacterTraining {
  readonly #settings: TrainingSettings
  readonly #letters: TrainValidTest
  readonly #network: TrainedNetwork
  readonly #firstWeights: Float32Array
  readonly #trainer: Trainer<CharacterMlp>
  readonly #surroundings: TrainingSurroundings
  #bestEpoch: number | undefined

  /** Throws UsageError for settings that make no sense. `letters`: rows of pixels, [N, pixels]. */
  constructor(settings: TrainingSettings, letters: TrainValidTest, surroundings: TrainingSurroundings) {
    this.#settings = settings
    this.#letters = letters
    this.#surroundings = surroundings
    this.#network = createNetwork(settings, letters.train.inputs.shape[1] ?? 0, letters.train.classes)
    const { model } = this.#network
    this.#firstWeights = model.layers[0]?.weight.dataSync() as Float32Array
    const { epochs, batch, seed } = settings
    const { store } = surroundings
    this.#trainer = new Trainer(model, {
      optimizer: optimizerOf(settings, { stepsPerEpoch: Math.ceil(letters.train.length / batch) }),
      loss: crossEntropy,
      metrics: [accuracy],
      epochs,
      batchSize: batch,
      seed,
      keep: 'best',
      ...(settings.distort ? { augment: [distortion(Math.sqrt(model.inputs))] } : {}),
      ...(store === undefined ? {} : { checkpoint: store }),
    })
    this.#trainer.on('end', ({ best }) => {
      this.#bestEpoch = best?.epoch
    })
  }

  /** What there is so far. */
  get state(): Training {
    const history = this.#trainer.history
    return {
      ...this.#network,
      settings: this.#settings,
      history,
      bestEpoch: this.#bestEpoch,
      firstWeights: this.#firstWeights,
      seconds: history.reduce((sum, { seconds }) => sum + seconds, 0),
    }
  }

  /** Trains to the end, then measures on the test part, once. Rejects with the signal's reason where it aborts. */
  async run(): Promise<MeasuredTraining> {
    const { train, valid, test } = this.#letters
    const { stream, signal } = this.#surroundings
    const endProgress = showProgress(this.#trainer, stream)
    try {
      await this.#trainer.fit(train, signal === undefined ? { valid } : { valid, signal })
    } finally {
      endProgress()
    }
    const measured = await this.#trainer.evaluate(test)
    const outputs = await this.#trainer.predict(test)
    const predictions = Int32Array.from(await outputs.argmax(-1).data())
    const description = { ...this.#network.description, accuracy: measured.accuracy }
    return { ...this.state, description, test: measured, predictions }
  }
}
