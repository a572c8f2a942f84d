// jax-js with its WebAssembly backend, as a contestant on the networks of dense layers, W6 and products.

import type { HostTensor } from '../../src/io/index.ts'
import { listed, readTask, type Task, type WorkloadFile } from '../comparison/exchange.ts'
import { proofRate, proofSteps } from '../comparison/proof.ts'
import type { OptimizerSpec } from '../workloads/workload.ts'
import { type Layer, layerLists } from './layers.ts'
import { packageVersion } from './package-version.ts'
import { type Call, type Contestant, type Proof, serve } from './serve.ts'

/** What this file needs of a jax-js array; each use consumes it, `ref` keeps it for another one. */
interface JaxArray {
  readonly ref: JaxArray
  readonly shape: number[]
  add(other: JaxArray | number): JaxArray
  sub(other: JaxArray | number): JaxArray
  mul(other: JaxArray | number): JaxArray
  div(other: JaxArray | number): JaxArray
  neg(): JaxArray
  reshape(shape: readonly number[]): JaxArray
  dataSync(): Float32Array
  dispose(): void
}

/** `first` and `second` are Adam's bias corrections of this step, shape [1]. */
type Step = (
  parameters: JaxArray[],
  moments: JaxArray[],
  x: JaxArray,
  y: JaxArray,
  first: JaxArray,
  second: JaxArray,
) => [loss: JaxArray, parameters: JaxArray[], moments: JaxArray[]]

interface Jax {
  init(device: string): Promise<unknown>
  defaultDevice(device: string): unknown
  jit<F>(fn: F): F
  valueAndGrad<F extends (parameters: JaxArray[], x: JaxArray, y: JaxArray) => JaxArray>(
    fn: F,
  ): (...args: Parameters<F>) => [JaxArray, JaxArray[]]
  readonly numpy: {
    array(values: HostTensor['data']): JaxArray
    matmul(a: JaxArray, b: JaxArray): JaxArray
    sum(x: JaxArray, axis?: number): JaxArray
    mean(x: JaxArray): JaxArray
    square(x: JaxArray): JaxArray
    sqrt(x: JaxArray): JaxArray
    transpose(x: JaxArray, axes: readonly number[]): JaxArray
    zerosLike(x: JaxArray): JaxArray
    flip(x: JaxArray, axes: readonly number[]): JaxArray
  }
  readonly nn: {
    relu(x: JaxArray): JaxArray
    sigmoid(x: JaxArray): JaxArray
    logSoftmax(x: JaxArray, axis: number): JaxArray
    oneHot(x: JaxArray, classes: number): JaxArray
  }
  readonly lax: {
    convGeneralDilated(
      x: JaxArray,
      weight: JaxArray,
      strides: readonly number[],
      padding: readonly (readonly [number, number])[],
      options?: { readonly lhsDilation?: readonly number[] },
    ): JaxArray
  }
}

const name: string = '@jax-js/jax'
const jax = (await import(name)) as Jax
const { numpy: np, nn, lax } = jax

await serve(async (): Promise<Contestant> => {
  await jax.init('wasm')
  jax.defaultDevice('wasm')
  return { version: packageVersion(name), prove, prepare }
})

function given({ data, shape }: HostTensor): JaxArray {
  return np.array(data).reshape(shape)
}

/** The output for x, [N, ..]; images are [N, channels, height, width], as its convolutions take them. */
function forward(layers: readonly Layer[], parameters: readonly JaxArray[], input: JaxArray): JaxArray {
  const next = parameters.values()
  const take = (): JaxArray => next.next().value as JaxArray
  const withBias = (x: JaxArray): JaxArray => x.add(take().reshape([1, -1, 1, 1]))
  const [batch = 1] = input.shape
  return layers.reduce((x, layer) => {
    switch (layer.kind) {
      case 'dense':
        return np.matmul(x, take()).add(take())
      case 'relu':
        return nn.relu(x)
      case 'sigmoid':
        return nn.sigmoid(x)
      case 'flatten':
        return np.transpose(x, [0, 2, 3, 1]).reshape([batch, -1])
      case 'image':
        return np.transpose(x.reshape([batch, ...layer.shape]), [0, 3, 1, 2])
      case 'convolution': {
        const { stride, padding } = layer
        const weight = np.transpose(take(), [3, 2, 0, 1])
        const around = [padding, padding] as const
        return withBias(lax.convGeneralDilated(x, weight, [stride, stride], [around, around]))
      }
      case 'transposed': {
        // Stride 2, kernel 3, padding 1, output padding 1: zeros between the pixels, and the window turned round.
        const weight = np.flip(np.transpose(take(), [2, 3, 0, 1]), [2, 3])
        const around = [1, 2] as const
        return withBias(lax.convGeneralDilated(x, weight, [1, 1], [around, around], { lhsDilation: [2, 2] }))
      }
      default:
        throw new Error(`jax-js is not asked to run layers of kind ${layer.kind}`)
    }
  }, input)
}

/** [N, height, width, channels] as [N, channels, height, width] and vectors as they are. */
function asInput(x: HostTensor): JaxArray {
  return x.shape.length === 4 ? np.transpose(given(x), [0, 3, 1, 2]) : given(x)
}

type LossFunction = (parameters: JaxArray[], x: JaxArray, y: JaxArray) => JaxArray

function lossFunction({ name, target }: WorkloadFile): LossFunction {
  const layers = layerLists[name] as readonly Layer[]
  if (target === 'input') return (parameters, x, y) => np.mean(np.square(forward(layers, parameters, x).sub(y)))
  return (parameters, x, y) => {
    const kept = name === 'W2' ? [parameters[0], parameters[2]].map((weight) => (weight as JaxArray).ref) : []
    const scores = nn.logSoftmax(forward(layers, parameters, x), -1)
    const loss = np.mean(np.sum(scores.mul(nn.oneHot(y, Number(target))), -1)).neg()
    return kept.reduce((sum, weight) => sum.add(np.sum(np.square(weight)).mul(1e-3)), loss)
  }
}

/** One optimizer's update of a parameter: the new parameter and its new moments. `scalars` hold what changes from step to step. */
function updated(
  { name, momentum = 0 }: OptimizerSpec,
  rate: number,
  parameter: JaxArray,
  gradient: JaxArray,
  moments: readonly JaxArray[],
  scalars: readonly [JaxArray, JaxArray],
): [JaxArray, JaxArray[]] {
  if (name === 'sgd' && momentum === 0) return [parameter.sub(gradient.mul(rate)), []]
  if (name === 'sgd') {
    const moved = (moments[0] as JaxArray).mul(momentum).add(gradient)
    return [parameter.sub(moved.ref.mul(rate)), [moved]]
  }
  const first = (moments[0] as JaxArray).mul(0.9).add(gradient.ref.mul(0.1))
  const second = (moments[1] as JaxArray).mul(0.999).add(np.square(gradient).mul(0.001))
  const root = np.sqrt(second.ref.mul(scalars[1])).add(1e-8)
  const decayed = name === 'adamW' ? parameter.mul(1 - 0.01 * rate) : parameter
  return [decayed.sub(first.ref.mul(scalars[0]).div(root).mul(rate)), [first, second]]
}

/** A training run: each call makes a step on the next batch and gives the loss. */
function training(task: Task, rate: number | undefined): { losses: () => number; gradients: () => HostTensor[] } {
  const { description, values } = readTask(task.folder)
  const optimizer = description.optimizer as OptimizerSpec
  const learningRate = rate ?? optimizer.learningRate
  const loss = lossFunction(description)
  const differentiate = jax.valueAndGrad(loss)
  let parameters = listed(values, 'parameter').map(given)
  const perParameter = optimizer.name === 'sgd' ? (optimizer.momentum ? 1 : 0) : 2
  let moments = Array.from({ length: perParameter }, () => parameters.map(({ ref }) => np.zerosLike(ref))).flat()
  const inputs = listed(values, 'x').map(asInput)
  const targets = description.target === 'input' ? inputs : listed(values, 'y').map(given)
  const step = jax.jit<Step>((weights, states, x, y, first, second) => {
    const [value, gradients] = differentiate(
      weights.map(({ ref }) => ref),
      x,
      y,
    )
    const results = weights.map((weight, i) => {
      const own = Array.from({ length: perParameter }, (_, k) => states[k * weights.length + i] as JaxArray)
      return updated(optimizer, learningRate, weight, gradients[i] as JaxArray, own, [first.ref, second.ref])
    })
    const newMoments = Array.from({ length: perParameter }, (_, k) => results.map(([, own]) => own[k] as JaxArray))
    return [value, results.map(([weight]) => weight), newMoments.flat()]
  })
  let count = 0
  const pair = (): [JaxArray, JaxArray] => {
    const i = count % inputs.length
    return [(inputs[i] as JaxArray).ref, (targets[i] as JaxArray).ref]
  }
  return {
    losses: () => {
      const [x, y] = pair()
      count++
      const [first, second] = [0.9, 0.999].map((beta) => np.array(Float32Array.of(1 / (1 - beta ** count))))
      const result = step(parameters, moments, x, y, first as JaxArray, second as JaxArray)
      parameters = result[1]
      moments = result[2]
      return result[0].dataSync()[0] as number
    },
    gradients: () => {
      const [, found] = differentiate(
        parameters.map(({ ref }) => ref),
        ...pair(),
      )
      return found.map((gradient) => ({ dtype: 'f32', shape: gradient.shape, data: gradient.dataSync() }))
    },
  }
}

function prove(task: Task): Proof {
  const { description, values } = readTask(task.folder)
  if (description.kind === 'product') {
    const bs = listed(values, 'b').map(given)
    const found = listed(values, 'a').map((a, i): [string, HostTensor] => {
      const data = np.matmul(given(a), bs[i] as JaxArray).dataSync()
      return [`output.${i}`, { dtype: 'f32', shape: [data.length], data }]
    })
    return { losses: [], tensors: new Map(found) }
  }
  const { losses, gradients } = training(task, proofRate)
  const tensors = new Map(gradients().map((gradient, i) => [`gradient.${i}`, gradient]))
  return { losses: Array.from({ length: proofSteps }, losses), tensors }
}

function prepare(task: Task): Call {
  const { description, values } = readTask(task.folder)
  if (description.kind !== 'product') {
    const { losses } = training(task, undefined)
    return () => void losses()
  }
  const [as, bs] = [listed(values, 'a').map(given), listed(values, 'b').map(given)]
  const multiply = jax.jit((a: JaxArray, b: JaxArray) => np.matmul(a, b))
  let next = 0
  return () => {
    const i = next++ % as.length
    // Values are computed when they are read; this reads them where they are.
    multiply((as[i] as JaxArray).ref, (bs[i] as JaxArray).ref).dataSync()
  }
}
