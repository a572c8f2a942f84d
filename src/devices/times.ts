// Time per kernel, for OCELLUS_DEBUG=time.

import { entryBytes } from '../codegen/control.ts'
import type { KernelInfo } from '../codegen/program.ts'
import type { Runner } from './program-executable.ts'

/** Runs the kernels one by one and prints what each took. */
export function reportTimes(runner: Runner, table: number, kernels: readonly KernelInfo[]): void {
  const lines = kernels.map(({ name, code, firstEntry, slabs, flops, bytes }) => {
    const start = performance.now()
    runner.kernel(code, table + firstEntry * entryBytes, 0, slabs)
    const milliseconds = performance.now() - start
    const rate = (count: number): string => (count / milliseconds / 1e6).toFixed(1).padStart(7)
    return {
      milliseconds,
      line: `${milliseconds.toFixed(3).padStart(9)} ms ${rate(flops)} GFLOP/s ${rate(bytes)} GB/s  ${name}`,
    }
  })
  const total = lines.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  console.error(
    [
      ...lines.map(({ line }) => line),
      `${total.toFixed(3).padStart(9)} ms in ${kernels.length} ${kernels.length === 1 ? 'kernel' : 'kernels'}`,
    ].join('\n'),
  )
}
