// From the start of a process to the end of W1's first training step: ours with the built package, and PyTorch.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { firstStepArguments } from '../cold-start.ts'
import { median } from '../timing.ts'

/** Milliseconds, median of several processes. */
export interface FirstStep {
  readonly peer: string
  readonly ms: number
}

const processes = 5

/** In turns; who cannot run is left out with a line. */
export function measureFirstSteps(python: string, say: (line: string) => void): FirstStep[] {
  const contestants = [
    { peer: 'ocellus', command: process.execPath, args: firstStepArguments },
    { peer: 'torch', command: python, args: [fileURLToPath(new URL('../python/first_step.py', import.meta.url))] },
  ]
  const times = contestants.map((): number[] => [])
  for (let round = 0; round < processes; round++) {
    for (const [i, { peer, command, args }] of contestants.entries()) {
      const start = performance.now()
      const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
      const elapsed = performance.now() - start
      if (status === 0) times[i]?.push(elapsed)
      else if (round === 0) say(`first step of ${peer}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`)
    }
  }
  return contestants.flatMap(({ peer }, i) => {
    const found = times[i] as number[]
    return found.length === 0 ? [] : [{ peer, ms: median(found) }]
  })
}
