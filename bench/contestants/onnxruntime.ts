// onnxruntime, as a contestant in inference, in its package for Node or in that for browsers: `tsx onnxruntime.ts PACKAGE THREADS`.
// Its file is written with the operators that a framework's export has (our own exporter writes a norm as arithmetic, which it runs slower).

import type { Shape } from '../../src/index.ts'
import type { HostTensor } from '../../src/io/index.ts'
import { listed, readTask, type Task } from '../comparison/exchange.ts'
import type { ParameterSpec } from '../workloads/workload.ts'
import { type Layer, layerLists } from './layers.ts'
import { asImages, onnxFile } from './onnx-file.ts'
import { packageVersion } from './package-version.ts'
import { type Call, type Contestant, type Proof, serve } from './serve.ts'

interface OnnxTensor {
  readonly data: Float32Array
}

/** What this file needs of onnxruntime; `env` is there in onnxruntime-web. */
interface OnnxRuntime {
  readonly env: { readonly wasm?: { numThreads?: number } }
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => OnnxTensor
  readonly InferenceSession: {
    create(
      file: Uint8Array,
      options: {
        readonly intraOpNumThreads?: number
        readonly interOpNumThreads?: number
        readonly executionProviders: readonly string[]
        readonly graphOptimizationLevel: 'all'
      },
    ): Promise<{ run(inputs: { readonly x: OnnxTensor }): Promise<Record<string, OnnxTensor>> }>
  }
}

const [name = 'onnxruntime-node', threadCount = '1'] = process.argv.slice(2)
const threads = Number(threadCount)
const inWasm = name === 'onnxruntime-web'
const onnx = (await import(name)) as OnnxRuntime
if (inWasm && onnx.env.wasm !== undefined) onnx.env.wasm.numThreads = threads

await serve((): Contestant => ({ version: packageVersion(name), prove, prepare }))

/** One call for each given image. */
async function calls(task: Task): Promise<(() => Promise<Float32Array>)[]> {
  const { description, values } = readTask(task.folder)
  const specs = description.parameters as readonly ParameterSpec[]
  const images = new Map<number, Shape>()
  for (const [i, { inputImage }] of specs.entries()) if (inputImage !== undefined) images.set(i, inputImage)
  const inputs = listed(values, 'x').map(asImages)
  const given = { parameters: listed(values, 'parameter'), images, state: listed(values, 'state') }
  const outputs = specs.at(-1)?.shape.at(-1) as number
  const layers = layerLists[description.name] as readonly Layer[]
  const file = onnxFile(layers, given, (inputs[0] as HostTensor).shape, outputs)
  const session = await onnx.InferenceSession.create(file, {
    // The package for browsers takes its threads from `env`.
    ...(inWasm ? {} : { intraOpNumThreads: threads, interOpNumThreads: 1 }),
    executionProviders: [inWasm ? 'wasm' : 'cpu'],
    graphOptimizationLevel: 'all',
  })
  return inputs.map(({ data, shape }) => {
    const x = new onnx.Tensor('float32', data as Float32Array, shape)
    return async () => (Object.values(await session.run({ x }))[0] as OnnxTensor).data
  })
}

async function prove(task: Task): Promise<Proof> {
  const tensors = new Map<string, HostTensor>()
  for (const [i, call] of (await calls(task)).entries()) {
    const data = (await call()).slice()
    tensors.set(`output.${i}`, { dtype: 'f32', shape: [data.length], data })
  }
  return { losses: [], tensors }
}

async function prepare(task: Task): Promise<Call> {
  const all = await calls(task)
  let next = 0
  return async () => {
    await (all[next++ % all.length] as () => Promise<Float32Array>)()
  }
}
