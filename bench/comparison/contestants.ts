// Who takes part: ours on each device, PyTorch in its modes, and the JavaScript libraries.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { OcellusError, UsageError } from '../../src/index.ts'
import type { Workload } from '../workloads/workload.ts'
import { installPeers } from './install.ts'
import { ContestantProcess } from './process.ts'

export const peerNames = ['torch', 'tfjs', 'jax', 'onnxruntime'] as const
export type PeerName = (typeof peerNames)[number]
export const deviceNames = ['native', 'wasm'] as const

/** The PyTorch that the bars are about. */
const wantedTorch = '2.13'

export interface Entrant {
  /** `ocellus` for ours. */
  readonly peer: 'ocellus' | PeerName
  readonly process: ContestantProcess
  /** Modes in which it does a workload; none where it cannot. */
  readonly modes: (workload: Workload) => readonly string[]
}

export interface EntrantOptions {
  readonly threads: number
  readonly python: string
  readonly anyTorch: boolean
  /** Also PyTorch's slow-to-start modes. */
  readonly allModes: boolean
  readonly say: (line: string) => void
}

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** A contestant written in TypeScript, run as the benchmark itself is. */
function nodeProcess(peer: string, path: string, args: readonly string[]): Promise<ContestantProcess> {
  return ContestantProcess.start({
    peer,
    command: process.execPath,
    args: ['--import', import.meta.resolve('tsx'), file(path), ...args],
  })
}

export async function startOurs(device: string, threads: number): Promise<Entrant> {
  const process = await nodeProcess(`ocellus ${device}`, '../contestants/ocellus.ts', [device, String(threads)])
  return { peer: 'ocellus', process, modes: () => [device] }
}

/** Throws OcellusError with the reason where this Python has no PyTorch 2.13. */
export async function startTorch({ threads, python, anyTorch, allModes, say }: EntrantOptions): Promise<Entrant> {
  const env = { OMP_NUM_THREADS: String(threads), MKL_NUM_THREADS: String(threads) }
  const process = await ContestantProcess.start({
    peer: `PyTorch (${python})`,
    command: python,
    args: ['-u', file('../python/contestant.py'), String(threads)],
    env,
  })
  const { version } = process
  if (!anyTorch && !version.startsWith(`${wantedTorch}.`)) {
    await process.stop()
    throw new UsageError(
      `${python} has PyTorch ${version}, and the figures are about ${wantedTorch}: give another --python, or --any-torch`,
    )
  }
  const compiler = allModes && hasCompiler()
  if (allModes && !compiler) say('no C++ compiler (g++) here: PyTorch’s compile mode is left out')
  return { peer: 'torch', process, modes: (workload) => torchModes(workload, allModes, compiler) }
}

function torchModes(workload: Workload, all: boolean, compiler: boolean): string[] {
  if (workload.kind === 'product') return ['eager']
  const images = workload.input.shape.length === 3
  const layouts = images ? ['eager', 'channels-last'] : ['eager']
  if (!all) return layouts
  return [...layouts, 'TorchScript', ...(compiler ? ['compile', ...(images ? ['compile channels-last'] : [])] : [])]
}

function hasCompiler(): boolean {
  try {
    execFileSync('g++', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What the JavaScript libraries can do, or do in bearable time. */
const abilities: Readonly<Record<Exclude<PeerName, 'torch'>, readonly string[]>> = {
  tfjs: ['W1', 'W2', 'W3', 'W5', 'W6', 'W7', 'W8'],
  jax: ['W1', 'W2', 'W3', 'W6', 'W8'],
  onnxruntime: ['W7'],
}

/** A peer by name. Throws OcellusError with the reason where it cannot take part. */
export async function startPeer(name: PeerName, options: EntrantOptions): Promise<Entrant> {
  if (name === 'torch') return startTorch(options)
  const { threads } = options
  if (name !== 'onnxruntime' && threads !== 1) throw new OcellusError(`${name} is compared on 1 thread`)
  installPeers(options.say)
  const process = await nodeProcess(name, `../contestants/${name}.ts`, [String(threads)])
  const able = (workload: Workload): boolean =>
    abilities[name].includes(workload.name.split('-')[0] as string) && !workload.name.endsWith('f64')
  return {
    peer: name,
    process,
    modes: (workload) => (able(workload) ? [name === 'onnxruntime' ? 'native' : 'wasm'] : []),
  }
}
