// What makes two trainings the same, so that one may go on from the other's checkpoint.

import { OcellusError } from '../core/errors.ts'
import type { BatchSource } from '../data/batch-source.ts'
import { compareWeights } from '../io/module-weights.ts'
import type { Module } from '../nn/module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { TrainingState } from './checkpoint.ts'
import type { TrainerSettings } from './trainer.ts'

/** What must be equal, by what messages call it. */
export type TrainingIdentity = Readonly<Record<string, number | string>>

export function identityOf<Model extends Module>(
  train: BatchSource,
  optimizer: Optimizer,
  { batchSize, seed, batches, measures }: TrainerSettings<Model>,
): TrainingIdentity {
  return {
    ...train.fingerprint,
    batchSize,
    seed,
    batches,
    'the number of metrics': measures.metrics.length,
    'the optimizer': optimizer.name,
    learningRate: optimizer.scheduled ? 'given by a schedule' : optimizer.learningRate,
  }
}

/** Throws OcellusError where `state` belongs to another training or another model. */
export function checkIdentity(state: TrainingState, identity: TrainingIdentity, model: Module, file: string): void {
  const hint = 'give another folder, or delete the file to start anew'
  for (const [what, here] of Object.entries(identity)) {
    const there = state.identity[what]
    if (there === here) continue
    throw new OcellusError(`${file} belongs to another training: ${what} is ${there} there and ${here} here; ${hint}`)
  }
  const { missing, unexpected, mismatched } = compareWeights(model, state.model)
  // Loading converts between floats; the same bits do not come from that.
  const converted = [...model.namedVariables()].find(([name, { dtype }]) => state.model.get(name)?.dtype !== dtype)
  const wrong = missing[0] ?? unexpected[0] ?? mismatched[0]?.name ?? converted?.[0]
  if (wrong !== undefined) throw new OcellusError(`${file} belongs to another model: ${wrong} differs; ${hint}`)
}
