// The whole comparison: for each thread count the contestants start, and workload after workload is proven and timed.

import { loadavg } from 'node:os'
import { OcellusError } from '../../src/index.ts'
import type { Clock } from '../timing.ts'
import type { Workload } from '../workloads/workload.ts'
import { compare, type Row } from './compare.ts'
import { type Entrant, type EntrantOptions, type PeerName, startOurs, startPeer } from './contestants.ts'
import { PeakMeter } from './peak.ts'
import { formatRatios, formatRow } from './report.ts'

export interface ComparisonOptions extends Omit<EntrantOptions, 'threads'> {
  readonly workloads: readonly Workload[]
  readonly devices: readonly string[]
  readonly peers: readonly PeerName[]
  /** Peers that the user asked for: without one of them the run fails, where others are left out with a line. */
  readonly required: readonly PeerName[]
  readonly threads: readonly number[]
  readonly repeats: number
  readonly clock: Clock
}

/** GFLOP/s of multiply-adds. */
export interface Peak {
  readonly threads: number
  readonly widest: number
  readonly wasm: number
}

export interface Comparison {
  readonly rows: readonly Row[]
  readonly peaks: readonly Peak[]
  readonly versions: Readonly<Record<string, string>>
  /** What could not be timed, in sentences. */
  readonly failures: readonly string[]
  readonly clock: Clock
  /** Programs that ran when it began, averaged over a minute. */
  readonly load: number
}

export async function runComparison(options: ComparisonOptions): Promise<Comparison> {
  const load = loadavg()[0] as number
  if (load > 0.5)
    options.say(
      `about ${load.toFixed(1)} other programs run here at the same time: read ratios only, and none at several threads`,
    )
  const rows: Row[] = []
  const peaks: Peak[] = []
  const failures: string[] = []
  const versions: Record<string, string> = {}
  const begin = performance.now()
  const all = options.threads.length * options.workloads.length
  let place = 0
  for (const threads of options.threads) {
    const peak = await PeakMeter.start(threads)
    const entrants = await startEntrants(options, threads, failures)
    try {
      for (const { peer, process } of entrants) versions[peer] = process.version
      for (const workload of options.workloads) {
        const { repeats, clock, say } = options
        place++
        const minutes = (performance.now() - begin) / 60_000
        if (all > 2)
          say(
            `[${place} of ${all}, ${minutes.toFixed(1)} min so far] ${workload.name}, ${threads} thread${threads === 1 ? '' : 's'}`,
          )
        const result = await compare(workload, { entrants, threads, repeats, clock, peak, say })
        for (const row of result.rows) say(formatRow(row))
        if (result.rows.length > 1) say(formatRatios(result.rows))
        for (const failure of result.failures) say(failure)
        rows.push(...result.rows)
        failures.push(...result.failures)
      }
      peaks.push({ threads, widest: peak.widest, wasm: peak.wasm })
      options.say(
        `peak of multiply-adds on ${threads} core${threads === 1 ? '' : 's'}: ${peak.widest.toFixed(0)} GFLOP/s, 128-bit vectors in WebAssembly ${peak.wasm.toFixed(0)}`,
      )
    } finally {
      for (const { process } of entrants) await process.stop()
      await peak.stop()
    }
  }
  return { rows, peaks, versions, failures, clock: options.clock, load }
}

async function startEntrants(options: ComparisonOptions, threads: number, failures: string[]): Promise<Entrant[]> {
  const entrants: Entrant[] = []
  const attempt = async (start: () => Promise<Entrant>, required: boolean): Promise<void> => {
    try {
      entrants.push(await start())
    } catch (error) {
      if (!(error instanceof OcellusError)) throw error
      options.say(`left out at ${threads} thread${threads === 1 ? '' : 's'}: ${error.message}`)
      if (required) failures.push(error.message)
    }
  }
  for (const device of options.devices) await attempt(() => startOurs(device, threads), true)
  for (const peer of options.peers)
    await attempt(() => startPeer(peer, { ...options, threads }), options.required.includes(peer))
  return entrants
}
