// Mixup: whole batches are blended with themselves in another order, inputs and targets alike.

import { UsageError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import type { Batch } from '../dataset.ts'

export interface MixupOptions {
  /** Both parameters of the beta distribution of the shares: small values mix little, 1 draws them uniformly (default 0.2). */
  readonly alpha?: number
  /** Number of classes. Needed where the batches have class numbers; not for batches that have targets. */
  readonly classes?: number
}

/**
 * Each sample becomes `share x + (1 - share) x'`, x' another sample of the batch, with one share from Beta(alpha, alpha) for the whole
 * batch; so do the targets, which for class numbers are the classes' probabilities [B, classes] afterwards. For `Trainer`'s `augment`.
 * H. Zhang et al. 2018.
 */
export function mixup({ alpha = 0.2, classes }: MixupOptions = {}): (batch: Batch, random: Random) => Batch {
  if (!(alpha > 0 && alpha < Infinity)) throw new UsageError(`mixup: alpha must be above 0, not ${alpha}`)
  return (batch, random) => {
    const share = beta(alpha, random)
    const partners = random.permutation(batch.labels.length)
    const targets = batch.targets ?? oneHot(batch.labels, classes)
    return { ...batch, inputs: mixed(batch.inputs, partners, share), targets: mixed(targets, partners, share) }
  }
}

type Values = Batch['inputs']

function mixed({ data, shape }: Values, partners: Int32Array, share: number): Values {
  const size = data.length / Math.max(1, partners.length)
  const out = new Float32Array(data.length)
  for (const [sample, partner] of partners.entries()) {
    for (let i = 0; i < size; i++) {
      out[sample * size + i] =
        share * (data[sample * size + i] as number) + (1 - share) * (data[partner * size + i] as number)
    }
  }
  return { data: out, shape }
}

function oneHot(labels: Int32Array, classes: number | undefined): Values {
  if (classes === undefined || labels.some((label) => label >= classes)) {
    throw new UsageError(`mixup: set classes to the number of classes of the data set, not ${classes}`)
  }
  const data = new Float32Array(labels.length * classes)
  for (const [sample, label] of labels.entries()) data[sample * classes + label] = 1
  return { data, shape: [labels.length, classes] }
}

/** A draw from Beta(alpha, alpha). */
export function beta(alpha: number, random: Random): number {
  const x = gamma(alpha, random)
  const y = gamma(alpha, random)
  // For tiny alpha both may be 0: then either end is as likely.
  return x + y === 0 ? random.integer(2) : x / (x + y)
}

/** A draw from the gamma distribution of scale 1. G. Marsaglia and W. Tsang 2000; below shape 1 by their power of a uniform number. */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random.uniform()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = random.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}
