// Each layer, its gradients and its running statistics against PyTorch; and its gradients against differences, in f64.

import { describe, expect, it } from 'vitest'
import { leakyRelu, silu } from '../../src/nn/activations.ts'
import { AdaptiveAveragePool2d, GlobalAveragePool } from '../../src/nn/adaptive-average-pool2d.ts'
import { AveragePool2d } from '../../src/nn/average-pool2d.ts'
import { BatchNorm1d, BatchNorm2d } from '../../src/nn/batch-norm.ts'
import { checkGradients } from '../../src/nn/check-gradients.ts'
import { ConvTranspose2d } from '../../src/nn/conv-transpose2d.ts'
import { Conv2d } from '../../src/nn/conv2d.ts'
import { GroupNorm } from '../../src/nn/group-norm.ts'
import { LayerNorm } from '../../src/nn/layer-norm.ts'
import { MaxPool2d } from '../../src/nn/max-pool2d.ts'
import { Module } from '../../src/nn/module.ts'
import { Parameter } from '../../src/nn/parameter.ts'
import { FunctionLayer } from '../../src/nn/sequential.ts'
import { Upsample } from '../../src/nn/upsample.ts'
import { compile } from '../../src/tensor/compile.ts'
import { gradients } from '../../src/tensor/gradients.ts'
import type { Tensor } from '../../src/tensor/tensor.ts'
import { fill, recordError, signed, type TorchRecord } from './filled.ts'
import { torchFixture } from './fixture.ts'

interface Expected {
  readonly input: readonly number[]
  readonly output: TorchRecord
  readonly gradient: TorchRecord
  readonly gradients: Readonly<Record<string, TorchRecord>>
  readonly state: Readonly<Record<string, TorchRecord>>
}

const fixture = torchFixture<Record<string, Expected>>('layers.json')

const layers: Record<string, () => Module> = {
  conv: () => new Conv2d({ inputs: 3, outputs: 5, kernel: 3 }),
  'conv stride 2 padding 3': () => new Conv2d({ inputs: 3, outputs: 5, kernel: 3, stride: 2, padding: 3 }),
  'conv kernel 3x5 stride 1x2 padding 1x2': () =>
    new Conv2d({ inputs: 2, outputs: 4, kernel: [3, 5], stride: [1, 2], padding: [1, 2] }),
  'conv same': () => new Conv2d({ inputs: 3, outputs: 4, kernel: 5, padding: 'same' }),
  'conv same even kernel': () => new Conv2d({ inputs: 3, outputs: 4, kernel: 4, padding: 'same' }),
  'conv dilation 2': () => new Conv2d({ inputs: 3, outputs: 4, kernel: 3, padding: 2, dilation: 2 }),
  'conv groups 2': () => new Conv2d({ inputs: 4, outputs: 6, kernel: 3, padding: 1, groups: 2 }),
  'conv depthwise stride 2': () =>
    new Conv2d({ inputs: 6, outputs: 6, kernel: 3, stride: 2, padding: 1, groups: 6, bias: false }),
  'conv 1x1': () => new Conv2d({ inputs: 5, outputs: 7, kernel: 1 }),
  transposed: () => new ConvTranspose2d({ inputs: 4, outputs: 3, kernel: 3 }),
  'transposed stride 2 padding 1 output padding 1': () =>
    new ConvTranspose2d({ inputs: 4, outputs: 3, kernel: 3, stride: 2, padding: 1, outputPadding: 1 }),
  'transposed groups 2 dilation 2': () =>
    new ConvTranspose2d({ inputs: 4, outputs: 6, kernel: 3, stride: 2, groups: 2, dilation: 2 }),
  'max pool': () => new MaxPool2d({ size: 2 }),
  'max pool 3 stride 2 ceil': () => new MaxPool2d({ size: 3, stride: 2, ceilMode: true }),
  'max pool 2 padding 1': () => new MaxPool2d({ size: 2, padding: 1 }),
  'max pool 3 dilation 2': () => new MaxPool2d({ size: 3, stride: 1, padding: 1, dilation: 2 }),
  'average pool': () => new AveragePool2d({ size: 2 }),
  'average pool 3 stride 2 padding 1 ceil': () => new AveragePool2d({ size: 3, stride: 2, padding: 1, ceilMode: true }),
  'average pool 3 stride 2 padding 1 without padding': () =>
    new AveragePool2d({ size: 3, stride: 2, padding: 1, countIncludePad: false }),
  'adaptive average pool 3x2': () => new AdaptiveAveragePool2d({ size: [3, 2] }),
  'adaptive average pool to larger': () => new AdaptiveAveragePool2d({ size: [5, 7] }),
  'global average pool': () => new GlobalAveragePool(),
  'batch norm 2d': () => new BatchNorm2d({ channels: 5 }),
  'batch norm 2d momentum 0.3': () => new BatchNorm2d({ channels: 5, epsilon: 1e-3, momentum: 0.3 }),
  'batch norm 2d eval': () => new BatchNorm2d({ channels: 5 }).eval(),
  'batch norm 2d plain': () => new BatchNorm2d({ channels: 5, affine: false }),
  'batch norm 1d': () => new BatchNorm1d({ channels: 7 }),
  'layer norm': () => new LayerNorm({ shape: 6 }),
  'layer norm two axes': () => new LayerNorm({ shape: [3, 6] }),
  'layer norm plain': () => new LayerNorm({ shape: 6, affine: false }),
  'group norm': () => new GroupNorm({ groups: 2, channels: 6 }),
  'group norm per channel': () => new GroupNorm({ groups: 6, channels: 6 }),
  'upsample nearest 2': () => new Upsample({ scale: 2 }),
  'upsample nearest 7x5': () => new Upsample({ size: [7, 5] }),
  'upsample bilinear 2': () => new Upsample({ scale: 2, mode: 'bilinear' }),
  'upsample bilinear 7x5 corners': () => new Upsample({ size: [7, 5], mode: 'bilinear', alignCorners: true }),
  silu: () => new FunctionLayer(silu),
  'leaky relu': () => new FunctionLayer((x) => leakyRelu(x)),
  'leaky relu 0.2': () => new FunctionLayer((x) => leakyRelu(x, 0.2)),
}

/** How many steps the running statistics follow, as in the fixture's script. */
const steps: Readonly<Record<string, number>> = {
  'batch norm 2d': 3,
  'batch norm 2d momentum 0.3': 3,
  'batch norm 1d': 2,
}

/** The input as a parameter, so that its gradient is checked with the layer's. */
class WithInput extends Module {
  readonly x: Parameter
  readonly layer: Module

  constructor(x: Tensor, layer: Module) {
    super()
    this.x = new Parameter(x)
    this.layer = layer
  }

  override forward(): Tensor {
    return this.layer.forward(this.x)
  }
}

it('covers every case of the fixture', () => {
  expect(Object.keys(layers)).toEqual(Object.keys(fixture))
})

describe.each(Object.entries(layers))('%s', (name, create) => {
  const expected = fixture[name] as Expected

  it.each([
    ['f32', 1e-5],
    ['f64', 1e-12],
  ] as const)('is what PyTorch computes in %s', (dtype, tolerance) => {
    const layer = create().to(dtype)
    fill(layer)
    const named = layer.namedParameters()
    const run = compile((x: Tensor) => {
      const y = layer.forward(x)
      const loss = y.multiply(signed(y.shape, 700, dtype)).sum()
      return { y, found: gradients(loss, [x, ...named.values()]) }
    })
    let result = run(signed(expected.input, 500, dtype))
    for (let step = 1; step < (steps[name] ?? 1); step++) result = run(signed(expected.input, 500 + step, dtype))
    const [gradient, ...others] = result.found
    expect(recordError(result.y, expected.output)).toBeLessThan(tolerance)
    expect(recordError(gradient as Tensor, expected.gradient)).toBeLessThan(tolerance)
    expect([...named.keys()].sort()).toEqual(Object.keys(expected.gradients).sort())
    for (const [i, parameter] of [...named.keys()].entries()) {
      expect(recordError(others[i] as Tensor, expected.gradients[parameter] as TorchRecord)).toBeLessThan(tolerance)
    }
    const variables = layer.namedVariables()
    for (const [variable, record] of Object.entries(expected.state)) {
      expect(recordError(variables.get(variable) as Tensor, record)).toBeLessThan(tolerance)
    }
  })

  it('has gradients within 1e-9 of differences', () => {
    const model = new WithInput(signed(expected.input, 500), create())
    fill(model.layer)
    const target = signed(expected.output.shape, 700, 'f64')
    const report = checkGradients(model, (m) => m.forward().multiply(target).sum(), {
      elements: 20,
      tolerance: 1e-9,
    })
    expect(report.largestError).toBeLessThanOrEqual(1e-9)
  })
})
