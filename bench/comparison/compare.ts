// One workload: every contestant proves that it does the same work, then all are timed in turns.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OcellusError } from '../../src/index.ts'
import type { Proof } from '../contestants/serve.ts'
import { median } from '../timing.ts'
import { flopsOf, type Workload } from '../workloads/workload.ts'
import type { Entrant } from './contestants.ts'
import { answerFile, readTensors, type Task, writeTask } from './exchange.ts'
import type { PeakMeter } from './peak.ts'
import { bounds, difference, proofRate, proofSteps } from './proof.ts'

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

export const clocks = ['wall', 'cpu'] as const
export type Clock = (typeof clocks)[number]

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

/** Contestants whose proof holds; the first that answers is what the others are compared with. */
async function prepareLanes(
  workload: Workload,
  folder: string,
  { entrants, say }: CompareOptions,
  failures: string[],
): Promise<Lane[]> {
  const lanes: Lane[] = []
  const zeros = zeroGradients(workload)
  let first: { proof: Proof; name: string } | undefined
  for (const entrant of entrants) {
    for (const mode of entrant.modes(workload)) {
      const name = `${entrant.peer} ${mode}`
      const task: Task = { workload: workload.name, mode, folder }
      try {
        const proof = await prove(entrant, task)
        const wrong = first === undefined ? undefined : difference(first.proof, proof, zeros)
        if (wrong !== undefined)
          throw new OcellusError(`not timed, it does other work than ${(first as { name: string }).name}: ${wrong}`)
        first ??= { proof, name }
        const { milliseconds } = await entrant.process.request({ command: 'prepare', ...task })
        const calls = Math.max(1, Math.min(5000, Math.round(blockMilliseconds / Number(milliseconds))))
        lanes.push({ entrant, mode, calls, times: [] })
      } catch (error) {
        if (!(error instanceof OcellusError)) throw error
        failures.push(`${workload.name}, ${name}: ${error.message}`)
      }
    }
  }
  if (lanes.length > 1) say(`${workload.name}: ${sameWork(workload)}: ${lanes.length} agree`)
  return lanes
}

function zeroGradients(workload: Workload): ReadonlySet<string> {
  const specs = workload.kind === 'training' ? workload.parameters : []
  return new Set(specs.flatMap(({ beforeNorm }, i) => (beforeNorm ? [`gradient.${i}`] : [])))
}

function sameWork({ kind }: Workload): string {
  return kind === 'training'
    ? `losses of ${proofSteps} steps within ${bounds.loss}, gradients of step 1 within ${bounds.gradient} of their norm`
    : `outputs within ${bounds.output}`
}

async function prove(entrant: Entrant, task: Task): Promise<Proof> {
  const answer = answerFile(task, entrant.peer, task.mode)
  const request = { command: 'prove', ...task, answer, steps: proofSteps, rate: proofRate }
  const { losses } = await entrant.process.request(request)
  return { losses: losses as number[], tensors: readTensors(answer) }
}
