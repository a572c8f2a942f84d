// What became of each tensor when weights met a model.

import type { DType } from '../core/dtype.ts'
import { UsageError } from '../core/errors.ts'
import { formatShape, type Shape } from '../core/shape.ts'

/** A tensor that is there on both sides, but not of the same kind. */
export interface MismatchedWeight {
  readonly name: string
  /** What the model has, in the layout of the file. */
  readonly expected: { readonly dtype: DType; readonly shape: Shape }
  /** What the file has. */
  readonly found: { readonly dtype: DType; readonly shape: Shape }
}

type Parts = Pick<WeightsReport, 'loaded' | 'missing' | 'unexpected' | 'mismatched'>

/** What became of each tensor. All lists but `loaded`, `ignored` and `notes` are empty where file and model agree. */
export class WeightsReport {
  /** Names that were loaded. */
  readonly loaded: readonly string[]
  /** Names of the model that the file lacks; they keep their values. */
  readonly missing: readonly string[]
  /** Names of the file that the model lacks. */
  readonly unexpected: readonly string[]
  /** Names with another shape or type; they keep their values. */
  readonly mismatched: readonly MismatchedWeight[]
  /** Names of the file that no model here needs: counters of batches. */
  readonly ignored: readonly string[]
  /** What was done on the way, such as a prefix that was taken off, and what is odd about the file, as sentences. */
  readonly notes: readonly string[]

  constructor(parts: Parts & Partial<Pick<WeightsReport, 'ignored' | 'notes'>>) {
    this.loaded = parts.loaded
    this.missing = parts.missing
    this.unexpected = parts.unexpected
    this.mismatched = parts.mismatched
    this.ignored = parts.ignored ?? []
    this.notes = parts.notes ?? []
  }

  /** Whether file and model agree in everything. */
  get complete(): boolean {
    return this.missing.length + this.unexpected.length + this.mismatched.length === 0
  }

  /** How many tensors were loaded, then a line for each kind of problem, and the notes. */
  toString(): string {
    return [`loaded: ${this.loaded.length} tensors`, ...this.#problems(Number.POSITIVE_INFINITY), ...this.notes].join(
      '\n',
    )
  }

  /** The problems in one line, each with its first names. */
  get problems(): string {
    return this.#problems(6).join('; ')
  }

  #problems(most: number): string[] {
    const kind = ({ dtype, shape }: MismatchedWeight['found']): string => `${dtype} ${formatShape(shape)}`
    const mismatches = this.mismatched.map(
      ({ name, expected, found }) => `${name} (${kind(found)} instead of ${kind(expected)})`,
    )
    const lines: readonly (readonly [string, readonly string[]])[] = [
      ['missing', this.missing],
      ['unexpected', this.unexpected],
      ['mismatched', mismatches],
    ]
    return lines.filter(([, names]) => names.length > 0).map(([what, names]) => `${what}: ${listNames(names, most)}`)
  }
}

/** Weights that do not fit the model; nothing was loaded. */
export class WeightsMismatchError extends UsageError {
  override readonly name: string = 'WeightsMismatchError'
  readonly report: WeightsReport

  constructor(file: string, report: WeightsReport) {
    super(`${file} does not fit the model: ${report.problems}; give { strict: false } to load what fits`)
    this.report = report
  }
}

/** The first `most` names (default 4), and how many more there are. */
export function listNames(names: readonly string[], most = 4): string {
  if (names.length === 0) return 'nothing more'
  return names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ')
}
