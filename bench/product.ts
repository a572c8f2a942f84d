// Matrix products on the WebAssembly device, as a share of the machine's peak for 128-bit vectors; in this Node and in others.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { probeWasmFeatures } from '../src/codegen/wasm/features.ts'
import { measurePeak } from '../src/codegen/wasm/peak.ts'
import { compile, init, OcellusError, tensor, Variable } from '../src/index.ts'
import { type Clock, randomValues, settle, time } from './timing.ts'

const sizes = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [128, 3072, 256],
] as const

/** One product, in GFLOP/s, and the peak beside it. */
export interface WasmProduct {
  readonly node: string
  readonly size: readonly [m: number, k: number, n: number]
  readonly median: number
  readonly best: number
  readonly peak: number
  /** Relaxed SIMD's multiply-add, which rounds once, or a multiplication and an addition. */
  readonly fused: boolean
}

/** In this process. */
export async function measureProducts(clock: Clock): Promise<WasmProduct[]> {
  await init({ device: 'wasm', threads: 1 })
  const found: WasmProduct[] = []
  const { fusedMadd } = probeWasmFeatures()
  for (const size of sizes) {
    const [m, k, n] = size
    const a = new Variable(tensor(randomValues(m * k), { shape: [m, k] }))
    const b = new Variable(tensor(randomValues(k * n), { shape: [k, n] }))
    const c = new Variable(tensor(new Float32Array(m * n), { shape: [m, n] }))
    const product = compile(() => c.assign(a.matmul(b)))
    const flops = 2 * m * k * n
    for (let i = 0; i < 3; i++) product()
    await settle()
    const before = measurePeak({ relaxedMadd: fusedMadd, duration: 100 })
    const { median, best } = time(product, Math.max(7, Math.min(400, Math.round(6e9 / flops))), clock)
    const peak = Math.max(before, measurePeak({ relaxedMadd: fusedMadd, duration: 100 }))
    found.push({
      node: process.version,
      size,
      median: flops / median / 1e6,
      best: flops / best / 1e6,
      peak,
      fused: fusedMadd,
    })
  }
  return found
}

/** In a process of another Node. Throws OcellusError, with the reason, where it cannot run. */
export function measureProductsWith(node: string, clock: Clock): WasmProduct[] {
  const script = `import { measureProducts } from ${JSON.stringify(import.meta.url)}
console.log(JSON.stringify(await measureProducts('${clock}')))`
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', script]
  const cwd = fileURLToPath(new URL('..', import.meta.url))
  const { status, stdout, stderr, error } = spawnSync(node, args, { cwd, encoding: 'utf8' })
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1) as string) as WasmProduct[]
  const reason =
    error?.message ?? stderr.split('\n').find((line) => line.includes('Error')) ?? `it ended with ${status}`
  throw new OcellusError(`${node} could not measure products: ${reason}`)
}

export function formatProduct({ node, size, median, best, peak, fused }: WasmProduct): string {
  const share = (gflops: number): string => `${((100 * gflops) / peak).toFixed(0)} %`
  return `product ${size.join(' x ')}, Node ${node}: ${median.toFixed(1)} GFLOP/s (median), ${best.toFixed(1)} (best); peak ${peak.toFixed(1)} ${fused ? 'of multiply-adds' : 'of multiplications and additions'}; share ${share(median)} (median), ${share(best)} (best)`
}
