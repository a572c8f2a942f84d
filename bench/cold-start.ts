// From the start of node to the end of the first training step, with the built package: ten cold processes.

import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { median } from './timing.ts'

const dist = (path: string): string => pathToFileURL(new URL(`../dist/${path}`, import.meta.url).pathname).href

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

/** Arguments of node for one process that makes the first step. */
export const firstStepArguments: readonly string[] = ['--input-type=module', '--eval', script]

export function benchColdStart(): string[] {
  const times = Array.from({ length: 10 }, () => {
    const start = performance.now()
    const { status, stderr } = spawnSync(process.execPath, firstStepArguments, { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return performance.now() - start
  })
  return [
    `node start to the end of the first step: ${median(times).toFixed(0)} ms (median of 10 processes, ${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)})`,
  ]
}
