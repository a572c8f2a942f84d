// What makes two trainings the same, so that one may go on from the other's checkpoint.

import { OcellusError } from '../core/errors.ts'
import type { Dataset } from '../data/dataset.ts'
import { Adler32 } from '../data/formats/checksum.ts'
import { compareWeights } from '../io/weights.ts'
import type { Module } from '../nn/module.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { TrainingState } from './checkpoint.ts'
import type { TrainerSettings } from './trainer.ts'

/** What must be equal, by what messages call it. */
export type TrainingIdentity = Readonly<Record<string, number | string>>

/** How many inputs the checksum of the data takes, at even distances. */
const inputsTaken = 65536

export function identityOf<Model extends Module>(
  train: Dataset,
  optimizer: Optimizer,
  { batchSize, seed, batches, measures }: TrainerSettings<Model>,
): TrainingIdentity {
  return {
    'the number of samples': train.length,
    'the shape of a sample': train.inputs.shape.slice(1).join('x'),
    'the checksum of the data': checksumOf(train),
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

/** A number that differs for other data: over the labels, and inputs taken at even distances. */
function checksumOf(dataset: Dataset): number {
  const { data } = dataset.inputs
  const stride = Math.max(1, Math.floor(data.length / inputsTaken))
  const taken = Float32Array.from({ length: Math.floor(data.length / stride) }, (_, i) => data[i * stride] as number)
  const checksum = new Adler32()
  for (const { buffer, byteOffset, byteLength } of [dataset.labels, taken]) {
    checksum.update(new Uint8Array(buffer, byteOffset, byteLength))
  }
  return checksum.value
}
