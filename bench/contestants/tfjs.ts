// TensorFlow.js with its WebAssembly backend, as a contestant. It has no kernel for weight gradients of convolutions; this file adds one.

import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { HostTensor } from '../../src/io/index.ts'
import { listed, readTask, type Task, type WorkloadFile } from '../comparison/exchange.ts'
import { proofRate, proofSteps } from '../comparison/proof.ts'
import type { OptimizerSpec } from '../workloads/workload.ts'
import { type Layer, layerLists, normEpsilon } from './layers.ts'
import { packageVersion } from './package-version.ts'
import { type Call, type Contestant, type Proof, serve } from './serve.ts'

type Padding = number | 'same' | 'valid'

/** What this file needs of TensorFlow.js; its tensors have methods only after an import for side effects, so functions are used. */
interface TfTensor {
  readonly shape: number[]
  dataSync(): Float32Array
}

interface TfVariable extends TfTensor {
  assign(value: TfTensor): void
}

type Operand = TfTensor | number

interface Tf {
  setBackend(name: string): Promise<boolean>
  tensor(values: HostTensor['data'], shape: readonly number[], dtype?: 'int32'): TfTensor
  variable(initial: TfTensor): TfVariable
  tidy<T>(fn: () => T): T
  variableGrads(fn: () => TfTensor, variables: TfVariable[]): { value: TfTensor; grads: Record<string, TfTensor> }
  readonly train: {
    sgd(rate: number): TfOptimizer
    momentum(rate: number, momentum: number): TfOptimizer
    adam(rate: number, beta1: number, beta2: number, epsilon: number): TfOptimizer
  }
  add(a: Operand, b: Operand): TfTensor
  sub(a: Operand, b: Operand): TfTensor
  mul(a: Operand, b: Operand): TfTensor
  div(a: Operand, b: Operand): TfTensor
  square(x: TfTensor): TfTensor
  sqrt(x: TfTensor): TfTensor
  neg(x: TfTensor): TfTensor
  mean(x: TfTensor, axes?: readonly number[], keepDims?: boolean): TfTensor
  sum(x: TfTensor, axes?: readonly number[]): TfTensor
  reshape(x: TfTensor, shape: readonly number[]): TfTensor
  matMul(a: TfTensor, b: TfTensor): TfTensor
  transpose(x: TfTensor): TfTensor
  relu(x: TfTensor): TfTensor
  sigmoid(x: TfTensor): TfTensor
  erf(x: TfTensor): TfTensor
  logSoftmax(x: TfTensor): TfTensor
  oneHot(x: TfTensor, classes: number): TfTensor
  concat(parts: TfTensor[], axis: number): TfTensor
  pad(x: TfTensor, widths: readonly (readonly [number, number])[], value?: number): TfTensor
  stack(parts: TfTensor[]): TfTensor
  slice(x: TfTensor, begin: readonly number[], size: readonly number[]): TfTensor
  stridedSlice(x: TfTensor, begin: readonly number[], end: readonly number[], strides: readonly number[]): TfTensor
  conv2d(x: TfTensor, weight: TfTensor, stride: number, padding: Padding): TfTensor
  conv2dTranspose(x: TfTensor, weight: TfTensor, shape: readonly number[], stride: number, padding: Padding): TfTensor
  maxPool(x: TfTensor, size: number, stride: number, padding: Padding): TfTensor
  registerKernel(kernel: {
    readonly kernelName: string
    readonly backendName: string
    readonly kernelFunc: (call: WeightGradientCall) => TfTensor
  }): void
}

/** How the library calls the kernel that it lacks. */
interface WeightGradientCall {
  readonly inputs: { readonly x: TfTensor; readonly dy: TfTensor }
  readonly attrs: {
    readonly strides: number | readonly [number, number]
    readonly pad: number | string
    readonly filterShape: readonly [number, number, number, number]
  }
}

interface TfOptimizer {
  applyGradients(gradients: Record<string, TfTensor>): void
}

const backendName: string = '@tensorflow/tfjs-backend-wasm'
const coreName: string = '@tensorflow/tfjs-core'
const tf = (await import(coreName)) as Tf

await serve(async (): Promise<Contestant> => {
  const backend = (await import(backendName)) as {
    setWasmPaths(folder: string): void
    setThreadsCount(count: number): void
  }
  const require = createRequire(import.meta.url)
  const file = require.resolve(`${backendName}/dist/tfjs-backend-wasm.wasm`)
  backend.setWasmPaths(`${dirname(file)}/`)
  backend.setThreadsCount(1)
  // The package's entry for Node leaves the gradients out; they register themselves for the one engine of the process.
  require(`${coreName}/dist/register_all_gradients.js`)
  if (!(await tf.setBackend('wasm'))) throw new Error('its wasm backend does not start')
  tf.registerKernel({ kernelName: 'Conv2DBackpropFilter', backendName: 'wasm', kernelFunc: weightGradient })
  return { version: packageVersion(coreName), prove, prepare }
})

/** The weight gradient of a convolution: for each tap of the window, the product of what it saw and the output's gradient. */
function weightGradient({ inputs: { x, dy }, attrs: { strides, pad, filterShape } }: WeightGradientCall): TfTensor {
  const [kernelHeight, kernelWidth, inputs, outputs] = filterShape
  const [strideY, strideX] = typeof strides === 'number' ? [strides, strides] : strides
  const [batch = 1, rows = 1, columns = 1] = dy.shape
  if (pad !== 'valid') throw new Error(`this kernel does padding by itself, not ${pad}`)
  return tf.tidy(() => {
    const gradient = tf.reshape(dy, [-1, outputs])
    const taps = Array.from({ length: kernelHeight * kernelWidth }, (_, tap) => {
      const [i, j] = [Math.floor(tap / kernelWidth), tap % kernelWidth]
      const end = [batch, i + (rows - 1) * strideY + 1, j + (columns - 1) * strideX + 1, inputs]
      const seen = tf.stridedSlice(x, [0, i, j, 0], end, [1, strideY, strideX, 1])
      // Its product is fast only where nothing is transposed.
      return tf.matMul(tf.transpose(tf.reshape(seen, [-1, inputs])), gradient)
    })
    return tf.reshape(tf.stack(taps), filterShape)
  })
}

/** Rows and columns around images. */
function padded(x: TfTensor, before: number, after: number, value = 0): TfTensor {
  if (before + after === 0) return x
  const around = [before, after] as const
  return tf.pad(x, [[0, 0], around, around, [0, 0]], value)
}

/** What layers take, one after the other. */
interface Supply {
  readonly parameters: Iterator<TfTensor>
  /** Running mean and variance of each norm; undefined in training, where the batch's own count. */
  readonly state: Iterator<TfTensor> | undefined
}

function forward(layers: readonly Layer[], x: TfTensor, supply: Supply): TfTensor {
  return layers.reduce((value, layer) => apply(layer, value, supply), x)
}

function apply(layer: Layer, x: TfTensor, supply: Supply): TfTensor {
  const take = (): TfTensor => supply.parameters.next().value as TfTensor
  const [batch = 1, height = 1] = x.shape
  switch (layer.kind) {
    case 'dense':
      return tf.add(tf.matMul(x, take()), take())
    case 'relu':
      return tf.relu(x)
    case 'sigmoid':
      return tf.sigmoid(x)
    case 'gelu':
      return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1))
    case 'flatten':
      return tf.reshape(x, [batch, -1])
    case 'mean':
      return tf.mean(x, [1, 2])
    case 'image':
      return tf.reshape(x, [batch, ...layer.shape])
    case 'convolution': {
      const y = tf.conv2d(padded(x, layer.padding, layer.padding), take(), layer.stride, 'valid')
      return layer.bias ? tf.add(y, take()) : y
    }
    case 'transposed': {
      // Padding 1 of PyTorch's transposed convolution cuts one row and one column off the result, at the near sides.
      const [rows = 1, columns = 1, channels = 1] = layer.outputs
      const whole = [batch, rows + 1, columns + 1, channels]
      const y = tf.conv2dTranspose(x, take(), whole, 2, 'valid')
      return tf.add(tf.slice(y, [0, 1, 1, 0], [batch, rows, columns, channels]), take())
    }
    case 'pool': {
      const { size, stride, padding, ceil } = layer
      const extra = ceil ? (stride - ((height - size) % stride)) % stride : 0
      return tf.maxPool(padded(x, padding, padding + extra, -1e30), size, stride, 'valid')
    }
    case 'norm': {
      const axes = x.shape.slice(0, -1).map((_, axis) => axis)
      const { state } = supply
      const mean = state === undefined ? tf.mean(x, axes, true) : (state.next().value as TfTensor)
      const centered = tf.sub(x, mean)
      const variance = state === undefined ? tf.mean(tf.square(centered), axes, true) : (state.next().value as TfTensor)
      return tf.add(tf.mul(tf.div(centered, tf.sqrt(tf.add(variance, normEpsilon))), take()), take())
    }
    case 'residual': {
      const body = forward(layer.body, x, supply)
      return tf.relu(tf.add(body, forward(layer.shortcut, x, supply)))
    }
    case 'branches':
      return tf.concat(
        layer.branches.map((branch) => forward(branch, x, supply)),
        -1,
      )
  }
}

function given({ data, shape }: HostTensor): TfTensor {
  return data instanceof Int32Array ? tf.tensor(data, shape, 'int32') : tf.tensor(data, shape)
}

function optimizerOf({ name, momentum = 0 }: OptimizerSpec, rate: number): TfOptimizer {
  if (name === 'sgd') return momentum === 0 ? tf.train.sgd(rate) : tf.train.momentum(rate, momentum)
  return tf.train.adam(rate, 0.9, 0.999, 1e-8)
}

/** A training run: each call makes a step on the next batch and gives the loss. */
function training(task: Task, rate: number | undefined): { losses: () => number; gradients: () => HostTensor[] } {
  const { description, values } = readTask(task.folder)
  const spec = description.optimizer as OptimizerSpec
  const learningRate = rate ?? spec.learningRate
  const optimizer = optimizerOf(spec, learningRate)
  const variables = listed(values, 'parameter').map((value) => tf.variable(given(value)))
  const inputs = listed(values, 'x').map(given)
  const targets = description.target === 'input' ? inputs : listed(values, 'y').map(given)
  let count = 0
  const differentiate = (): { value: TfTensor; grads: Record<string, TfTensor> } => {
    const i = count % inputs.length
    return tf.variableGrads(
      () => lossOf(description, variables, inputs[i] as TfTensor, targets[i] as TfTensor),
      variables,
    )
  }
  return {
    losses: () =>
      tf.tidy(() => {
        const { value, grads } = differentiate()
        count++
        // AdamW: the library has Adam only, so the decay is written out.
        if (spec.name === 'adamW')
          for (const variable of variables) variable.assign(tf.mul(variable, 1 - 0.01 * learningRate))
        optimizer.applyGradients(grads)
        return value.dataSync()[0] as number
      }),
    gradients: () =>
      tf.tidy(() =>
        Object.values(differentiate().grads).map(
          (gradient): HostTensor => ({ dtype: 'f32', shape: gradient.shape, data: gradient.dataSync().slice() }),
        ),
      ),
  }
}

function lossOf({ name, target }: WorkloadFile, variables: readonly TfVariable[], x: TfTensor, y: TfTensor): TfTensor {
  const layers = layerLists[name] as readonly Layer[]
  const output = forward(layers, x, { parameters: variables.values(), state: undefined })
  if (target === 'input') return tf.mean(tf.square(tf.sub(output, y)))
  const chosen = tf.mul(tf.logSoftmax(output), tf.oneHot(y, Number(target)))
  const loss = tf.neg(tf.mean(tf.sum(chosen, [-1])))
  if (name !== 'W2') return loss
  const squares = [0, 2].map((i) => tf.mul(tf.sum(tf.square(variables[i] as TfVariable)), 1e-3))
  return squares.reduce((sum, square) => tf.add(sum, square), loss)
}

/** Values of a result. They leave `tidy` by a side door: it looks at each element of what it returns, which takes longer than a product. */
function valuesOf(compute: () => TfTensor): Float32Array {
  const found: Float32Array[] = []
  tf.tidy(() => {
    found.push(compute().dataSync())
  })
  return found[0] as Float32Array
}

/** Calls of a workload that does not train, one for each given input, and their results. */
function calls(task: Task): (() => Float32Array)[] {
  const { description, values } = readTask(task.folder)
  if (description.kind === 'product') {
    const bs = listed(values, 'b').map(given)
    return listed(values, 'a').map((a, i) => {
      const left = given(a)
      return () => valuesOf(() => tf.matMul(left, bs[i] as TfTensor))
    })
  }
  const [parameters, state] = [listed(values, 'parameter').map(given), listed(values, 'state').map(given)]
  const layers = layerLists[description.name] as readonly Layer[]
  return listed(values, 'x')
    .map(given)
    .map((x) => {
      return () => valuesOf(() => forward(layers, x, { parameters: parameters.values(), state: state.values() }))
    })
}

function prove(task: Task): Proof {
  const { description } = readTask(task.folder)
  if (description.kind === 'training') {
    const { losses, gradients } = training(task, proofRate)
    const tensors = new Map(gradients().map((gradient, i) => [`gradient.${i}`, gradient]))
    return { losses: Array.from({ length: proofSteps }, losses), tensors }
  }
  const found = calls(task).map((call, i): [string, HostTensor] => {
    const data = call().slice()
    return [`output.${i}`, { dtype: 'f32', shape: [data.length], data }]
  })
  return { losses: [], tensors: new Map(found) }
}

function prepare(task: Task): Call {
  const { description } = readTask(task.folder)
  if (description.kind === 'training') {
    const { losses } = training(task, undefined)
    return () => void losses()
  }
  const all = calls(task)
  let next = 0
  return () => void (all[next++ % all.length] as () => Float32Array)()
}
