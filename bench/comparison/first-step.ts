// From the start of a process to the end of W1's first training step: ours with the built package, and PyTorch.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { OcellusError } from '../../src/index.ts'
import { median } from '../timing.ts'

/** Milliseconds, median of several processes. */
export interface FirstStep {
  readonly peer: string
  readonly ms: number
}

const processes = 7

const dist = (path: string): string => new URL(`../../dist/${path}`, import.meta.url).href

const script = `
import { compile, gradients, tensor } from '${dist('index.node.js')}'
import { crossEntropy, Linear, Sequential, sigmoid } from '${dist('nn/index.js')}'
import { Sgd } from '${dist('optim/index.js')}'
const model = new Sequential(new Linear({ inputs: 1024, outputs: 64 }), sigmoid, new Linear({ inputs: 64, outputs: 36 }))
const optimizer = new Sgd(model.parameters(), { learningRate: 0.1 })
const step = compile((x, labels) => {
  const loss = crossEntropy(model.forward(x), labels)
  optimizer.step(gradients(loss, model.parameters()))
  return loss
})
const loss = step(tensor(new Float32Array(32 * 1024).fill(0.5), { shape: [32, 1024] }), tensor(new Int32Array(32))).item()
if (!Number.isFinite(loss)) process.exit(1)
`

/** In turns; who cannot run is left out with a line. Throws OcellusError where the package is not built. */
export function measureFirstSteps(python: string, say: (line: string) => void): FirstStep[] {
  if (!existsSync(fileURLToPath(dist('index.node.js'))))
    throw new OcellusError(
      'the first step is made with the built package, and there is no dist/: run npm run build first',
    )
  const contestants = [
    { peer: 'ocellus', command: process.execPath, args: ['--input-type=module', '--eval', script] },
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

export function formatFirstStep({ peer, ms }: FirstStep): string {
  return `start of the process to the end of the first step of W1, ${peer}: ${ms.toFixed(0)} ms (median of ${processes} processes)`
}
