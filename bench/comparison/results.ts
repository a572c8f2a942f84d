// What runs of the benchmark found, as bench/results.json keeps it, and how a run of a part is put beside what is there.

import { cpus } from 'node:os'
import type { GrowthPoint } from '../growth/measure.ts'
import type { Explanation } from '../growth/profile.ts'
import type { Loading } from '../loading.ts'
import type { WasmProduct } from '../product.ts'
import type { Scaling } from '../scaling.ts'
import type { FirstStep } from './first-step.ts'
import type { Footprint } from './footprint.ts'
import type { Comparison } from './run-comparison.ts'

export interface Results extends Comparison {
  readonly machine: string
  readonly node: string
  readonly footprints: readonly Footprint[]
  readonly firstSteps: readonly FirstStep[]
  readonly scaling: readonly Scaling[]
  readonly products: readonly WasmProduct[]
  readonly growth: readonly GrowthPoint[]
  readonly explanations: readonly Explanation[]
  readonly loading?: Loading
}

/** What a run of a part adds. */
export type Findings = Partial<Results>

/** Processor and number of cores, as the system names them. */
export function machineName(): string {
  const found = cpus()
  return `${found[0]?.model.trim() ?? 'unknown processor'}, ${found.length} cores`
}

/** Before anything is measured. */
export function noResults(): Results {
  const nothing = { rows: [], peaks: [], versions: {}, failures: [], clock: 'wall', load: 0 } as const
  const parts = { footprints: [], firstSteps: [], scaling: [], products: [], growth: [], explanations: [] }
  return { machine: machineName(), node: process.version, ...nothing, ...parts }
}

/**
 * `found` in place of what `known` says of the same things, and the rest of `known`. A workload's rows at one thread count are replaced
 * together, since only times of one run make ratios.
 */
export function merged(known: Results, found: Findings): Results {
  const { rows = [], failures = [], peaks = [], footprints = [], ...rest } = found
  const timed = new Set(rows.map(({ workload, threads }) => `${workload} ${threads}`))
  // A failure begins with the workload or the part that it is about.
  const named = new Set([...rows.map(({ workload }) => workload), ...Object.keys(rest)])
  const weighed = new Set(footprints.map(({ workload }) => workload))
  const counted = new Set(peaks.map(({ threads }) => threads))
  return {
    ...known,
    ...rest,
    rows: [...known.rows.filter(({ workload, threads }) => !timed.has(`${workload} ${threads}`)), ...rows],
    failures: [...known.failures.filter((failure) => !named.has(failure.split(/[,:]/)[0] as string)), ...failures],
    peaks: [...known.peaks.filter(({ threads }) => !counted.has(threads)), ...peaks].sort(
      (a, b) => a.threads - b.threads,
    ),
    footprints: [...known.footprints.filter(({ workload }) => !weighed.has(workload)), ...footprints],
    versions: { ...known.versions, ...found.versions },
    load: Math.max(known.load, found.load ?? 0),
  }
}
