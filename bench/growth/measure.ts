// Step times over sizes, per multiply-add, and the sizes that stand out from their neighbours.

import { init } from '../../src/index.node.ts'
import type { Family } from './shapes.ts'

export interface Point {
  readonly family: string
  readonly size: number
  readonly ms: number
  /** Nanoseconds of one multiply-add. */
  readonly cost: number
  /** Cost over the mean of both neighbours' costs; 1 at the ends, which have one neighbour only. */
  readonly standsOut: number
}

/** A shape may cost this much more than the mean of its neighbours. */
export const mostOutstanding = 1.5

const blocks = 7
const blockMilliseconds = 8

/** Points of one family on a device. Sizes take turns, so that a busy moment of the machine does not look like a slow size. */
export async function measureFamily(family: Family, device: 'native' | 'wasm'): Promise<Point[]> {
  await init({ device, threads: 1 })
  const steps = family.sizes.map((size) => {
    const { run, multiplyAdds } = family.step(size)
    for (let i = 0; i < 3; i++) run()
    const start = performance.now()
    run()
    const calls = Math.max(1, Math.min(200, Math.round(blockMilliseconds / (performance.now() - start))))
    return { size, run, multiplyAdds, calls, times: [] as number[] }
  })
  for (let block = 0; block < blocks; block++) {
    for (const { run, calls, times } of steps) {
      run()
      const start = performance.now()
      for (let i = 0; i < calls; i++) run()
      times.push((performance.now() - start) / calls)
    }
  }
  const points = steps.map(({ size, multiplyAdds, times }) => {
    // The best block: nothing is compared with others here, and on a shared machine it is what the code can do.
    const ms = Math.min(...times)
    return { family: family.name, size, ms, cost: (1e6 * ms) / multiplyAdds }
  })
  return points.map((point, i) => {
    const [before, after] = [points[i - 1], points[i + 1]]
    const standsOut = before === undefined || after === undefined ? 1 : (2 * point.cost) / (before.cost + after.cost)
    return { ...point, standsOut }
  })
}

/** The points that stand out most, worst first. */
export function slowest(points: readonly Point[], count: number): Point[] {
  return [...points].sort((a, b) => b.standsOut - a.standsOut).slice(0, count)
}
