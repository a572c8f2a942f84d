// PyTorch's arrangement of kernels, matrices and flattened images against ours: the numbers are NumPy-style permutations made by PyTorch.

import { describe, expect, it } from 'vitest'
import { weightsOf } from '../../../src/io/module-weights.ts'
import { readPytorch } from '../../../src/io/pytorch/read-pytorch.ts'
import { readSafetensors, writeSafetensors } from '../../../src/io/safetensors.ts'
import { loadWeights, saveWeights } from '../../../src/io/weights.ts'
import { AdaptiveAveragePool2d, GlobalAveragePool } from '../../../src/nn/adaptive-average-pool2d.ts'
import { BatchNorm2d } from '../../../src/nn/batch-norm.ts'
import { ConvTranspose2d } from '../../../src/nn/conv-transpose2d.ts'
import { Conv2d } from '../../../src/nn/conv2d.ts'
import { Dropout } from '../../../src/nn/dropout.ts'
import { Flatten } from '../../../src/nn/flatten.ts'
import { LayerNorm } from '../../../src/nn/layer-norm.ts'
import { type ImageShape, Linear } from '../../../src/nn/linear.ts'
import { Module } from '../../../src/nn/module.ts'
import { Sequential } from '../../../src/nn/sequential.ts'
import { compile } from '../../../src/tensor/compile.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { described, type ExpectedTensor, expected, fixture } from './fixture.ts'

/** The network of checkpoint.pth; `known` gives the Linear its image from the start. */
const network = (known = true): Sequential =>
  new Sequential(
    new Conv2d({ inputs: 2, outputs: 3, kernel: 3, bias: false }),
    new BatchNorm2d({ channels: 3 }),
    new Flatten(),
    new Linear({ inputs: 24, outputs: 5, ...(known ? { inputImage: [2, 4, 3] } : {}) }),
  )

/** The network of checkpoint.pth with a forward of its own, where no layer says that an image is flattened. */
class Flattening extends Module {
  readonly conv = new Conv2d({ inputs: 2, outputs: 3, kernel: 3, bias: false })
  readonly norm = new BatchNorm2d({ channels: 3 })
  readonly dropout = new Dropout()
  readonly head: Linear

  constructor(inputImage?: ImageShape) {
    super()
    this.head = new Linear({ inputs: 24, outputs: 5, ...(inputImage === undefined ? {} : { inputImage }) })
  }

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.dropout.forward(this.norm.forward(this.conv.forward(x)).flatten(1)))
  }
}

const flatteningNames = { 0: 'conv', 1: 'norm', 3: 'head' }

/** The network of decoder.pth. */
class Decoder extends Module {
  readonly linear = new Linear({ inputs: 3, outputs: 12, outputImage: [2, 3, 2] })
  readonly norm = new LayerNorm({ shape: [2, 3, 2] })
  readonly enlarge = new ConvTranspose2d({ inputs: 2, outputs: 4, kernel: 3, stride: 2, groups: 2 })

  override forward(x: Tensor): Tensor {
    return this.enlarge.forward(this.norm.forward(this.linear.forward(x).reshape([-1, 2, 3, 2])))
  }
}

const decoderNames = { 0: 'linear', 2: 'norm', 3: 'enlarge' }

const given = ({ shape, data }: ExpectedTensor): Tensor => tensor(data as number[]).reshape(shape)

function expectClose(found: Tensor, truth: ExpectedTensor): void {
  expect(found.shape).toEqual(truth.shape)
  const values = found.dataSync()
  const errors = truth.data.map((value, i) => Math.abs((values[i] as number) - (value as number)))
  expect(Math.max(...errors)).toBeLessThan(1e-5)
}

describe("a checkpoint in PyTorch's layout", () => {
  it('loads: HWIO kernels, [in, out] matrices, rows behind a Flatten in the order H, W, C', async () => {
    const model = network().eval()
    const report = await loadWeights(model, fixture('checkpoint.pth'))
    expect(report.complete).toBe(true)
    expect(report.ignored).toEqual(['1.num_batches_tracked'])
    expect(report.notes).toHaveLength(2)
    expect(described(await weightsOf(model))).toEqual(expected.network.own)
    expectClose(model.forward(given(expected.network.images)), expected.network.logits)
  })

  it('loads into transposed convolutions with groups, norms over images, and a Linear that makes an image', async () => {
    const model = new Decoder().eval()
    expect((await loadWeights(model, fixture('decoder.pth'), { rename: decoderNames })).complete).toBe(true)
    expect(described(await weightsOf(model))).toEqual(expected.decoder.own)
    expectClose(model.forward(given(expected.decoder.codes)), expected.decoder.images)
  })

  it('comes back as it was when it is saved for PyTorch, in every format', async () => {
    for (const format of ['safetensors', 'npz']) {
      const model = new Decoder()
      await loadWeights(model, fixture('decoder.pth'), { rename: decoderNames })
      const saved = await saveWeights(model, { layout: 'pytorch', format })
      const again = new Decoder()
      expect((await loadWeights(again, saved)).complete).toBe(true)
      expect(await weightsOf(again)).toEqual(await weightsOf(model))
      if (format !== 'safetensors') continue
      const original = readPytorch(fixture('decoder.pth')).tensors
      const { tensors } = readSafetensors(saved)
      expect(tensors.get('enlarge.weight')).toEqual(original.get('3.weight'))
      expect(tensors.get('linear.weight')).toEqual(original.get('0.weight'))
      expect(tensors.get('norm.bias')).toEqual(original.get('2.bias'))
    }
  })

  it('is refused while the image behind a Flatten is not known, and loads after a run', async () => {
    const model = network(false)
    await expect(loadWeights(model, fixture('checkpoint.pth'))).rejects.toThrow(
      "the image that the Linear 3 takes flattened is not known, so the rows of PyTorch's weights cannot be put in order; give it inputImage: [height, width, channels], or run the model once before",
    )
    await expect(saveWeights(model, { layout: 'pytorch' })).rejects.toThrow('is not known')
    model.eval().forward(given(expected.network.images)).dataSync()
    await loadWeights(model, fixture('checkpoint.pth'))
    expect(described(await weightsOf(model))).toEqual(expected.network.own)
  })
})

describe('a Linear behind a Flatten', () => {
  const behind = (...layers: Module[]): Promise<unknown> =>
    saveWeights(new Sequential(new Conv2d({ inputs: 1, outputs: 2, kernel: 1 }), ...layers), { layout: 'pytorch' })
  const linear = () => new Linear({ inputs: 2, outputs: 2 })

  it('is noticed behind layers without weights and inside others, and harmless where the image is one pixel', async () => {
    const dropout = new Dropout()
    await expect(behind(new Flatten(), dropout, linear())).rejects.toThrow(
      'the image that the Linear 3 takes flattened',
    )
    await expect(behind(new Flatten(), new Sequential(linear()))).rejects.toThrow('the image that the Linear 2.0 takes')
    await expect(behind(new GlobalAveragePool(), new Flatten(), linear())).resolves.toBeDefined()
    await expect(behind(new AdaptiveAveragePool2d({ size: 1 }), new Flatten(), linear())).resolves.toBeDefined()
    await expect(behind(new AdaptiveAveragePool2d({ size: 2 }), new Flatten(), linear())).rejects.toThrow(
      'the Linear 3',
    )
  })
})

describe('a Linear behind a flatten() in the forward of a module', () => {
  const images = given(expected.network.images)
  const load = (model: Module) => loadWeights(model, fixture('checkpoint.pth'), { rename: flatteningNames })

  it('takes rows in the right order where the image is given, or after a run in train or eval mode', async () => {
    const told = new Flattening([2, 4, 3]).eval()
    await load(told)
    expectClose(told.forward(images), expected.network.logits)
    for (const training of [true, false]) {
      const ran = training ? new Flattening() : new Flattening().eval()
      ran.forward(images).dataSync()
      expect(ran.head.inputImage).toEqual([2, 4, 3])
      await load(ran.eval())
      expectClose(ran.forward(images), expected.network.logits)
    }
  })

  it('is refused at the first forward where the rows were loaded without knowing, eager and compiled, until loaded again', async () => {
    const model = new Flattening().eval()
    await load(model)
    const sentence =
      "Linear: the input is a flattened image [2, 4, 3], but its weights were loaded from PyTorch's layout as if it were none, so the rows are in another order; give the layer inputImage: [2, 4, 3], or run the model once before loading"
    expect(() => model.forward(images)).toThrow(sentence)
    expect(() => compile((x: Tensor) => model.forward(x))(images)).toThrow(sentence)
    model.head.inputImage = [2, 4, 3]
    expect(() => model.forward(images)).toThrow(sentence)
    await load(model)
    expectClose(model.forward(images), expected.network.logits)
  })

  it('leaves rows as they are where one pixel says so, and where the layout is our own', async () => {
    const plain = new Flattening([1, 1, 24]).eval()
    await load(plain)
    expect(plain.forward(images).shape[1]).toBe(5)
    const own = new Flattening().eval()
    await loadWeights(own, await saveWeights(plain))
    expect(own.forward(images).toArray()).toEqual(plain.forward(images).toArray())
    expect(own.head.inputImage).toEqual([2, 4, 3])
  })
})

describe('a file that does not say its layout', () => {
  const unmarked = async (model: Module, layout: 'ocellus' | 'pytorch') =>
    writeSafetensors(readSafetensors(await saveWeights(model, { layout })).tensors)

  it.each(['ocellus', 'pytorch'] as const)('is taken for %s where the shapes fit that better', async (layout) => {
    const [model, other] = [network(), network()]
    expect((await loadWeights(other, await unmarked(model, layout))).complete).toBe(true)
    expect(await weightsOf(other)).toEqual(await weightsOf(model))
  })

  it('is refused where the shapes fit either way, unless it is told', async () => {
    const square = (): Linear => new Linear({ inputs: 3, outputs: 3 })
    const [model, other] = [square(), square()]
    const bytes = await unmarked(model, 'pytorch')
    await expect(loadWeights(other, bytes, { file: 'a' })).rejects.toThrow(
      "a does not say how its weights are arranged, and their shapes fit either way; give layout: 'pytorch' or layout: 'ocellus'",
    )
    await loadWeights(other, bytes, { layout: 'pytorch' })
    expect(await weightsOf(other)).toEqual(await weightsOf(model))
    // A file that says so needs no telling.
    await loadWeights(other, await saveWeights(model, { layout: 'pytorch' }))
    expect(await weightsOf(other)).toEqual(await weightsOf(model))
  })

  it('needs no telling where both layouts are the same', async () => {
    const model = new Linear({ inputs: 1, outputs: 1 })
    expect((await loadWeights(new Linear({ inputs: 1, outputs: 1 }), await unmarked(model, 'pytorch'))).complete).toBe(
      true,
    )
  })

  it('mismatches are reported in the layout of the file', async () => {
    const wide = new Linear({ inputs: 5, outputs: 3 })
    const bytes = await saveWeights(wide, { layout: 'pytorch' })
    const { mismatched } = await loadWeights(new Linear({ inputs: 4, outputs: 3 }), bytes, { strict: false })
    expect(mismatched).toEqual([
      { name: 'weight', expected: { dtype: 'f32', shape: [3, 4] }, found: { dtype: 'f32', shape: [3, 5] } },
    ])
  })
})

describe('names', () => {
  const saved = async () => saveWeights(new Sequential(new Linear({ inputs: 2, outputs: 3 })))

  class Head extends Module {
    readonly head = new Linear({ inputs: 2, outputs: 3 })
    override forward(x: Tensor): Tensor {
      return this.head.forward(x)
    }
  }

  it('are mapped by beginnings, by functions, or left out', async () => {
    expect((await loadWeights(new Head(), await saved(), { rename: { 0: 'head' } })).complete).toBe(true)
    const byFunction = (name: string): string => name.replace('0.', 'head.')
    expect((await loadWeights(new Head(), await saved(), { rename: byFunction })).complete).toBe(true)
    const withoutBias = (name: string) => (name.endsWith('bias') ? undefined : byFunction(name))
    const report = await loadWeights(new Head(), await saved(), { rename: withoutBias, strict: false })
    expect([report.loaded, report.missing]).toEqual([['head.weight'], ['head.bias']])
  })

  it('gain and lose beginnings', async () => {
    const [inner, outer] = [new Linear({ inputs: 2, outputs: 3 }), new Head()]
    expect((await loadWeights(inner, await saveWeights(outer), { rename: { head: '' } })).complete).toBe(true)
    expect((await loadWeights(outer, await saveWeights(inner), { rename: { '': 'head' } })).complete).toBe(true)
  })

  it('that become one are refused', async () => {
    await expect(loadWeights(new Head(), await saved(), { rename: () => 'same' })).rejects.toThrow(
      /rename: both 0\.\w+ and 0\.\w+ become same/,
    )
  })
})
