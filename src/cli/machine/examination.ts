// What `ocellus doctor` finds out about the machine.

import { readFile } from 'node:fs/promises'
import { arch, cpus, platform, totalmem } from 'node:os'
import { probeWasmFeatures } from '../../codegen/wasm/features.ts'
import { measurePeak } from '../../codegen/wasm/peak.ts'
import { currentDevice } from '../../devices/registry.ts'
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
    /** Devices of one class give the same bits. */
    readonly numberClass: string
    readonly features: Readonly<Record<string, boolean>>
  }
  /** In GFLOP/s, on one thread: the most that f32 vectors of 128 bits give, and a product of 512x512 matrices. */
  readonly speed: { readonly peak: number; readonly product: number }
  readonly data: { readonly folder: string; readonly sets: readonly FoundDataset[] }
}

/** Looks at everything; takes about a quarter of a second, most of it for the speed. */
export async function examine(): Promise<Examination> {
  const { simd, relaxedMadd, fusedMadd } = probeWasmFeatures()
  const device = currentDevice()
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
      threads: 1,
      numberClass: device.numberClass,
      features: { 'WebAssembly SIMD': simd, 'relaxed multiply-add': relaxedMadd, 'fused multiply-add': fusedMadd },
    },
    speed: { peak: measurePeak({ relaxedMadd: fusedMadd }), product: measureProduct(512) },
    data: await findDatasets(),
  }
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
    ['Device', device.name],
    ['Features', features.join(', ')],
    ['Threads', String(device.threads)],
    ['Numbers', device.numberClass],
    ['Peak', `${speed.peak.toFixed(1)} GFLOP/s (f32, 128-bit vectors, one thread)`],
    ['Matrices', `${speed.product.toFixed(1)} GFLOP/s (product of 512x512, ${share} % of the peak)`],
    ['Data', data.folder],
    ...data.sets.map((set): [string, string] => ['', `${set.name.padEnd(15)} ${describe(set)}`]),
  ]
  return lines.map(([label, text]) => `${label.padEnd(10)}${text}`).join('\n')
}

function describe({ name, state, bytes, files, missing }: FoundDataset): string {
  if (state === 'embedded') return 'comes with the package'
  if (state === 'found') return `found, ${formatCount(Math.ceil((bytes ?? 0) / 1024))} KiB`
  if (missing.length === files) return `not there (needs ${files} ${files === 1 ? 'file' : 'files'} in ${name}/)`
  return `not complete, ${missing.length === 1 ? 'missing is' : 'missing are'} ${missing.join(', ')}`
}
