// One workload: every contestant proves that it does the same work, then all are timed in turns.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OcellusError } from '../../src/index.ts'
import type { Proof } from '../contestants/serve.ts'
import { type Clock, median } from '../timing.ts'
import { flopsOf, type Workload } from '../workloads/workload.ts'
import type { Entrant } from './contestants.ts'
import { type Task, writeTask } from './exchange.ts'
import type { PeakMeter } from './peak.ts'
import { bounds, proofSteps } from './proof.ts'
import { prove, Reference } from './reference.ts'

/** One line of the results. */
export interface Row {
  readonly workload: string
  /** `ocellus` for ours. */
  readonly peer: string
  /** The device, or the peer's way of running. */
  readonly mode: string
  readonly threads: number
  /** Median of one call. */
  readonly ms: number
  /** Of products and convolutions. */
  readonly gflops: number
  /** Of the multiply-adds that as many cores can do, measured in the same run. */
  readonly peakShare: number
}

export interface CompareOptions {
  readonly entrants: readonly Entrant[]
  readonly threads: number
  readonly repeats: number
  /** The clock on the wall, or the time that the contestant's process computed, which a busy machine changes less. */
  readonly clock: Clock
  readonly peak: PeakMeter
  readonly say: (line: string) => void
}

/** Milliseconds of one block of calls; a single call may take longer. */
const blockMilliseconds = 60

/** Calls longer than this are repeated only as often as a median needs. */
const slowMilliseconds = 250
const fewestRepeats = 7

/** One contestant in one mode, ready to be timed. */
interface Lane {
  readonly entrant: Entrant
  readonly mode: string
  readonly calls: number
  readonly times: number[]
}

/** Rows of one workload, and what went wrong, in sentences. */
export async function compare(
  workload: Workload,
  options: CompareOptions,
): Promise<{ rows: Row[]; failures: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'ocellus-bench-'))
  const failures: string[] = []
  try {
    writeTask(workload, folder)
    const lanes = await prepareLanes(workload, folder, options, failures)
    for (let round = 0; round < options.repeats; round++) {
      for (const { entrant, mode, calls, times } of lanes) {
        if (round >= fewestRepeats && median(times) * calls > slowMilliseconds) continue
        const { milliseconds, cpu } = await entrant.process.request({ command: 'time', mode, calls })
        times.push(Number(options.clock === 'cpu' ? cpu : milliseconds) / calls)
      }
      await options.peak.measure()
    }
    for (const { process } of new Set(lanes.map(({ entrant }) => entrant))) await process.request({ command: 'forget' })
    return { rows: lanes.map((lane) => rowOf(workload, lane, options)), failures }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function rowOf(workload: Workload, { entrant, mode, times }: Lane, { threads, peak }: CompareOptions): Row {
  const ms = median(times)
  const gflops = flopsOf(workload) / ms / 1e6
  return { workload: workload.name, peer: entrant.peer, mode, threads, ms, gflops, peakShare: gflops / peak.widest }
}

/** One contestant in one mode, and what it showed: its proof, or why there is none. */
interface Proven {
  readonly entrant: Entrant
  readonly task: Task
  readonly name: string
  readonly shown: Proof | OcellusError
}

/** Contestants whose proof holds; the first that answers is what the others are compared with. */
async function prepareLanes(
  workload: Workload,
  folder: string,
  { entrants, say }: CompareOptions,
  failures: string[],
): Promise<Lane[]> {
  const lanes: Lane[] = []
  let reference: Reference | undefined
  for (const { entrant, task, name, shown } of await proveAll(workload, folder, entrants)) {
    try {
      if (shown instanceof OcellusError) throw shown
      const wrong = await reference?.disagreement(shown)
      if (wrong !== undefined) throw new OcellusError(`not timed, it does other work than ${reference?.name}: ${wrong}`)
      const exact = workload.kind === 'training' && entrant.peer === 'ocellus'
      reference ??= new Reference({
        name,
        workload,
        proof: shown,
        ...(exact && { exact: () => prove(entrant, task, true) }),
      })
      const { milliseconds } = await entrant.process.request({ command: 'prepare', ...task })
      const calls = Math.max(1, Math.min(5000, Math.round(blockMilliseconds / Number(milliseconds))))
      lanes.push({ entrant, mode: task.mode, calls, times: [] })
    } catch (error) {
      if (!(error instanceof OcellusError)) throw error
      failures.push(`${workload.name}, ${name}: ${error.message}`)
    }
  }
  if (lanes.length > 1) say(`${workload.name}: ${sameWork(workload)}: ${lanes.length} agree${reference?.note ?? ''}`)
  return lanes
}

/** Proofs of all contestants, side by side, since nothing is timed yet; in the order of contestants and modes. */
async function proveAll(workload: Workload, folder: string, entrants: readonly Entrant[]): Promise<Proven[]> {
  const all = await Promise.all(
    entrants.map(async (entrant) => {
      const found: Proven[] = []
      for (const mode of entrant.modes(workload)) {
        const task: Task = { workload: workload.name, mode, folder }
        const shown = await prove(entrant, task).catch((error: unknown) => {
          if (error instanceof OcellusError) return error
          throw error
        })
        found.push({ entrant, task, name: `${entrant.peer} ${mode}`, shown })
      }
      return found
    }),
  )
  return all.flat()
}

function sameWork({ kind }: Workload): string {
  return kind === 'training'
    ? `losses of ${proofSteps} steps within ${bounds.loss}, gradients of step 1 within ${bounds.gradient} of their norm`
    : `outputs within ${bounds.output}`
}
