// Step times over sizes, per multiply-add, and the sizes that stand out from their neighbours.

import { init } from '../../src/index.node.ts'
import { type Clock, now } from '../timing.ts'
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

/** With the device that it was measured on. */
export interface GrowthPoint extends Point {
  readonly device: 'native' | 'wasm'
}

const blocks = 7
const looks = 3
/** What stands out more than this is looked at again. */
const doubt = 1.25
const blockMilliseconds = 8

/** Points of one family on a device. Sizes take turns, so that a busy moment of the machine does not look like a slow size. */
export async function measureFamily(family: Family, device: 'native' | 'wasm', clock: Clock): Promise<Point[]> {
  await init({ device, threads: 1 })
  const steps = family.sizes.map((size) => {
    const { run, multiplyAdds } = family.step(size)
    for (let i = 0; i < 3; i++) run()
    const start = now(clock)
    run()
    const calls = Math.max(1, Math.min(200, Math.round(blockMilliseconds / (now(clock) - start))))
    return { size, run, multiplyAdds, calls, times: [] as number[] }
  })
  const timeOnce = ({ run, calls, times }: (typeof steps)[number]): void => {
    run()
    const start = now(clock)
    for (let i = 0; i < calls; i++) run()
    times.push((now(clock) - start) / calls)
  }
  // The best block counts: nothing is compared with others here, and on a shared machine it is what the code can do.
  const pointsNow = (): Point[] =>
    withNeighbours(
      steps.map(({ size, multiplyAdds, times }) => {
        const ms = Math.min(...times)
        return { family: family.name, size, ms, cost: (1e6 * ms) / multiplyAdds }
      }),
    )
  for (let block = 0; block < blocks; block++) for (const step of steps) timeOnce(step)
  // What stands out is looked at again, with its neighbours: most of it was somebody else on the machine.
  for (let look = 0; look < looks; look++) {
    const points = pointsNow()
    const doubtful = steps.filter((_, i) => [i - 1, i, i + 1].some((k) => (points[k]?.standsOut ?? 0) > doubt))
    for (let block = 0; block < blocks; block++) for (const step of doubtful) timeOnce(step)
  }
  return pointsNow()
}

function withNeighbours(points: readonly Omit<Point, 'standsOut'>[]): Point[] {
  return points.map((point, i) => {
    const [before, after] = [points[i - 1], points[i + 1]]
    const standsOut = before === undefined || after === undefined ? 1 : (2 * point.cost) / (before.cost + after.cost)
    return { ...point, standsOut }
  })
}

/** The points that stand out most, worst first. */
export function slowest<P extends Point>(points: readonly P[], count: number): P[] {
  return [...points].sort((a, b) => b.standsOut - a.standsOut).slice(0, count)
}
