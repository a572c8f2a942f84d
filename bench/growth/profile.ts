// Why a shape costs more than its neighbours: its kernels' times per multiply-add beside theirs, and what the lanes of vectors alone would make.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type InstructionSet, targets } from '../../src/codegen/x64/target.ts'
import { instructionSets } from '../../src/devices/native/features.node.ts'
import { OcellusError } from '../../src/index.ts'
import { table } from '../comparison/table.ts'
import type { GrowthPoint } from './measure.ts'
import { families } from './shapes.ts'

/** Nanoseconds per multiply-add of the whole step, here and on average of both neighbours. */
interface KernelCost {
  readonly kernel: string
  readonly here: number
  readonly around: number
}

/** What one shape's kernels cost. */
export interface Explanation {
  readonly point: GrowthPoint
  readonly title: string
  readonly neighbours: readonly [before: number, after: number]
  /** How far the shape would stand out if only vectors counted, whole or not; undefined where the axis does not run along vectors. */
  readonly byLanes: number | undefined
  readonly lanes: number
  /** How far it stands out by the sum of its kernels' times, measured anew. */
  readonly profiled: number
  /** Most excess first. */
  readonly kernels: readonly KernelCost[]
}

const steps = 40
const kernelsNamed = 4

/** Runs the shape and its neighbours again, each in a process of its own. Throws OcellusError where that fails. */
export function explain(point: GrowthPoint): Explanation {
  const family = families.find(({ name }) => name === point.family)
  const index = family?.sizes.indexOf(point.size) ?? -1
  const [before, after] = [family?.sizes[index - 1], family?.sizes[index + 1]]
  if (family === undefined || before === undefined || after === undefined)
    throw new OcellusError(`${point.family} has no neighbours of ${point.size}`)
  const [here, low, high] = [point.size, before, after].map((size) => costs(point.device, family.name, size))
  const names = new Set([...(here as Costs).keys(), ...(low as Costs).keys(), ...(high as Costs).keys()])
  const kernels = [...names].map((kernel) => ({
    kernel,
    here: here?.get(kernel) ?? 0,
    around: ((low?.get(kernel) ?? 0) + (high?.get(kernel) ?? 0)) / 2,
  }))
  const sum = (key: 'here' | 'around'): number => kernels.reduce((total, kernel) => total + kernel[key], 0)
  const profiled = sum('here') / sum('around')
  kernels.sort((a, b) => b.here - b.around - (a.here - a.around))
  const lanes = lanesOf(point.device)
  const wasted = (size: number): number => (Math.ceil(size / lanes) * lanes) / size
  const byLanes = family.axis === 'channels' ? (2 * wasted(point.size)) / (wasted(before) + wasted(after)) : undefined
  return {
    point,
    title: family.title,
    neighbours: [before, after],
    byLanes,
    lanes,
    profiled,
    kernels: kernels.slice(0, kernelsNamed),
  }
}

function lanesOf(device: string): number {
  return device === 'wasm' ? 4 : targets[instructionSets()[0] as InstructionSet].lanes
}

type Costs = ReadonlyMap<string, number>

/** Nanoseconds per multiply-add of the step, of each kernel by its name; of each kernel's runs the quickest. */
function costs(device: string, family: string, size: number): Costs {
  const script = fileURLToPath(new URL('profile-step.ts', import.meta.url))
  const args = ['--import', import.meta.resolve('tsx'), script, device, family, String(size), String(steps)]
  const env = { ...process.env, OCELLUS_DEBUG: 'time' }
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0)
    throw new OcellusError(`${family} ${size} could not be profiled: ${error?.message ?? stderr.trim()}`)
  const multiplyAdds = Number(/multiply-adds (\d+)/.exec(stdout)?.[1])
  return kernelTimes(`${stdout}\n${stderr}`, 1e6 / multiplyAdds)
}

/** From the lines of `OCELLUS_DEBUG=time`, times `scale`. Runs of other programs than the step, which have fewer kernels, do not count. */
export function kernelTimes(text: string, scale: number): Costs {
  const runs: { name: string; ms: number }[][] = []
  let current: { name: string; ms: number }[] = []
  for (const line of text.split('\n')) {
    const kernel = /^\s*([\d.]+) ms\s+[\d.]+ GFLOP\/s\s+[\d.]+ GB\/s\s+(.+)$/.exec(line)
    if (kernel !== null) current.push({ ms: Number(kernel[1]), name: kernel[2] as string })
    else if (/^\s*[\d.]+ ms in \d+ kernels?\b/.test(line)) {
      runs.push(current)
      current = []
    }
  }
  const most = Math.max(...runs.map(({ length }) => length))
  const whole = runs.filter(({ length }) => length === most)
  const found = new Map<string, number>()
  for (const [i, { name }] of (whole[0] ?? []).entries()) {
    const best = Math.min(...whole.map((run) => run[i]?.ms ?? Number.POSITIVE_INFINITY))
    found.set(name, (found.get(name) ?? 0) + best * scale)
  }
  return found
}

/** Markdown: what stands out, by how much lanes explain, and the kernels that make the difference. */
export function explanationPage({ point, title, neighbours, byLanes, lanes, profiled, kernels }: Explanation): string {
  const { size, device, standsOut } = point
  const [before, after] = neighbours
  const first = kernels[0] as KernelCost
  const lead = `**${title}, ${device}, ${size}**: ${standsOut.toFixed(2)} times the mean of ${before} and ${after}, ${profiled.toFixed(2)} by the sum of its kernels.`
  const lanesSay =
    byLanes === undefined
      ? 'The batch does not run along vectors.'
      : `Channels lie along vectors of ${lanes} lanes; ${size} fill ${fill(size, lanes)} of those that they need, ${before} and ${after} fill ${fill(before, lanes)} and ${fill(after, lanes)}. That alone would make it stand out ${byLanes.toFixed(2)} times.`
  const because =
    profiled < standsOut - (standsOut - 1) / 2
      ? 'Its kernels do not show what the whole step showed: that was the machine, not the shape.'
      : `Most of the difference is in ${named(first)}.`
  const lines = kernels.map(({ kernel, here, around }) => [
    kernel.length > 60 ? `${kernel.slice(0, 57)}...` : kernel,
    here.toPrecision(3),
    around.toPrecision(3),
    around === 0 ? '' : (here / around).toFixed(2),
  ])
  const head = ['kernel', 'ns per multiply-add here', 'on average at the neighbours', 'times']
  return [`${lead} ${lanesSay} ${because}`, table(head, lines)].join('\n\n')
}

function fill(size: number, lanes: number): string {
  return `${((100 * size) / (Math.ceil(size / lanes) * lanes)).toFixed(0)} %`
}

function named({ kernel }: KernelCost): string {
  return `\`${kernel.split(' ').slice(0, 3).join(' ')}\``
}
