// Who takes part: ours on each device, PyTorch in its modes, NumPy by hand, and the JavaScript libraries.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { OcellusError, UsageError } from '../../src/index.ts'
import type { Workload } from '../workloads/workload.ts'
import { installPeers } from './install.ts'
import { ContestantProcess } from './process.ts'

export const peerNames = ['torch', 'numpy', 'tfjs', 'jax', 'onnxruntime', 'onnxruntime-web'] as const
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
  readonly anyTorch?: boolean
  /** Also PyTorch's slow-to-start modes. */
  readonly allModes?: boolean
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
export async function startTorch({
  threads,
  python,
  anyTorch = false,
  allModes = false,
  say,
}: EntrantOptions): Promise<Entrant> {
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

/** W1 by hand. Throws OcellusError where this Python has no NumPy. */
async function startNumpy({ threads, python }: EntrantOptions): Promise<Entrant> {
  const count = String(threads)
  const process = await ContestantProcess.start({
    peer: `NumPy (${python})`,
    command: python,
    args: ['-u', file('../python/numpy_contestant.py')],
    env: { OMP_NUM_THREADS: count, OPENBLAS_NUM_THREADS: count, MKL_NUM_THREADS: count },
  })
  return { peer: 'numpy', process, modes: ({ name }) => (name === 'W1' ? ['by hand'] : []) }
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

/** A JavaScript library: its file here with the first arguments, its mode, and what it can do, or do in bearable time. */
interface Library {
  readonly file: string
  readonly args: readonly string[]
  readonly mode: 'native' | 'wasm'
  readonly workloads: readonly string[]
}

const libraries: Readonly<Record<Exclude<PeerName, 'torch' | 'numpy'>, Library>> = {
  tfjs: { file: 'tfjs.ts', args: [], mode: 'wasm', workloads: ['W1', 'W2', 'W3', 'W5', 'W6', 'W7', 'W8'] },
  jax: { file: 'jax.ts', args: [], mode: 'wasm', workloads: ['W1', 'W2', 'W3', 'W6', 'W8'] },
  onnxruntime: { file: 'onnxruntime.ts', args: ['onnxruntime-node'], mode: 'native', workloads: ['W7'] },
  'onnxruntime-web': { file: 'onnxruntime.ts', args: ['onnxruntime-web'], mode: 'wasm', workloads: ['W7'] },
}

/** A peer by name. Throws OcellusError with the reason where it cannot take part. */
export async function startPeer(name: PeerName, options: EntrantOptions): Promise<Entrant> {
  if (name === 'torch') return startTorch(options)
  if (name === 'numpy') return startNumpy(options)
  const { threads } = options
  const { file, args, mode, workloads } = libraries[name]
  if (mode === 'wasm' && threads !== 1) throw new OcellusError(`${name} is compared on 1 thread`)
  installPeers(options.say)
  const process = await nodeProcess(name, `../contestants/${file}`, [...args, String(threads)])
  const able = ({ name }: Workload): boolean =>
    workloads.includes(name.split('-')[0] as string) && !name.endsWith('f64')
  return { peer: name, process, modes: (workload) => (able(workload) ? [mode] : []) }
}
