// ONNX: every operator and every known network against onnxruntime (scripts/fixtures/onnx.ts), and what is said of other files.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hostTensor } from '../../../src/core/host-tensor.ts'
import { writeOnnx } from '../../../src/io/onnx/export.ts'
import { readOnnx } from '../../../src/io/onnx/network.ts'
import { type WrittenModel, type WrittenNode, writeModel } from '../../../src/io/onnx/write-model.ts'
import { readWeights } from '../../../src/io/read-weights.ts'
import { loadWeights } from '../../../src/io/weights.ts'
import { modelNames } from '../../../src/models/names.ts'
import { createModel } from '../../../src/models/registry.ts'
import { gelu, geluTanh, leakyRelu, logSoftmax, silu, softmax } from '../../../src/nn/activations.ts'
import { ConvTranspose2d } from '../../../src/nn/conv-transpose2d.ts'
import { Conv2d } from '../../../src/nn/conv2d.ts'
import { GroupNorm } from '../../../src/nn/group-norm.ts'
import { skipInitialization } from '../../../src/nn/initializers.ts'
import { LayerNorm } from '../../../src/nn/layer-norm.ts'
import { Module } from '../../../src/nn/module.ts'
import { compile } from '../../../src/tensor/compile.ts'
import { concat, random } from '../../../src/tensor/creation.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { fill, recordError, signed, type TorchRecord } from '../../reference/filled.ts'

function fixture<Contents>(name: string): Contents {
  return JSON.parse(readFileSync(new URL(`../../fixtures/io/${name}`, import.meta.url), 'utf8')) as Contents
}

interface OperatorFixture {
  readonly about: string
  readonly model: string
  readonly inputs: readonly (readonly number[])[]
  readonly stream: number
  /** f32 values in base64. */
  readonly output: { readonly shape: readonly number[]; readonly data: string }
}

interface NetworkFixture {
  readonly input: readonly number[]
  readonly output: TorchRecord
}

describe('an operator gives what onnxruntime gives, within 1e-5', () => {
  it.each(fixture<OperatorFixture[]>('onnx-operators.json').map((each) => [each.about, each] as const))(
    '%s',
    (_, { model, inputs, stream, output }) => {
      const network = readOnnx(Buffer.from(model, 'base64'), { file: 'one-operator.onnx' })
      const found = network.forward(...inputs.map((shape, i) => signed(shape, stream + i)))
      expect(found.shape).toEqual(output.shape)
      const values = found.dataSync()
      const expected = new Float32Array(new Uint8Array(Buffer.from(output.data, 'base64')).buffer)
      expect(values.length).toBe(expected.length)
      const errors = Array.from(
        expected,
        (value, i) => Math.abs((values[i] as number) - value) / Math.max(1, Math.abs(value)),
      )
      expect(Math.max(...errors)).toBeLessThan(1e-5)
    },
  )
})

function filled(name: string): Module {
  const model = skipInitialization(() => createModel(name)).eval()
  fill(model)
  return model
}

describe('a known network as ONNX', () => {
  const all = Object.entries(fixture<Record<string, NetworkFixture>>('onnx-networks.json'))
  // Those with the same layers as another one take long to compile.
  const repetitive = /^resnet(32|34|56)/
  const networks = process.env.OCELLUS_FULL === '1' ? all : all.filter(([name]) => !repetitive.test(name))

  it('is there for every name', () => {
    expect(all.map(([name]) => name)).toEqual([...modelNames])
  })

  it.each(networks)(
    '%s: the file computes what onnxruntime computes from it, within 1e-4',
    async (name, { input, output }) => {
      const imported = readOnnx(await writeOnnx(filled(name), { input, name }))
      expect(imported.inputs[0]?.shape?.[0]).toBe('N')
      const images = signed([2, ...input], 500)
      const run = compile((x: Tensor) => imported.forward(x.rank === 4 ? x.permute([0, 3, 1, 2]) : x))
      expect(recordError(run(images), output)).toBeLessThan(1e-4)
    },
  )

  it('computes what the network does', async () => {
    const model = filled('mobilenet-v2')
    const images = signed([2, 64, 64, 3], 500)
    const imported = readOnnx(await writeOnnx(model, { input: [64, 64, 3] }))
    const [own, again] = compile((x: Tensor) => [model.forward(x), imported.forward(x.permute([0, 3, 1, 2]))] as const)(
      images,
    )
    expect(again.toArray()).toEqual(own.toArray())
  })

  it('keeps names and values of weights in the layout of PyTorch', async () => {
    const model = filled('lenet5')
    const file = await readWeights(await writeOnnx(model, { input: [32, 32, 1] }), { file: 'lenet5.onnx' })
    expect([file.format, file.layout]).toEqual(['onnx', 'pytorch'])
    const other = createModel('lenet5')
    expect((await loadWeights(other, file)).complete).toBe(true)
    const values = (module: Module): number[][] =>
      [...module.namedVariables().values()].map((variable) => Array.from(variable.dataSync()))
    expect(values(other)).toEqual(values(model))
  })

  const layers: readonly (readonly [name: string, input: readonly number[], forward: (x: Tensor) => Tensor])[] = [
    ['GELU and SiLU', [5], (x) => gelu(x).add(silu(x)).add(geluTanh(x))],
    [
      'leaky ReLU, maximum, choice',
      [5],
      (x) =>
        leakyRelu(x, 0.2)
          .maximum(x.square().subtract(0.3))
          .add(x.greater(0.1).and(x.less(0.5))),
    ],
    ['softmax along channels', [3, 4, 5], (x) => softmax(x).subtract(logSoftmax(x, 1))],
    ['layer norm', [3, 4, 5], (x) => layerNorm.forward(x)],
    ['group norm', [3, 4, 6], (x) => groupNorm.forward(x)],
    ['bilinear upsampling', [3, 4, 2], (x) => x.upsample2d({ size: [7, 8], mode: 'bilinear' })],
    ['nearest upsampling', [3, 4, 2], (x) => x.upsample2d({ scale: 2 })],
    [
      'average pool with padding',
      [5, 6, 2],
      (x) => x.averagePool2d({ size: 3, stride: 2, padding: 1, countIncludePad: false, ceilMode: true }),
    ],
    ['adaptive average pool', [5, 7, 2], (x) => x.adaptiveAveragePool2d([2, 3])],
    ['max pool with padding', [5, 6, 2], (x) => x.maxPool2d({ size: 3, stride: 2, padding: 1, ceilMode: true })],
    ['transposed convolution', [4, 5, 2], (x) => convTranspose.forward(x)],
    [
      'slices, flips and padding',
      [5, 6, 2],
      (x) =>
        concat([x.at(null, [1, 5, 2], null, [0, 1]), x.flip([1, 3]).at(null, [0, 2], null, [1, 2])], 1).pad(
          [
            [0, 0],
            [1, 0],
            [0, 2],
            [0, 0],
          ],
          { value: 3 },
        ),
    ],
    [
      'the largest, and where',
      [4, 5],
      (x) =>
        x
          .max(-1, { keep: true })
          .add(x.argmax(-1).cast('f32').unsqueeze(1))
          .subtract(x.variance(-1, { keep: true })),
    ],
  ]
  const layerNorm = new LayerNorm({ shape: [4, 5] })
  const groupNorm = new GroupNorm({ groups: 2, channels: 6 })
  const convTranspose = new ConvTranspose2d({
    inputs: 2,
    outputs: 4,
    kernel: 3,
    stride: 2,
    padding: 1,
    outputPadding: 1,
    groups: 2,
  })

  it.each(layers)('of %s comes back as it was', async (_, input, forward) => {
    class Layer extends Module {
      readonly layers = [layerNorm, groupNorm, convTranspose]
      override forward(x: Tensor): Tensor {
        return forward(x)
      }
    }
    const x = signed([2, ...input], 40)
    const channelsFirst = (value: Tensor): Tensor => (value.rank === 4 ? value.permute([0, 3, 1, 2]) : value)
    const back = readOnnx(await writeOnnx(new Layer(), { input })).forward(channelsFirst(x))
    const own = channelsFirst(forward(x))
    expect(back.shape).toEqual(own.shape)
    const values = own.dataSync()
    expect(Math.max(...back.dataSync().map((value, i) => Math.abs(value - (values[i] as number))))).toBeLessThan(1e-5)
  })

  it('of a fixed number of samples says so', async () => {
    const { inputs } = readOnnx(await writeOnnx(filled('lenet5'), { input: [32, 32, 1], batch: 4 }))
    expect(inputs[0]?.shape).toEqual([4, 1, 32, 32])
  })

  it('that draws random numbers is refused', async () => {
    class Noise extends Module {
      override forward(x: Tensor): Tensor {
        return x.add(random(x.shape))
      }
    }
    await expect(writeOnnx(new Noise(), { input: [3] })).rejects.toThrow(
      'Noise cannot be written as ONNX: it computes random, which has no counterpart there',
    )
  })
})

function model(nodes: readonly Partial<WrittenNode>[], more: Partial<WrittenModel> = {}): Uint8Array {
  const whole = nodes.map((node, i) => ({
    operator: 'Relu',
    name: `node ${i}`,
    inputs: ['x'],
    outputs: ['y'],
    attributes: {},
    ...node,
  }))
  return writeModel({
    opset: 17,
    graph: 'test',
    nodes: whole,
    initializers: new Map(),
    inputs: [{ name: 'x', shape: [1, 2, 4, 4] }],
    outputs: [{ name: 'y' }],
    metadata: {},
    ...more,
  })
}

describe('readOnnx', () => {
  it('lists all operators that it does not know, with their nodes', () => {
    const bytes = model([
      { operator: 'Fancy', name: 'first' },
      { operator: 'LSTM', name: 'second' },
      { operator: 'Fancy', name: 'third' },
    ])
    expect(() => readOnnx(bytes, { file: 'a.onnx' })).toThrow(
      'a.onnx: operators that are not computed here: Fancy (node first, third); LSTM (node second)',
    )
  })

  it('gives a file for one sample as many as there are', () => {
    const shape = { long: [1, 32] }
    const bytes = model([{ operator: 'Reshape', inputs: ['x', 'shape'] }], {
      initializers: new Map([['shape', shape]]),
    })
    const images = signed([5, 2, 4, 4], 1)
    expect(readOnnx(bytes).forward(images).toArray()).toEqual(images.reshape([5, 32]).toArray())
  })

  it('computes shapes from shapes, as PyTorch exports a flatten', () => {
    const first = { operator: 'Shape', outputs: ['shape'] }
    const second = { operator: 'Gather', inputs: ['shape', 'zero'], outputs: ['n'] }
    const third = { operator: 'Unsqueeze', inputs: ['n', 'zeros'], outputs: ['N'] }
    const fourth = { operator: 'Concat', inputs: ['N', 'rest'], outputs: ['target'], attributes: { axis: 0 } }
    const last = { operator: 'Reshape', inputs: ['x', 'target'] }
    const bytes = model([first, second, third, fourth, last], {
      initializers: new Map([
        ['zero', hostTensor('i32', [], Int32Array.of(0))],
        ['zeros', hostTensor('i32', [1], Int32Array.of(0))],
        ['rest', hostTensor('i32', [1], Int32Array.of(-1))],
      ]),
    })
    expect(readOnnx(bytes).forward(signed([3, 2, 4, 4], 1)).shape).toEqual([3, 32])
  })

  it('has parameters by their names in the file, which can be trained and saved', async () => {
    const conv = new Conv2d({ inputs: 2, outputs: 3, kernel: 3 })
    const network = readOnnx(await writeOnnx(conv, { input: [4, 4, 2] }))
    expect([...network.namedParameters().keys()]).toEqual(['weight', 'bias'])
    expect(network.namedParameters().get('weight')?.shape).toEqual([3, 3, 2, 3])
  })

  it.each<[string, Uint8Array, string]>([
    ['opset 6', model([{}], { opset: 6 }), 'a.onnx: opset_import: version 6 of the operators is too old'],
    [
      'a value that is not there',
      model([{ inputs: ['z'] }]),
      "a.onnx: node node 0: there is no value 'z' when it is needed",
    ],
    [
      'shapes that do not fit',
      model([{ operator: 'MatMul', inputs: ['x', 'w'] }], {
        initializers: new Map([['w', hostTensor('f32', [3, 1], new Float32Array(3))]]),
      }),
      'a.onnx: node node 0 (MatMul): matmul: inner dimensions differ',
    ],
    [
      'an attribute of another kind',
      model([{ operator: 'Softmax', attributes: { axis: 'last' } }]),
      'a.onnx: node node 0 (Softmax): attribute axis is no number',
    ],
    ['no graph', Uint8Array.of(8, 8, 18, 1, 65), 'a.onnx: graph: there is none'],
    ['a cut', model([{}]).subarray(0, 40), 'a.onnx: it ends in the middle of a field'],
  ])('says what is wrong: %s', (_, bytes, message) => {
    const run = (): Tensor =>
      readOnnx(bytes, { file: 'a.onnx' }).forward(tensor(new Float32Array(32), { shape: [1, 2, 4, 4] }))
    expect(run).toThrow(message)
  })

  it('says what input it takes', () => {
    expect(() => readOnnx(model([{}]), { file: 'a.onnx' }).forward(signed([1, 3, 4, 4], 1))).toThrow(
      'a.onnx: input x has the shape [1, 2, 4, 4] in the file, and [1, 3, 4, 4] was given',
    )
  })
})
