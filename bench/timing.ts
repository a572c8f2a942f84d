// Honest times: many short runs after a warm-up, the median and the best. On a shared machine the best is what the code can do.

export interface Timing {
  readonly median: number
  readonly best: number
}

export const clocks = ['wall', 'cpu'] as const
/** The clock on the wall, or the time that this process computed, which a busy machine changes less. */
export type Clock = (typeof clocks)[number]

/** Milliseconds on a clock, from some moment on. */
export function now(clock: Clock): number {
  if (clock === 'wall') return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Milliseconds of one call of `body`: `runs` timed calls after a quarter as many that are not. */
export function time(body: () => void, runs: number, clock: Clock = 'wall'): Timing {
  for (let i = 0; i < Math.max(3, runs / 4); i++) body()
  const times = Array.from({ length: runs }, () => {
    const start = now(clock)
    body()
    return now(clock) - start
  })
  return { median: median(times), best: Math.min(...times) }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}

/** Gives the engine's compiler threads time to finish what the warm-up started. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300))
}

/** Random numbers in [-scale, scale). */
export function randomValues(count: number, scale = 1): Float32Array {
  return Float32Array.from({ length: count }, () => (2 * Math.random() - 1) * scale)
}
