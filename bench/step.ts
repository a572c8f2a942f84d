// One training step of the character network 1024-64-36: forward, cross-entropy, backward, SGD; a new batch of 32 each call, the loss read.

import { compile, gradients, init, type Tensor, tensor } from '../src/index.node.ts'
import { crossEntropy, Linear, Sequential, sigmoid } from '../src/nn/index.ts'
import { Sgd } from '../src/optim/index.ts'
import { randomValues, settle, time } from './timing.ts'

const [batch, inputs, hidden, classes] = [32, 1024, 64, 36]

/** The step as a function of nothing that takes the next of 16 batches. */
export function characterStep(): () => number {
  const model = new Sequential(
    new Linear({ inputs, outputs: hidden }),
    sigmoid,
    new Linear({ inputs: hidden, outputs: classes }),
  )
  const optimizer = new Sgd(model.parameters(), { learningRate: 0.1 })
  const step = compile((x: Tensor, labels: Tensor) => {
    const loss = crossEntropy(model.forward(x), labels)
    optimizer.step(gradients(loss, model.parameters()))
    return loss
  })
  const batches = Array.from({ length: 16 }, () => ({
    x: randomValues(batch * inputs),
    labels: Int32Array.from({ length: batch }, () => Math.floor(Math.random() * classes)),
  }))
  let next = 0
  return () => {
    const { x, labels } = batches[next++ % batches.length] as (typeof batches)[number]
    return step(tensor(x, { shape: [batch, inputs] }), tensor(labels)).item()
  }
}

/** On the WebAssembly device. */
export function benchStep(): Promise<string[]> {
  return stepOn('wasm')
}

/** On the native device. */
export function benchNativeStep(): Promise<string[]> {
  return stepOn('native')
}

async function stepOn(device: 'wasm' | 'native'): Promise<string[]> {
  await init({ device, threads: 1 })
  const step = characterStep()
  for (let i = 0; i < 200; i++) step()
  await settle()
  const { median, best } = time(step, 2000)
  // Products only: forward and weight gradient of both layers, input gradient of the second.
  const flops = 2 * batch * (2 * inputs * hidden + 3 * hidden * classes)
  return [
    `${device} step 1024-64-36, batch 32: ${median.toFixed(3)} ms (median), ${best.toFixed(3)} ms (best), ${(flops / best / 1e6).toFixed(1)} GFLOP/s`,
  ]
}
