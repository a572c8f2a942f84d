// One training from its first step, or from a checkpoint, to its end: steps, epochs, best weights, checkpoints.

import type { HostTensor } from '../core/host-tensor.ts'
import { Random } from '../core/random.ts'
import type { BatchSource } from '../data/batch-source.ts'
import { currentDevice } from '../devices/registry.ts'
import { setWeights, weightsOf } from '../io/module-weights.ts'
import { saveWeights } from '../io/weights.ts'
import type { Module } from '../nn/module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { randomKey } from '../tensor/trace.ts'
import { AveragedWeights } from './averaged-weights.ts'
import { Breather } from './breather.ts'
import {
  type BestWeights,
  type CheckpointStore,
  decodeCheckpoint,
  type EpochRecord,
  encodeCheckpoint,
  type TrainingState,
} from './checkpoint.ts'
import { batchTensors, type Evaluator } from './evaluation.ts'
import type { Events } from './events.ts'
import { checkIdentity, identityOf, type TrainingIdentity } from './identity.ts'
import { ScoreKeeper } from './scores.ts'
import { checkFiniteLoss, compileStep, type Step } from './step-program.ts'
import type { FitResult, TrainerEvents, TrainerSettings } from './trainer.ts'
import { TrainingData } from './training-data.ts'

/** Names in a checkpoint store. */
const checkpointNames = {
  /** All of a training. */
  checkpoint: 'checkpoint.safetensors',
  /** The weights with the best score. */
  best: 'best.safetensors',
  /** The epochs, as JSON. */
  history: 'history.json',
} as const

/** Stream of random numbers that augmentation draws from; each step forks its own. */
const augmentStream = 0xa06

export interface RunParts<Model extends Module> {
  readonly model: Model
  readonly optimizer: Optimizer
  readonly settings: TrainerSettings<Model>
  readonly evaluator: Evaluator
  readonly events: Events<TrainerEvents>
  readonly train: BatchSource
  readonly valid: BatchSource | undefined
}

export class TrainingRun<Model extends Module> {
  readonly #parts: RunParts<Model>
  readonly #data: TrainingData
  readonly #step: Step
  readonly #averaged: AveragedWeights
  readonly #identity: TrainingIdentity
  readonly #breather = new Breather()
  #keeper: ScoreKeeper
  #history: EpochRecord[] = []
  #best: BestWeights | undefined
  #steps = 0
  /** Of the last step. */
  #learningRate = 0
  #norm: number | undefined
  /** Of the epoch that is under way, without the stretch since `#since`. */
  #seconds = 0
  #since: number = performance.now()
  #saved: number = performance.now()

  constructor(parts: RunParts<Model>) {
    const { model, optimizer, settings, events } = parts
    const { batchSize, seed, batches, measures, clip, average, penalty, stop } = settings
    this.#parts = parts
    this.#data = new TrainingData(parts.train, {
      batchSize,
      seed,
      order: batches,
      epochs: settings.epochs,
      transforms: settings.transforms,
      notice: (message) => events.emit('notice', { message }),
    })
    this.#keeper = new ScoreKeeper(measures)
    optimizer.plan = { stepsPerEpoch: this.#data.perEpoch, epochs: settings.epochs, losses: [] }
    this.#averaged = new AveragedWeights(model, average)
    this.#step = compileStep({
      model,
      optimizer,
      measures,
      clip,
      average: this.#averaged.average,
      penalty,
      stepNorm: stop.stepNorm !== undefined,
    })
    this.#identity = identityOf(this.#data.source, optimizer, settings)
  }

  /** Epochs completed. */
  get history(): readonly EpochRecord[] {
    return this.#history
  }

  /** Goes on from the checkpoint in the store, if there is one. Throws where it is damaged, or another training's. */
  async resume(store: CheckpointStore): Promise<void> {
    const bytes = await store.read(checkpointNames.checkpoint)
    if (bytes === undefined) return
    const file = `${store.name}/${checkpointNames.checkpoint}`
    const state = decodeCheckpoint(bytes, file)
    if (state.steps === 0) return
    const { model, optimizer, settings } = this.#parts
    checkIdentity(state, this.#identity, model, file)
    this.#averaged.restore(state.average, file)
    optimizer.restore(state.optimizer)
    setWeights(model, state.model)
    this.#data.seek(state.position)
    this.#keeper = new ScoreKeeper(settings.measures, state.partial)
    this.#history = [...state.history]
    this.#tellLosses()
    this.#best = state.best
    this.#steps = state.steps
    this.#learningRate = state.learningRate
    this.#norm = state.norm
    this.#seconds = state.seconds
    const { epoch } = state.position
    this.#parts.events.emit('resume', {
      file,
      steps: state.steps,
      epoch: epoch + 1,
      finished: epoch >= settings.epochs,
    })
    const { numberClass } = currentDevice()
    if (state.numberClass !== numberClass) {
      const message = `the training began on a device that computes by ${state.numberClass}; on this one, by ${numberClass}, the last bits may differ`
      this.#parts.events.emit('notice', { message })
    }
  }

  /** Trains until the end. When `signal` aborts, the state is saved and its reason thrown. */
  async run(signal: AbortSignal | undefined): Promise<FitResult> {
    const { settings, events, model } = this.#parts
    const key = { ...randomKey }
    this.#since = performance.now()
    events.emit('start', {
      epochs: settings.epochs,
      stepsPerEpoch: this.#data.perEpoch,
      position: this.#data.position,
    })
    model.train()
    try {
      // At once, so that a place that cannot be written to is known before the work is done.
      if (this.#steps === 0) await this.#save()
      const ended = await this.#loop(signal)
      if (settings.keep === 'best' && this.#best !== undefined) setWeights(model, this.#best.weights)
      else await this.#averaged.take()
      const best = this.#best && { epoch: this.#best.epoch, score: this.#best.score }
      const result = { history: this.#history, ended, best }
      events.emit('end', result)
      return result
    } catch (error) {
      if (signal?.aborted && error === signal.reason) {
        await this.#save()
        const where =
          settings.checkpoint && `; the state is saved in ${settings.checkpoint.name}, the same call goes on from there`
        events.emit('notice', { message: `stopped after ${this.#steps} steps${where ?? ''}` })
      }
      throw error
    } finally {
      this.#data.close()
      Object.assign(randomKey, key)
    }
  }

  async #loop(signal: AbortSignal | undefined): Promise<FitResult['ended']> {
    const { epochs, stop, checkpoint, checkpointEvery } = this.#parts.settings
    for (;;) {
      // All batches done, but not yet on record: a checkpoint may lie between the two.
      if (this.#data.position.batch === 0 && this.#keeper.samples > 0) await this.#completeEpoch(signal)
      if (this.#data.position.epoch >= epochs) return 'epochs'
      if (this.#steps >= (stop.steps ?? Infinity)) return this.#stop('steps', signal)
      if (this.#norm !== undefined && this.#norm < (stop.stepNorm ?? 0)) return this.#stop('stepNorm', signal)
      signal?.throwIfAborted()
      if (checkpoint !== undefined && performance.now() - this.#saved > checkpointEvery * 1000) await this.#save()
      await this.#trainOnBatch(signal)
      await this.#breather.breathe()
    }
  }

  async #trainOnBatch(signal: AbortSignal | undefined): Promise<void> {
    const { settings, optimizer, events } = this.#parts
    const { epoch, batch } = this.#data.position
    let samples = await this.#data.next(signal)
    if (samples.labels.length === 0) return
    const random = new Random(settings.seed, augmentStream).fork(this.#steps)
    for (const augmentation of settings.augment) samples = augmentation(samples, random)
    const classes = this.#data.source.classes.length
    const tensors = batchTensors(samples, settings.target, classes)
    this.#learningRate = optimizer.learningRate
    // Dropout and the like are a function of seed and step, so that a resumed training draws the same.
    Object.assign(randomKey, { seed: settings.seed | 0, call: this.#steps })
    const { values, norm } = await this.#step(tensors, classes)
    this.#steps++
    this.#norm = norm
    checkFiniteLoss(values[0] as number, this.#steps, epoch + 1)
    this.#keeper.add(samples.labels.length, values)
    events.emit('step', {
      step: this.#steps,
      epoch: epoch + 1,
      batch: batch + 1,
      batches: this.#data.perEpoch,
      scores: this.#keeper.scores,
      learningRate: this.#learningRate,
    })
  }

  /** Ends in the middle of an epoch, or at its end: the state is saved for going on, then the part of the epoch goes on record. */
  async #stop(reason: FitResult['ended'], signal: AbortSignal | undefined): Promise<FitResult['ended']> {
    await this.#save()
    if (this.#keeper.samples > 0) await this.#averaged.during(() => this.#record(signal))
    return reason
  }

  async #completeEpoch(signal: AbortSignal | undefined): Promise<void> {
    await this.#averaged.during(() => this.#record(signal))
    this.#keeper = new ScoreKeeper(this.#parts.settings.measures)
    this.#seconds = 0
    this.#since = performance.now()
    await this.#save()
  }

  /** Validates, and puts the epoch on record. */
  async #record(signal: AbortSignal | undefined): Promise<void> {
    const { valid, evaluator, events, settings, model } = this.#parts
    const scores = valid === undefined ? undefined : (await evaluator.scores(valid, signal)).scores
    const record: EpochRecord = {
      epoch: this.#history.length + 1,
      steps: this.#steps,
      train: this.#keeper.scores,
      ...(scores === undefined ? {} : { valid: scores }),
      learningRate: this.#learningRate,
      seconds: this.#elapsed(),
    }
    this.#history = [...this.#history, record]
    this.#tellLosses()
    const score = settings.best(record)
    if (score > (this.#best?.score ?? -Infinity)) {
      const weights = settings.keep === 'best' ? await weightsOf(model) : new Map<string, HostTensor>()
      this.#best = { epoch: record.epoch, score, weights }
      const bytes =
        settings.checkpoint &&
        (await saveWeights(model, { metadata: { epoch: String(record.epoch), score: String(score) } }))
      if (bytes !== undefined) await settings.checkpoint?.write(checkpointNames.best, bytes)
    }
    events.emit('epoch', record)
  }

  /** For schedules that follow the loss. */
  #tellLosses(): void {
    const { optimizer } = this.#parts
    optimizer.plan = { ...optimizer.plan, losses: this.#history.map(({ train, valid }) => (valid ?? train).loss) }
  }

  #elapsed(): number {
    return this.#seconds + (performance.now() - this.#since) / 1000
  }

  async #save(): Promise<void> {
    const { settings, model, optimizer, events } = this.#parts
    const store = settings.checkpoint
    this.#saved = performance.now()
    if (store === undefined) return
    const state: TrainingState = {
      identity: this.#identity,
      numberClass: currentDevice().numberClass,
      steps: this.#steps,
      position: this.#data.position,
      partial: this.#keeper.partial,
      learningRate: this.#learningRate,
      norm: this.#norm,
      seconds: this.#elapsed(),
      history: this.#history,
      model: await weightsOf(model),
      optimizer: await optimizer.state(),
      best: this.#best,
      average: await this.#averaged.state(),
    }
    await store.write(checkpointNames.checkpoint, encodeCheckpoint(state))
    const history = `${JSON.stringify(this.#history, undefined, 2)}\n`
    await store.write(checkpointNames.history, new TextEncoder().encode(history))
    events.emit('checkpoint', { file: `${store.name}/${checkpointNames.checkpoint}`, steps: this.#steps })
  }
}
