// Scores: the loss and the metrics of many batches, as one number each.

import { UsageError } from '../core/errors.ts'
import { accuracy, type Metric, wilsonInterval } from '../nn/accuracy.ts'
import type { Loss } from '../nn/losses.ts'
import type { Tensor } from '../tensor/tensor.ts'

/** The loss, and each metric by its name. */
export interface Scores {
  readonly loss: number
  readonly [metric: string]: number
}

/** What is measured of each batch. */
export interface Measures {
  readonly loss: Loss
  readonly metrics: readonly Metric[]
}

/** Name of a metric in scores and events. */
export function metricName(metric: Metric): string {
  return metric.label ?? metric.name
}

/**
 * The loss and all metrics of one batch, as scalars. Metrics compare with `truth`, which differs from `target` where that holds the
 * classes' probabilities. `classes` is the number of classes of the data set.
 * Throws UsageError where a model that tells classes apart has fewer outputs.
 */
export function measure(
  { loss, metrics }: Measures,
  output: Tensor,
  target: Tensor,
  truth: Tensor,
  classes: number,
): Tensor[] {
  const outputs = output.shape[1]
  if (output.rank === 2 && target.rank === 1 && outputs !== undefined && outputs < classes) {
    throw new UsageError(
      `the model has ${outputs} outputs, but the data set has ${classes} classes; give the last layer one for each`,
    )
  }
  return [loss(output, target), ...metrics.map((metric) => metric(output, truth))]
}

/** Sums over batches; small enough to be saved in the middle of an epoch. */
export interface PartialScores {
  readonly samples: number
  /** Of the loss and each metric. */
  readonly totals: readonly number[]
}

/** Adds up batches of different sizes: means are weighted by the number of samples, sums are added. */
export class ScoreKeeper {
  readonly #measures: Measures
  #samples = 0
  #totals: number[]

  constructor(measures: Measures, start?: PartialScores) {
    this.#measures = measures
    this.#samples = start?.samples ?? 0
    this.#totals = [...(start?.totals ?? [0, ...measures.metrics.map(() => 0)])]
  }

  get partial(): PartialScores {
    return { samples: this.#samples, totals: [...this.#totals] }
  }

  get samples(): number {
    return this.#samples
  }

  /** Adds a batch with its loss and metrics, in the order of `measure`. */
  add(samples: number, values: readonly number[]): void {
    this.#totals = this.#totals.map((total, i) => total + (values[i] as number) * (this.#isSum(i) ? 1 : samples))
    this.#samples += samples
  }

  #isSum(i: number): boolean {
    return i === 0 && this.#measures.loss.reduction === 'sum'
  }

  get scores(): Scores {
    const values = this.#totals.map((total, i) => (this.#isSum(i) ? total : total / this.#samples))
    if (this.#right !== undefined) values[this.#accuracy + 1] = this.#right / this.#samples
    const named = this.#measures.metrics.map((metric, i) => [metricName(metric), values[i + 1] as number] as const)
    return { loss: values[0] as number, ...Object.fromEntries(named) }
  }

  /** Wilson's 95 % interval of the accuracy, where that is measured. */
  get interval(): [low: number, high: number] | undefined {
    return this.#right === undefined ? undefined : wilsonInterval(this.#right, this.#samples)
  }

  get #accuracy(): number {
    return this.#measures.metrics.indexOf(accuracy)
  }

  /** How many samples were right: the sum of batches' shares in f32 is this number but for rounding. */
  get #right(): number | undefined {
    return this.#accuracy < 0 ? undefined : Math.round(this.#totals[this.#accuracy + 1] as number)
  }
}
