// What the machine can do at most: multiply-adds per second of emitted loops, on as many cores as there are threads, at the same time.

import { startOurs } from './contestants.ts'
import type { ContestantProcess } from './process.ts'

const milliseconds = 15

/** Keeps the best of many short measurements, spread over the run. GFLOP/s of all cores together. */
export class PeakMeter {
  readonly #processes: readonly ContestantProcess[]
  #widest = 0
  #wasm = 0

  private constructor(processes: readonly ContestantProcess[]) {
    this.#processes = processes
  }

  static async start(threads: number): Promise<PeakMeter> {
    const started = await Promise.all(Array.from({ length: threads }, () => startOurs('wasm', 1)))
    const meter = new PeakMeter(started.map(({ process }) => process))
    for (let i = 0; i < 5; i++) await meter.measure()
    return meter
  }

  /** With the widest vectors that the machine has. */
  get widest(): number {
    return this.#widest
  }

  /** With 128-bit vectors in WebAssembly. */
  get wasm(): number {
    return this.#wasm
  }

  /** One more measurement; what it found. */
  async measure(): Promise<{ readonly widest: number; readonly wasm: number }> {
    const answers = await Promise.all(
      this.#processes.map((process) => process.request({ command: 'peak', milliseconds })),
    )
    const total = (key: string): number => answers.reduce((sum, answer) => sum + Number(answer[key]), 0)
    const found = { widest: total('widest'), wasm: total('wasm') }
    this.#widest = Math.max(this.#widest, found.widest)
    this.#wasm = Math.max(this.#wasm, found.wasm)
    return found
  }

  async stop(): Promise<void> {
    for (const process of this.#processes) await process.stop()
  }
}
