// Node 20 has relaxed SIMD behind a flag that can be set while it runs; later versions have it anyway and warn about the flag.

import { setFlagsFromString } from 'node:v8'
import { validatesRelaxedMadd } from './features.ts'

/** Makes relaxed SIMD available where the engine knows it; call before the first module is compiled. */
export function enableRelaxedSimd(): void {
  if (!validatesRelaxedMadd()) setFlagsFromString('--experimental-wasm-relaxed-simd')
}
