// Ours, as a contestant: `tsx ocellus.ts DEVICE THREADS`.

import { readFileSync } from 'node:fs'
import { probeWasmFeatures } from '../../src/codegen/wasm/features.ts'
import { measurePeak } from '../../src/codegen/wasm/peak.ts'
import { instructionSets, measureNativePeak } from '../../src/devices/native/features.node.ts'
import {
  compile,
  type DeviceName,
  gradients,
  init,
  OcellusError,
  type Tensor,
  type TypedArray,
  tensor,
  Variable,
  zeros,
} from '../../src/index.node.ts'
import type { HostTensor } from '../../src/io/index.ts'
import { setVariable } from '../../src/io/module-weights.ts'
import type { Module } from '../../src/nn/index.ts'
import { Adam, AdamW, type Optimizer, Sgd } from '../../src/optim/index.ts'
import { listed, readTask, type Task } from '../comparison/exchange.ts'
import { proofRate, proofSteps } from '../comparison/proof.ts'
import { findWorkload } from '../workloads/index.ts'
import type {
  InferenceWorkload,
  OptimizerSpec,
  ProductWorkload,
  TrainingWorkload,
  Workload,
} from '../workloads/workload.ts'
import { loadedNetwork } from './network.ts'
import { type Call, type Contestant, type Proof, serve } from './serve.ts'

type Values = ReadonlyMap<string, HostTensor>

const [device = 'native', threads = '1'] = process.argv.slice(2)

await serve(async (): Promise<Contestant> => {
  await init({ device: device as DeviceName, threads: Number(threads) })
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return {
    version,
    prove: (task) => prove(findWorkload(task.workload), valuesOf(task), task.exact ?? false),
    prepare: (task) => prepare(findWorkload(task.workload), valuesOf(task)),
    others: { peak: ({ milliseconds }) => peaks(Number(milliseconds)) },
  }
})

function valuesOf({ folder }: Task): Values {
  return readTask(folder).values
}

/** Peaks of multiply-adds on the core of this process, GFLOP/s: the widest vectors there are, and 128-bit ones in WebAssembly. */
function peaks(duration: number): { widest: number; wasm: number } {
  const wasm = measurePeak({ relaxedMadd: probeWasmFeatures().fusedMadd, duration })
  try {
    return { widest: Math.max(...instructionSets().map((set) => measureNativePeak(set, duration)), wasm), wasm }
  } catch (error) {
    if (error instanceof OcellusError) return { widest: wasm, wasm }
    throw error
  }
}

/** `exact` makes the steps of training in float64. */
function prove(workload: Workload, values: Values, exact: boolean): Proof {
  switch (workload.kind) {
    case 'training':
      return proveTraining(workload, values, exact ? 'f64' : 'f32')
    case 'inference': {
      const forward = compiledForward(workload, values)
      return outputs(listed(values, 'x').map((x) => forward(given(x)).dataSync()))
    }
    case 'product':
      return outputs(
        productCalls(workload, values).map(({ run, result }) => {
          run()
          return result.dataSync()
        }),
      )
  }
}

function prepare(workload: Workload, values: Values): Call {
  switch (workload.kind) {
    case 'training': {
      const { optimizer } = workload
      return trainingStep(workload, values, { dropout: true, learningRate: optimizer.learningRate }).step
    }
    case 'inference': {
      const forward = compiledForward(workload, values)
      const next = inTurn(listed(values, 'x').map(given))
      return () => void forward(next()).dataSync()
    }
    case 'product': {
      const next = inTurn(productCalls(workload, values))
      return () => next().run()
    }
  }
}

function outputs(results: readonly TypedArray[]): Proof {
  const named = results.map((data, i): [string, HostTensor] => [
    `output.${i}`,
    { dtype: data instanceof Float64Array ? 'f64' : 'f32', shape: [data.length], data },
  ])
  return { losses: [], tensors: new Map(named) }
}

function proveTraining(workload: TrainingWorkload, values: Values, dtype: 'f32' | 'f64'): Proof {
  const settings = { dropout: false, learningRate: proofRate, dtype }
  const { network, batch } = trainingStep(workload, values, settings)
  const first = compile((x: Tensor, y: Tensor) =>
    gradients(workload.loss(network.forward(x), y, network), network.parameters()),
  )
  const [x, y] = batch()
  const tensors = first(x, y).map((gradient, i): [string, HostTensor] => [
    `gradient.${i}`,
    { dtype, shape: gradient.shape, data: gradient.dataSync() },
  ])
  const { loss } = trainingStep(workload, values, settings)
  return { losses: Array.from({ length: proofSteps }, loss), tensors: new Map(tensors), exact: dtype === 'f64' }
}

interface TrainingSettings {
  readonly dropout: boolean
  readonly learningRate: number
  /** Default f32. */
  readonly dtype?: 'f32' | 'f64'
}

/** A network from the given values, and its compiled step, which takes the next batch at each call. */
function trainingStep(
  workload: TrainingWorkload,
  values: Values,
  { dropout, learningRate, dtype = 'f32' }: TrainingSettings,
): { network: Module; batch: () => readonly [Tensor, Tensor]; loss: () => number; step: Call } {
  const network = loadedNetwork(workload, values, { dropout })
  if (dtype === 'f64') network.to(dtype)
  const operand = (value: HostTensor): Tensor =>
    dtype === 'f64' && value.dtype === 'f32' ? given({ ...value, data: Float64Array.from(value.data) }) : given(value)
  const optimizer = makeOptimizer(workload.optimizer, learningRate, network)
  const run = compile((x: Tensor, y: Tensor) => {
    const loss = workload.loss(network.forward(x), y, network)
    optimizer.step(gradients(loss, network.parameters()))
    return loss
  })
  const inputs = listed(values, 'x').map(operand)
  const targets = workload.target === 'input' ? inputs : listed(values, 'y').map(operand)
  const batch = inTurn(inputs.map((x, i) => [x, targets[i] as Tensor] as const))
  const loss = (): number => run(...batch()).item()
  return { network, batch, loss, step: () => void loss() }
}

function makeOptimizer(spec: OptimizerSpec, learningRate: number, network: Module): Optimizer {
  const parameters = network.parameters()
  switch (spec.name) {
    case 'sgd':
      return new Sgd(parameters, { learningRate, momentum: spec.momentum ?? 0 })
    case 'adam':
      return new Adam(parameters, { learningRate })
    case 'adamW':
      return new AdamW(parameters, { learningRate })
  }
}

function compiledForward(workload: InferenceWorkload, values: Values): (x: Tensor) => Tensor {
  const network = loadedNetwork(workload, values, { dropout: true })
  return compile((x: Tensor) => network.forward(x))
}

/** One product for each pair of operands; these stay in the device's memory, as those of the others do. */
function productCalls({ m, n, dtype }: ProductWorkload, values: Values): { run: () => void; result: Variable }[] {
  const operands = (name: string): Variable[] =>
    listed(values, name).map((value) => {
      const operand = new Variable(zeros(value.shape, dtype))
      setVariable(operand, value)
      return operand
    })
  const bs = operands('b')
  return operands('a').map((a, i) => {
    const b = bs[i] as Variable
    const result = new Variable(zeros([m, n], dtype))
    return { run: compile(() => result.assign(a.matmul(b))), result }
  })
}

function given({ data, shape }: HostTensor): Tensor {
  return tensor(data, { shape })
}

/** Each item after the other, without end. */
function inTurn<Item>(items: readonly Item[]): () => Item {
  let next = 0
  return () => items[next++ % items.length] as Item
}
