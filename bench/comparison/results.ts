// What a whole run found, as bench/results.json keeps it.

import { cpus } from 'node:os'
import type { FirstStep } from './first-step.ts'
import type { Footprint } from './footprint.ts'
import type { Comparison } from './run-comparison.ts'

export interface Results extends Comparison {
  readonly machine: string
  readonly node: string
  readonly footprints: readonly Footprint[]
  readonly firstSteps: readonly FirstStep[]
}

/** Processor and number of cores, as the system names them. */
export function machineName(): string {
  const found = cpus()
  return `${found[0]?.model.trim() ?? 'unknown processor'}, ${found.length} cores`
}
