// The layer summary against counts made by hand.

import { expect, it } from 'vitest'
import { relu, sigmoid } from '../../../src/nn/activations.ts'
import { Linear } from '../../../src/nn/linear.ts'
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
  expect(lines[0]).toMatch(/^layer +kernel +output +parameters +mult-adds +FLOPs$/)
  expect(lines[3]).toMatch(/^ {2}0 Linear +\[1024, 64\] +\[1, 64\] +65,600 +65,536 +131,072$/)
  expect(lines.at(-1)).toMatch(/^total +67,904 +67,840 +/)
  expect(JSON.parse(JSON.stringify(report)).layers[1].kernel).toEqual([1024, 64])
})

it('says what is wrong with the input shape', () => {
  expect(() => summary(nist(), [1, 1000])).toThrow('this layer takes [.., 1024]')
  expect(() => summary(nist(), [])).toThrow('needs a batch axis of 1 or more')
})
