// Matrix products on the WebAssembly device, as a share of the machine's peak for 128-bit vectors.

import { probeWasmFeatures } from '../src/codegen/wasm/features.ts'
import { measurePeak } from '../src/codegen/wasm/peak.ts'
import { compile, init, tensor, Variable } from '../src/index.ts'
import { randomValues, settle, time } from './timing.ts'

const sizes = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [2048, 2048, 2048],
  [128, 3072, 256],
] as const

export async function benchProducts(): Promise<string[]> {
  await init({ device: 'wasm', threads: 1 })
  const lines: string[] = []
  const { fusedMadd } = probeWasmFeatures()
  for (const [m, k, n] of sizes) {
    const a = new Variable(tensor(randomValues(m * k), { shape: [m, k] }))
    const b = new Variable(tensor(randomValues(k * n), { shape: [k, n] }))
    const c = new Variable(tensor(new Float32Array(m * n), { shape: [m, n] }))
    const product = compile(() => c.assign(a.matmul(b)))
    const flops = 2 * m * k * n
    for (let i = 0; i < 3; i++) product()
    await settle()
    const before = measurePeak({ relaxedMadd: fusedMadd, duration: 100 })
    const { median, best } = time(product, Math.max(7, Math.min(400, Math.round(6e9 / flops))))
    const peak = Math.max(before, measurePeak({ relaxedMadd: fusedMadd, duration: 100 }))
    const share = (milliseconds: number): string => `${((100 * flops) / milliseconds / 1e6 / peak).toFixed(0)} %`
    lines.push(
      `product ${m} x ${k} x ${n}: ${(flops / median / 1e6).toFixed(1)} GFLOP/s (median), ${(flops / best / 1e6).toFixed(1)} (best); peak ${peak.toFixed(1)}; share ${share(median)} (median), ${share(best)} (best)`,
    )
  }
  return lines
}
