// Memory: how far the peak of the resident size grows over the size after import, in a process of its own for each workload and contestant.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OcellusError } from '../../src/index.ts'
import type { Workload } from '../workloads/workload.ts'
import { type EntrantOptions, startOurs, startTorch } from './contestants.ts'
import { writeTask } from './exchange.ts'

export interface Footprint {
  readonly workload: string
  readonly peer: string
  readonly mode: string
  /** Resident bytes after import, and how many more there were at most. */
  readonly afterImport: number
  readonly growth: number
}

const calls = 10

/** Footprints of ours on `devices` and of PyTorch's eager mode; a contestant that cannot run is left out with a line. */
export async function measureFootprints(
  workloads: readonly Workload[],
  devices: readonly string[],
  options: EntrantOptions,
): Promise<Footprint[]> {
  const found: Footprint[] = []
  const starters = [...devices.map((device) => () => startOurs(device, 1)), () => startTorch(options)]
  for (const workload of workloads) {
    const folder = mkdtempSync(join(tmpdir(), 'ocellus-bench-'))
    try {
      writeTask(workload, folder, 2)
      for (const start of starters) {
        try {
          const { peer, process, modes } = await start()
          const mode = modes(workload)[0] as string
          const request = { command: 'run', workload: workload.name, mode, folder, calls }
          const { bytes } = await process.request(request).finally(() => process.stop())
          const growth = Number(bytes) - process.bytes
          const footprint = { workload: workload.name, peer, mode, afterImport: process.bytes, growth }
          options.say(formatFootprint(footprint))
          found.push(footprint)
        } catch (error) {
          if (!(error instanceof OcellusError)) throw error
          options.say(`memory of ${workload.name}: ${error.message}`)
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return found
}

function formatFootprint({ workload, peer, mode, growth, afterImport }: Footprint): string {
  return `${workload.padEnd(14)} ${`${peer} ${mode}`.padEnd(20)} peak grows by ${mebibytes(growth)} over ${mebibytes(afterImport)} after import`
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`
}
