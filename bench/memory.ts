// Resident memory over 10,000 training steps in a synchronous and in an awaited loop. Needs `node --expose-gc`.

import { characterStep } from './step.ts'

const steps = 10_000
const settled = 500

function residentMebibytes(): number {
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) throw new Error('run this with node --expose-gc')
  gc()
  return process.memoryUsage().rss / 2 ** 20
}

export async function benchMemory(): Promise<string[]> {
  const lines: string[] = []
  for (const awaited of [false, true]) {
    const step = characterStep()
    let base = 0
    for (let i = 0; i < steps; i++) {
      step()
      if (awaited) await null
      if (i === settled) base = residentMebibytes()
    }
    const growth = residentMebibytes() - base
    lines.push(
      `memory, ${awaited ? 'awaited' : 'synchronous'} loop: ${growth.toFixed(1)} MiB more after ${steps} steps than after ${settled} (${base.toFixed(0)} MiB)`,
    )
  }
  return lines
}
