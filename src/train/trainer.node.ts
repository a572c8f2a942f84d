// Trainer in Node: checkpoints in a folder, progress on the terminal, Ctrl-C that saves first.

import type { BatchSource } from '../data/batch-source.ts'
import type { Module } from '../nn/module.ts'
import { FolderStore } from './checkpoint.node.ts'
import type { CheckpointStore } from './checkpoint.ts'
import { showProgress } from './progress.node.ts'
import {
  type TrainerOptions as CoreOptions,
  Trainer as CoreTrainer,
  type FitOptions,
  type FitResult,
} from './trainer.ts'

export interface TrainerOptions<Model extends Module = Module> extends Omit<CoreOptions<Model>, 'checkpoint'> {
  /**
   * Folder of checkpoints, written after every epoch, every `checkpointEvery` seconds and on Ctrl-C. A training that finds one there
   * goes on from it, to the same bits.
   */
  readonly checkpoint?: string | CheckpointStore
  /** Whether to show progress on stderr: a bar in a terminal, a line per epoch where it is piped (default true). */
  readonly progress?: boolean
}

/** The trainer of every platform, with a folder for checkpoints and progress on the terminal. */
export class Trainer<Model extends Module = Module> extends CoreTrainer<Model> {
  readonly #saves: boolean

  constructor(model: Model, { checkpoint, progress = true, ...options }: TrainerOptions<Model>) {
    const store = typeof checkpoint === 'string' ? new FolderStore(checkpoint) : checkpoint
    super(model, { ...options, ...(store === undefined ? {} : { checkpoint: store }) })
    this.#saves = store !== undefined
    if (progress) showProgress(this)
  }

  /**
   * As on every platform. With a checkpoint folder, Ctrl-C and SIGTERM save the state before they end the process.
   */
  override async fit(train: BatchSource, options: FitOptions = {}): Promise<FitResult> {
    if (!this.#saves) return super.fit(train, options)
    const controller = new AbortController()
    let received: NodeJS.Signals | undefined
    const interrupt = (signal: NodeJS.Signals): void => {
      received = signal
      controller.abort()
      stopListening()
    }
    const stopListening = (): void => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupt)
    }
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, interrupt)
    const signal =
      options.signal === undefined ? controller.signal : AbortSignal.any([options.signal, controller.signal])
    try {
      return await super.fit(train, { ...options, signal })
    } finally {
      stopListening()
      // Saved: now the signal does what it would have done at once. A second one, while saving, does it anyway.
      if (received !== undefined) process.kill(process.pid, received)
    }
  }
}
