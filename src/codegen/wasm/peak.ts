// The most multiply-adds per second that emitted code can reach on this machine: a loop of independent chains in registers.

import { assemble } from './assembler.ts'
import { FunctionBody } from './function-body.ts'

export interface PeakOptions {
  /** As in `emitWasm`: relaxed multiply-add, or multiply and add. */
  readonly relaxedMadd: boolean
  /** How long to measure, in milliseconds; the engine needs the first third to optimise the loop. Default 60. */
  readonly duration?: number
}

/** Chains that hide a latency of 4 cycles on 2 or 3 units; with their two factors they fit 16 registers. */
const chains = 12
const lanes = 4
const iterations = 300_000

/** Peak of 128-bit f32 multiply-adds on one core, in GFLOP/s (10^9 multiplications and additions per second). */
export function measurePeak({ relaxedMadd, duration = 60 }: PeakOptions): number {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(peakModule(relaxedMadd)))
  const run = exports.run as (iterations: number, x: number, y: number) => number
  const end = performance.now() + duration
  let best = Number.POSITIVE_INFINITY
  while (performance.now() < end) {
    const start = performance.now()
    run(iterations, 1e-3, 1e-3)
    const elapsed = performance.now() - start
    if (elapsed > 0) best = Math.min(best, elapsed)
  }
  return (2 * lanes * chains * iterations) / best / 1e6
}

/**
 * run(iterations, x, y): each chain is sum = x * y + sum, or sum = sum * x + y without relaxed multiply-add (there the product must
 * differ from chain to chain, else it is computed once). The chains' sum is returned, so that none can be left out.
 */
function peakModule(relaxedMadd: boolean): Uint8Array<ArrayBuffer> {
  const body = new FunctionBody({ parameters: ['i32', 'f32', 'f32'], results: ['f32'] })
  const counter = 0
  const [x, y] = [1, 2].map((parameter) => {
    const factor = body.local('v128')
    body.get(parameter).op('f32x4.splat').set(factor)
    return factor
  }) as [number, number]
  const sums = Array.from({ length: chains }, () => body.local('v128'))
  body.loop(() => {
    for (const sum of sums) {
      if (relaxedMadd) body.get(x).get(y).get(sum).op('f32x4.relaxed_madd')
      else body.get(sum).get(x).op('f32x4.mul').get(y).op('f32x4.add')
      body.set(sum)
    }
    body.get(counter).i32(1).op('i32.sub').tee(counter).branchIf(0)
  })
  const [head, ...rest] = sums as [number, ...number[]]
  body.get(head)
  for (const sum of rest) body.get(sum).op('f32x4.add')
  body.lane('f32x4.extract_lane', 0)
  return assemble({ functions: [{ body, exported: 'run' }] })
}
