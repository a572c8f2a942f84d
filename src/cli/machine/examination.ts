// What `ocellus doctor` finds out about the machine.

import { readFile } from 'node:fs/promises'
import { arch, cpus, platform, totalmem } from 'node:os'
import { probeWasmFeatures } from '../../codegen/wasm/features.ts'
import { measurePeak } from '../../codegen/wasm/peak.ts'
import { targets } from '../../codegen/x64/target.ts'
import type { Device } from '../../devices/device.ts'
import { instructionSets, measureNativePeak } from '../../devices/native/features.node.ts'
import { currentDevice, refusalOf } from '../../devices/registry.ts'
import { chooseDevice } from '../choose-device.ts'
import { formatCount } from '../terminal.ts'
import { type FoundDataset, findDatasets } from './datasets.ts'
import { measureProduct } from './product.ts'

export interface Examination {
  readonly versions: {
    readonly ocellus: string
    readonly node: string
    readonly v8: string
    readonly sharp: string | undefined
  }
  readonly machine: {
    readonly system: string
    readonly processor: string
    readonly cores: number
    readonly memory: number
  }
  readonly device: {
    readonly name: string
    readonly threads: number
    /** Why it is not the native device; undefined where it is. */
    readonly nativeRefused: string | undefined
    /** Devices of one class give the same bits. */
    readonly numberClass: string
    readonly features: Readonly<Record<string, boolean>>
  }
  /** In GFLOP/s, on one thread: the most that multiply-adds of f32 vectors give, and a product of 512x512 matrices. */
  readonly speed: { readonly vectors: string; readonly peak: number; readonly product: number }
  readonly data: { readonly folder: string; readonly sets: readonly FoundDataset[] }
}

/** Looks at everything; takes about a quarter of a second, most of it for the speed. */
export async function examine(): Promise<Examination> {
  const { simd, relaxedMadd, fusedMadd } = probeWasmFeatures()
  await chooseDevice()
  const device = currentDevice()
  const sets = refusalOf('native') === undefined ? instructionSets() : []
  const set = device.name === 'native' ? sets[0] : undefined
  const bits = set === undefined ? 128 : 32 * targets[set].lanes
  const [processor] = cpus()
  return {
    versions: {
      ocellus: (await versionOf(new URL('../../../package.json', import.meta.url))) ?? 'unknown',
      node: process.versions.node,
      v8: process.versions.v8,
      sharp: await sharpVersion(),
    },
    machine: {
      system: `${platform()} ${arch()}`,
      processor: processor?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memory: totalmem(),
    },
    device: {
      name: device.name,
      threads: device.threads,
      nativeRefused: refusalOf('native'),
      numberClass: device.numberClass,
      features: {
        'WebAssembly SIMD': simd,
        'relaxed multiply-add': relaxedMadd,
        'fused multiply-add': fusedMadd,
        AVX2: sets.includes('avx2'),
        'AVX-512': sets.includes('avx512'),
      },
    },
    speed: {
      vectors: `vectors of ${bits} bits`,
      peak: set === undefined ? measurePeak({ relaxedMadd: fusedMadd }) : measureNativePeak(set),
      product: await onOneThread(device, () => measureProduct(512)),
    },
    data: await findDatasets(),
  }
}

/** What is measured beside the peak of one core must not use two. */
async function onOneThread<Result>(device: Device, measure: () => Result): Promise<Result> {
  const { threads } = device
  await device.useThreads(1)
  const result = measure()
  await device.useThreads(threads)
  return result
}

async function versionOf(packageFile: URL): Promise<string | undefined> {
  const text = await readFile(packageFile, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const { version }: { version?: string } = JSON.parse(text)
  return version
}

/** The version of the optional image codec, where it can be loaded. */
async function sharpVersion(): Promise<string | undefined> {
  const { loadCodec } = await import('../../image/codec.node.ts')
  const codec = await loadCodec().catch(() => undefined)
  return codec?.versions.sharp
}

/** The examination as lines of text. */
export function formatExamination({ versions, machine, device, speed, data }: Examination): string {
  const features = Object.entries(device.features).map(([name, there]) => (there ? name : `no ${name}`))
  const share = Math.round((100 * speed.product) / speed.peak)
  const lines: readonly (readonly [string, string])[] = [
    ['Ocellus', versions.ocellus],
    ['Node', `${versions.node} (V8 ${versions.v8})`],
    ['sharp', versions.sharp ?? 'not installed: image files cannot be read; run npm install sharp'],
    [
      'Machine',
      `${machine.system}, ${machine.cores} cores, ${(machine.memory / 2 ** 30).toFixed(1)} GiB, ${machine.processor}`,
    ],
    ['Device', device.nativeRefused === undefined ? device.name : `${device.name}, because ${device.nativeRefused}`],
    ['Features', features.slice(0, 3).join(', ')],
    ['', features.slice(3).join(', ')],
    ['Threads', String(device.threads)],
    ['Numbers', device.numberClass],
    ['Peak', `${speed.peak.toFixed(1)} GFLOP/s (f32, ${speed.vectors}, one thread)`],
    ['Matrices', `${speed.product.toFixed(1)} GFLOP/s (product of 512x512, ${share} % of the peak)`],
    ['Data', data.folder],
    ...data.sets.map((set): [string, string] => ['', `${set.name.padEnd(15)} ${describe(set)}`]),
    ['', 'and more: ocellus data list'],
  ]
  return lines.map(([label, text]) => `${label.padEnd(10)}${text}`).join('\n')
}

function describe({ name, state, bytes, files, missing }: FoundDataset): string {
  if (state === 'embedded') return 'comes with the package'
  if (state === 'found') return `found, ${formatCount(Math.ceil((bytes ?? 0) / 1024))} KiB`
  if (missing.length === files) return `not there (needs ${files} ${files === 1 ? 'file' : 'files'} in ${name}/)`
  return `not complete, ${missing.length === 1 ? 'missing is' : 'missing are'} ${missing.join(', ')}`
}
