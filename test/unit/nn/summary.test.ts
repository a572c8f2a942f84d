// The layer summary against counts made by hand.

import { expect, it } from 'vitest'
import { LeNet5 } from '../../../src/models/lenet5.ts'
import { Nist36Cnn } from '../../../src/models/nist36-cnn.ts'
import { relu, sigmoid } from '../../../src/nn/activations.ts'
import { Conv2d } from '../../../src/nn/conv2d.ts'
import { Flatten } from '../../../src/nn/flatten.ts'
import { Linear } from '../../../src/nn/linear.ts'
import { MaxPool2d } from '../../../src/nn/max-pool2d.ts'
import { Module } from '../../../src/nn/module.ts'
import { Sequential } from '../../../src/nn/sequential.ts'
import { summary } from '../../../src/nn/summary.ts'
import type { Tensor } from '../../../src/tensor/tensor.ts'

const nist = (): Sequential =>
  new Sequential(
    new Linear({ inputs: 1024, outputs: 64 }),
    sigmoid,
    new Linear({ inputs: 64, outputs: 36, bias: false }),
  )

it('counts the NIST network: K mult-adds per output, 2K - 1 FLOPs, one more with bias', () => {
  const { layers, total } = summary(nist(), [128, 1024])
  const counts = layers.map(({ name, type, kernel, output, parameters, multiplyAdds, flops }) => [
    `${name} ${type}`,
    kernel,
    output,
    parameters,
    multiplyAdds,
    type === 'Linear' ? flops : 0,
  ])
  expect(counts).toEqual([
    [' Sequential', undefined, [128, 36], 0, 0, 0],
    ['0 Linear', [1024, 64], [128, 64], 1024 * 64 + 64, 1024 * 64, 64 * (2 * 1024 - 1) + 64],
    ['1 sigmoid', undefined, [128, 64], 0, 0, 0],
    ['2 Linear', [64, 36], [128, 36], 64 * 36, 64 * 36, 36 * (2 * 64 - 1)],
  ])
  expect(total.parameters).toBe(67904)
  expect(total.multiplyAdds).toBe(67840)
})

it('counts per sample, whatever the batch', () => {
  const strip = (batch: number) =>
    summary(nist(), [batch, 1024]).layers.map(({ parameters, multiplyAdds, flops }) => [
      parameters,
      multiplyAdds,
      flops,
    ])
  expect(strip(128)).toEqual(strip(1))
})

it('counts shared parameters once, but their work each time', () => {
  const shared = new Linear({ inputs: 8, outputs: 8 })
  const { layers, total } = summary(new Sequential(shared, relu, shared), [1, 8])
  expect(layers.map(({ name, parameters, multiplyAdds }) => [name, parameters, multiplyAdds])).toEqual([
    ['', 0, 0],
    ['0', 72, 64],
    ['1', 0, 0],
    ['0', 0, 64],
  ])
  expect(total.parameters).toBe(72)
})

it('gives the work of a module’s own lines to the module, and runs it in eval mode', () => {
  const modes: boolean[] = []
  class Residual extends Module {
    readonly body: Module = new Linear({ inputs: 4, outputs: 4, bias: false })
    override forward(x: Tensor): Tensor {
      modes.push(this.training)
      return relu(this.body.forward(x).add(x))
    }
  }
  const model = new Residual()
  const { layers } = summary(model, [3, 4])
  expect(layers.map(({ type, depth, flops }) => [type, depth, flops])).toEqual([
    ['Residual', 0, 4 + 4],
    ['Linear', 1, 4 * 7],
  ])
  expect(modes).toEqual([false])
  expect(model.training).toBe(true)
  expect(Object.keys(model)).toEqual(['body'])
})

it('prints a table, and gives the same as JSON', () => {
  const report = summary(nist(), [1, 1024])
  const lines = String(report).split('\n')
  expect(lines[0]).toMatch(/^layer +kernel +output +parameters +mult-adds +FLOPs +activation bytes$/)
  expect(lines[3]).toMatch(/^ {2}0 Linear +\[1024, 64\] +\[1, 64\] +65,600 +65,536 +131,072 +256$/)
  expect(lines.at(-1)).toMatch(/^total +67,904 +67,840 +/)
  expect(JSON.parse(JSON.stringify(report)).layers[1].kernel).toEqual([1024, 64])
})

it('says what is wrong with the input shape', () => {
  expect(() => summary(nist(), [1, 1000])).toThrow('this layer takes [.., 1024]')
  expect(() => summary(nist(), { input: [1, 1024] } as never)).toThrow('the input is a shape, as [1, 28, 28, 1]')
  expect(() => summary(nist(), [])).toThrow('needs a batch axis of 1 or more')
})

it('counts the worked example: 20 filters of 4x4x50 at 6x6 positions, and a 3x3 max pool at 4x4', () => {
  // 20 * 6 * 6 * (4 * 4 * 50 * 2 - 1) + 8 * 16 * 20, and 20 * 6 * 6 more with a bias.
  const example = (bias: boolean): Sequential =>
    new Sequential(new Conv2d({ inputs: 50, outputs: 20, kernel: 4, bias }), new MaxPool2d({ size: 3, stride: 1 }))
  expect(summary(example(false), [1, 9, 9, 50]).total.flops).toBe(1_153_840)
  expect(summary(example(true), [1, 9, 9, 50]).total.flops).toBe(1_154_560)
})

it('counts the NIST36 network', () => {
  const { layers, total } = summary(new Nist36Cnn(), [128, 32, 32, 1])
  const counted = layers.filter(({ parameters }) => parameters > 0)
  expect(counted.map(({ output, parameters, multiplyAdds }) => [output, parameters, multiplyAdds])).toEqual([
    [[128, 18, 18, 64], 640, 186_624],
    [[128, 18, 18, 64], 128, 64],
    [[128, 10, 10, 128], 204_928, 20_480_000],
    [[128, 10, 10, 128], 256, 128],
    [[128, 128], 1_638_528, 1_638_400],
    [[128, 128], 256, 128],
    [[128, 36], 4_644, 4_608],
  ])
  expect(total.multiplyAdds).toBe(counted.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0))
})

it('counts LeNet-5: 61,706 parameters, none in its pools', () => {
  const { layers, total } = summary(new LeNet5(), [1, 32, 32, 1])
  const ofType = (...types: string[]): number[] =>
    layers.filter(({ type }) => types.includes(type)).map(({ parameters }) => parameters)
  expect(ofType('Conv2d', 'Linear')).toEqual([156, 2_416, 48_120, 10_164, 850])
  expect(ofType('MaxPool2d')).toEqual([0, 0])
  expect(total.parameters).toBe(61_706)
})

it('counts the memory of each output once, for the whole batch, and none for another shape of it', () => {
  const model = new Sequential(new Conv2d({ inputs: 1, outputs: 2, kernel: 3 }), relu, new Flatten())
  const { layers, total } = summary(model, [5, 8, 8, 1])
  const bytes = 5 * 6 * 6 * 2 * 4
  expect(layers.map(({ type, activationBytes }) => [type, activationBytes])).toEqual([
    ['Sequential', 0],
    ['Conv2d', bytes],
    ['relu', bytes],
    ['Flatten', 0],
  ])
  expect(total.activationBytes).toBe(2 * bytes)
})
