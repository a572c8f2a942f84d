// How much two threads gain on W4 and W5, against what two cores gain on bare multiply-adds, measured in turns.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deviceNames, type Entrant, startOurs } from './comparison/contestants.ts'
import { writeTask } from './comparison/exchange.ts'
import { PeakMeter } from './comparison/peak.ts'
import { milliseconds } from './comparison/report.ts'
import { median } from './timing.ts'
import { findWorkload } from './workloads/index.ts'

/** Medians of one workload on one device, and how much faster two threads, and two cores of the machine, are than one. */
export interface Scaling {
  readonly workload: string
  readonly device: string
  readonly ms: readonly [one: number, two: number]
  readonly gain: number
  readonly machineGain: number
}

/** Two threads should gain this part of what the machine gains. */
export const scalingBar = 0.85

const workloads = ['W4', 'W5'] as const
const rounds = 9

/** In turns: one thread, the machine's one core, two threads, its two cores. */
export async function measureScaling(say: (line: string) => void): Promise<Scaling[]> {
  const found: Scaling[] = []
  for (const device of deviceNames) {
    const [one, two] = [await startOurs(device, 1), await startOurs(device, 2)]
    const peaks = [await PeakMeter.start(1), await PeakMeter.start(2)] as const
    try {
      for (const workload of workloads) {
        const scaling = await scalingOf(workload, device, [one, two], peaks)
        say(formatScaling(scaling))
        found.push(scaling)
      }
    } finally {
      for (const { process } of [one, two]) await process.stop()
      for (const peak of peaks) await peak.stop()
    }
  }
  return found
}

async function scalingOf(
  workload: string,
  device: string,
  entrants: readonly [one: Entrant, two: Entrant],
  peaks: readonly [one: PeakMeter, two: PeakMeter],
): Promise<Scaling> {
  const folder = mkdtempSync(join(tmpdir(), 'ocellus-bench-'))
  try {
    writeTask(findWorkload(workload), folder)
    const task = { workload, mode: device, folder }
    for (const { process } of entrants) await process.request({ command: 'prepare', ...task })
    const times: [number[], number[]] = [[], []]
    const machine: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      for (const i of [0, 1] as const) {
        const answer = await entrants[i].process.request({ command: 'time', mode: device, calls: 1 })
        times[i].push(Number(answer.milliseconds))
        const { widest, wasm } = await peaks[i].measure()
        machine[i].push(device === 'wasm' ? wasm : widest)
      }
    }
    for (const { process } of entrants) await process.request({ command: 'forget' })
    const ms = [median(times[0]), median(times[1])] as const
    return { workload, device, ms, gain: ms[0] / ms[1], machineGain: median(machine[1]) / median(machine[0]) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function formatScaling({ workload, device, ms: [one, two], gain, machineGain }: Scaling): string {
  const share = ((100 * gain) / machineGain).toFixed(0)
  return `${workload} ${device}: ${milliseconds(one)} ms on one thread, ${milliseconds(two)} on two: ${gain.toFixed(2)} times; two cores make ${machineGain.toFixed(2)} times the multiply-adds of one: ${share} % of it`
}
