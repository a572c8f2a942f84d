// What layers do beside their formula: modes, randomness, sizes, and the sentences for what makes no sense.

import { describe, expect, it } from 'vitest'
import { relu } from '../../../src/nn/activations.ts'
import { AdaptiveAveragePool2d } from '../../../src/nn/adaptive-average-pool2d.ts'
import { BatchNorm1d, BatchNorm2d } from '../../../src/nn/batch-norm.ts'
import { Concat } from '../../../src/nn/concat.ts'
import { ConvTranspose2d } from '../../../src/nn/conv-transpose2d.ts'
import { Conv2d } from '../../../src/nn/conv2d.ts'
import { Dropout } from '../../../src/nn/dropout.ts'
import { Flatten } from '../../../src/nn/flatten.ts'
import { GroupNorm } from '../../../src/nn/group-norm.ts'
import { LayerNorm } from '../../../src/nn/layer-norm.ts'
import { Linear } from '../../../src/nn/linear.ts'
import { MaxPool2d } from '../../../src/nn/max-pool2d.ts'
import { Residual } from '../../../src/nn/residual.ts'
import { Sequential } from '../../../src/nn/sequential.ts'
import { Upsample } from '../../../src/nn/upsample.ts'
import { compile } from '../../../src/tensor/compile.ts'
import { ones, random } from '../../../src/tensor/creation.ts'
import { gradients } from '../../../src/tensor/gradients.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { seedRandom } from '../../../src/tensor/trace.ts'

describe('Dropout', () => {
  const layer = new Dropout({ rate: 0.25 })
  const step = compile((x: Tensor) => layer.forward(x))

  it('drops the given share and scales the rest, anew at each call, the same after the same seed', () => {
    seedRandom(5)
    const [first, second] = [step(ones([10_000])).dataSync(), step(ones([10_000])).dataSync()]
    const dropped = first.filter((value) => value === 0).length
    // Four standard deviations of a binomial count.
    expect(Math.abs(dropped - 2500)).toBeLessThan(4 * Math.sqrt(10_000 * 0.25 * 0.75))
    expect(first.every((value) => value === 0 || value === Math.fround(1 / 0.75))).toBe(true)
    expect(second).not.toEqual(first)
    seedRandom(5)
    expect(step(ones([10_000])).dataSync()).toEqual(first)
  })

  it('lets gradients through where values pass, and is off in eval', () => {
    const both = compile((x: Tensor) => {
      const y = layer.forward(x)
      return [y, gradients(y.sum(), [x])[0] as Tensor] as const
    })
    const [y, gradient] = both(ones([1000]))
    expect(gradient.dataSync()).toEqual(y.dataSync())
    layer.eval()
    expect(step(ones([100])).dataSync()).toEqual(ones([100]).dataSync())
    layer.train()
  })

  it('knows both ends, and refuses what is no share', () => {
    expect(new Dropout({ rate: 1 }).forward(ones([3])).toArray()).toEqual([0, 0, 0])
    expect(new Dropout({ rate: 0 }).forward(ones([3])).toArray()).toEqual([1, 1, 1])
    expect(() => new Dropout({ rate: 1.5 })).toThrow('Dropout: rate must be from 0 to 1, not 1.5')
  })
})

describe('batch norm', () => {
  it('follows the batch outside of compiled functions as inside', () => {
    const [eager, compiled] = [new BatchNorm2d({ channels: 3 }), new BatchNorm2d({ channels: 3 })]
    const x = random([4, 5, 6, 3])
    x.dataSync()
    const [a, b] = [eager.forward(x).dataSync(), compile((y: Tensor) => compiled.forward(y))(x).dataSync()]
    for (const [i, value] of a.entries()) expect(Math.abs(value - (b[i] as number))).toBeLessThan(1e-6)
    const [mean, other] = [eager.running_mean.dataSync(), compiled.running_mean.dataSync()]
    for (const [i, value] of mean.entries()) expect(Math.abs(value - (other[i] as number))).toBeLessThan(1e-7)
  })

  it('keeps its statistics in eval, and saves them by the names of PyTorch', () => {
    const layer = new BatchNorm1d({ channels: 2 }).eval()
    layer.forward(ones([4, 2])).dataSync()
    expect(layer.running_mean.toArray()).toEqual([0, 0])
    expect([...layer.namedVariables().keys()]).toEqual(['weight', 'bias', 'running_mean', 'running_var'])
    expect([...layer.namedParameters().keys()]).toEqual(['weight', 'bias'])
  })

  it('needs more than one value per channel in training', () => {
    const layer = new BatchNorm1d({ channels: 2 })
    expect(() => layer.forward(ones([1, 2]))).toThrow('each channel needs more than one value')
    expect(layer.eval().forward(ones([1, 2])).shape).toEqual([1, 2])
  })
})

describe('Flatten', () => {
  it('tells a following Linear which image it takes', () => {
    const linear = new Linear({ inputs: 24, outputs: 2 })
    const model = new Sequential(new Flatten(), linear)
    expect(linear.inputImage).toBe(undefined)
    expect(model.forward(ones([5, 2, 3, 4])).shape).toEqual([5, 2])
    expect(linear.inputImage).toEqual([2, 3, 4])
  })

  it('leaves vectors, and images that are known, alone', () => {
    const linear = new Linear({ inputs: 6, outputs: 1 })
    new Sequential(new Flatten(), linear).forward(ones([2, 6]))
    expect(linear.inputImage).toBe(undefined)
    const known = new Linear({ inputs: 6, outputs: 1, inputImage: [1, 2, 3] })
    new Sequential(new Flatten(), known).forward(ones([2, 3, 2, 1]))
    expect(known.inputImage).toEqual([1, 2, 3])
    expect(() => new Linear({ inputs: 6, outputs: 1, inputImage: [2, 2, 2] })).toThrow(
      'Linear: inputImage [2, 2, 2] has 8 elements, but there are 6',
    )
  })
})

describe('Linear', () => {
  const seen = (run: (linear: Linear) => unknown): unknown => {
    const linear = new Linear({ inputs: 24, outputs: 2 })
    run(linear)
    return linear.inputImage
  }

  it('sees which image it takes through activations and dropout, and through no other op', () => {
    const flat = ones([5, 2, 3, 4]).flatten(1)
    expect(seen((linear) => linear.forward(ones([5, 2, 3, 4]).reshape([-1, 24])))).toEqual([2, 3, 4])
    expect(seen((linear) => linear.forward(relu(new Dropout({ rate: 0.5 }).forward(flat))))).toEqual([2, 3, 4])
    expect(seen((linear) => compile((x: Tensor) => linear.forward(x.flatten(1)))(ones([5, 2, 3, 4])))).toEqual([
      2, 3, 4,
    ])
    expect(seen((linear) => linear.forward(flat.matmul(ones([24, 24]))))).toBe(undefined)
    expect(seen((linear) => linear.forward(ones([5, 4, 6]).flatten(1)))).toBe(undefined)
    expect(seen((linear) => linear.forward(ones([5, 2, 2, 24])))).toBe(undefined)
  })
})

describe('Residual and Concat', () => {
  const double = (x: Tensor): Tensor => x.multiply(2)

  it('add and join what their parts give', () => {
    const x = tensor([[1, -2]])
    expect(new Residual({ body: new Sequential(double) }).forward(x).toArray()).toEqual([[3, -6]])
    const around = { body: new Sequential(double), shortcut: new Sequential(double), activation: relu }
    expect(new Residual(around).forward(x).toArray()).toEqual([[4, 0]])
    expect(new Concat(relu, double).forward(x).toArray()).toEqual([[1, 0, 2, -4]])
  })

  it('name their parameters', () => {
    const linear = (): Linear => new Linear({ inputs: 2, outputs: 2, bias: false })
    const residual = new Residual({ body: linear(), shortcut: linear() })
    expect([...residual.namedParameters().keys()]).toEqual(['body.weight', 'shortcut.weight'])
    expect([...new Concat(linear(), linear()).namedParameters().keys()]).toEqual(['0.weight', '1.weight'])
  })

  it('refuse parts that do not fit', () => {
    const wider = new Residual({ body: new Linear({ inputs: 2, outputs: 3 }) })
    expect(() => wider.forward(ones([1, 2]))).toThrow('the body gives [1, 3], the shortcut [1, 2]; give a shortcut')
    expect(() => new Concat()).toThrow('Concat: there are no branches')
  })
})

describe('what makes no sense is refused in a sentence', () => {
  it.each([
    [
      'Conv2d: inputs must be a whole number of 1 or more, not 0',
      () => new Conv2d({ inputs: 0, outputs: 1, kernel: 3 }),
    ],
    [
      'Conv2d: inputs must be a whole number of 1 or more, not undefined',
      () => new Conv2d({} as ConstructorParameters<typeof Conv2d>[0]),
    ],
    [
      'Conv2d: kernel must be a whole number of 1 or more, or two of them, not [3, 0]',
      () => new Conv2d({ inputs: 1, outputs: 1, kernel: [3, 0] }),
    ],
    [
      'Conv2d: 2 groups do not divide 3 inputs and 4 outputs evenly',
      () => new Conv2d({ inputs: 3, outputs: 4, kernel: 1, groups: 2 }),
    ],
    [
      'ConvTranspose2d: stride must be a whole number of 1 or more, not 1.5',
      () => new ConvTranspose2d({ inputs: 1, outputs: 1, kernel: 1, stride: 1.5 }),
    ],
    ['MaxPool2d: size must be a whole number of 1 or more, not -2', () => new MaxPool2d({ size: -2 })],
    ['GroupNorm: 4 groups do not divide 6 channels evenly', () => new GroupNorm({ groups: 4, channels: 6 })],
    ['LayerNorm: epsilon must be a number above 0, not 0', () => new LayerNorm({ shape: 4, epsilon: 0 })],
    ['BatchNorm2d: momentum must be from 0 to 1, not 2', () => new BatchNorm2d({ channels: 4, momentum: 2 })],
    ['Upsample: give either scale or size', () => new Upsample({})],
    [
      'Conv2d: the input has shape [2, 8, 8, 3], but this layer takes images [N, H, W, 4]',
      () => new Conv2d({ inputs: 4, outputs: 1, kernel: 3 }).forward(ones([2, 8, 8, 3])),
    ],
    [
      'AdaptiveAveragePool2d: the input has shape [8, 8], but this layer takes images [N, H, W, C]',
      () => new AdaptiveAveragePool2d({ size: 2 }).forward(ones([8, 8])),
    ],
    [
      'BatchNorm2d: the input has shape [8, 3], but this layer takes [N, H, W, 3]',
      () => new BatchNorm2d({ channels: 3 }).forward(ones([8, 3])),
    ],
    [
      'LayerNorm: the input has shape [2, 5], but this layer takes [.., 4]',
      () => new LayerNorm({ shape: 4 }).forward(ones([2, 5])),
    ],
    [
      'GroupNorm: the input has shape [2, 5], but this layer takes [N, .., 4]',
      () => new GroupNorm({ groups: 2, channels: 4 }).forward(ones([2, 5])),
    ],
  ])('%s', (message, act) => {
    expect(act).toThrow(message)
  })

  it('a window that fits nowhere', () => {
    expect(() => new Conv2d({ inputs: 1, outputs: 1, kernel: 5 }).forward(ones([1, 3, 3, 1]))).toThrow(
      'window that is 5 high',
    )
    expect(() => new MaxPool2d({ size: 4 }).forward(ones([1, 3, 3, 1]))).toThrow('window that is 4 high')
  })
})
