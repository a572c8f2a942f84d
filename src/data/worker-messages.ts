// What a loader and its worker threads say to each other.

import { FormatError, OcellusError, UsageError } from '../core/errors.ts'
import type { BatchJob, MadeBatch } from './make-batch.ts'
import type { SourceRecipe } from './sample-source.ts'
import type { TransformRecipe } from './transforms/transform.ts'

/** What a worker starts with. */
export interface WorkerStart {
  readonly source: SourceRecipe
  readonly transforms: readonly TransformRecipe[]
  readonly seed: number
}

/** One batch to make; answers bear its number. */
export interface WorkerJob extends BatchJob {
  readonly number: number
}

export type WorkerAnswer =
  | { readonly number: number; readonly made: MadeBatch }
  | { readonly number: number; readonly error: ErrorMessage }

/** An error as plain data: classes do not survive the way between threads. */
export interface ErrorMessage {
  readonly name: string
  readonly message: string
}

export function messageOf(error: unknown): ErrorMessage {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) }
}

/** The error again, of the class that it had if that is one of this package. */
export function errorFrom({ name, message }: ErrorMessage): Error {
  if (name === 'FormatError') return new FormatError(message)
  if (name === 'UsageError') return new UsageError(message)
  if (name === 'Error' || name.endsWith('TypeError') || name === 'RangeError') return new Error(message)
  return new OcellusError(message)
}
