// Trains the character network 1024-64-36 (sigmoid, batch 32) for 20 steps on numbers made by a generator, in Node and in browsers alike.

import { currentDevice } from '../../src/devices/registry.ts'
import { Team } from '../../src/devices/threads/team.ts'
import { compile, type DeviceName, gradients, init, Random, type Tensor, tensor } from '../../src/index.ts'
import { crossEntropy, Linear, Sequential, sigmoid } from '../../src/nn/index.ts'
import { Sgd } from '../../src/optim/index.ts'

const [batch, inputs, hidden, classes] = [32, 1024, 64, 36]
const steps = 20

export interface TrainedNetwork {
  /** Equal classes give equal bits. */
  readonly numberClass: string
  readonly threads: number
  /** Runs that several threads shared. */
  readonly sharedRuns: number
  readonly losses: readonly number[]
  /** Checksum of all parameters' bits. */
  readonly parameters: string
}

/** FNV-1a of 32-bit words, twice with different starts. */
function checksum(arrays: readonly Float32Array[]): string {
  let [a, b] = [0x811c9dc5, 0x01234567]
  for (const array of arrays) {
    for (const word of new Uint32Array(array.buffer, array.byteOffset, array.length)) {
      a = Math.imul(a ^ word, 0x01000193)
      b = Math.imul(b ^ (word >>> 7) ^ (word << 25), 0x01000193)
    }
  }
  return `${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}`
}

export async function trainNetwork(threads: number, device: DeviceName = 'wasm'): Promise<TrainedNetwork> {
  await init({ device, threads })
  const random = new Random(7)
  const draw = (length: number, scale: number): Float32Array =>
    Float32Array.from({ length }, () => random.uniform(-scale, scale))
  const model = new Sequential(
    new Linear({ inputs, outputs: hidden }),
    sigmoid,
    new Linear({ inputs: hidden, outputs: classes }),
  )
  for (const parameter of model.parameters()) parameter.write(draw(parameter.size, 0.1))
  const optimizer = new Sgd(model.parameters(), { learningRate: 0.1, momentum: 0.9 })
  const step = compile((x: Tensor, labels: Tensor) => {
    const loss = crossEntropy(model.forward(x), labels)
    optimizer.step(gradients(loss, model.parameters()))
    return loss
  })
  const { run } = Team.prototype
  let sharedRuns = 0
  Team.prototype.run = function (this: Team, ...work: Parameters<Team['run']>): void {
    sharedRuns++
    run.apply(this, work)
  }
  const losses = Array.from({ length: steps }, () => {
    const labels = Int32Array.from({ length: batch }, () => random.integer(classes))
    return step(tensor(draw(batch * inputs, 1), { shape: [batch, inputs] }), tensor(labels)).item()
  })
  Team.prototype.run = run
  const values = model.parameters().map((parameter) => parameter.dataSync() as Float32Array)
  const { numberClass, threads: used } = currentDevice()
  return { numberClass, threads: used, sharedRuns, losses, parameters: checksum(values) }
}
