// Scores: the loss and the metrics of many batches, as one number each.

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

/** The loss and all metrics of one batch, as scalars. */
export function measure({ loss, metrics }: Measures, output: Tensor, target: Tensor): Tensor[] {
  return [loss(output, target), ...metrics.map((metric) => metric(output, target))]
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
    const named = this.#measures.metrics.map((metric, i) => [metricName(metric), values[i + 1] as number] as const)
    return { loss: values[0] as number, ...Object.fromEntries(named) }
  }

  /** Wilson's 95 % interval of the accuracy, where that is measured. */
  get interval(): [low: number, high: number] | undefined {
    const place = this.#measures.metrics.indexOf(accuracy)
    return place < 0 ? undefined : wilsonInterval(Math.round(this.#totals[place + 1] as number), this.#samples)
  }
}
