// Networks that others trained, where OCELLUS_DATA is set: the published outputs and accuracies. The long ones run in `npm run test:full`.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { chooseDevice } from '../../../src/cli/choose-device.ts'
import { openMeasuredData } from '../../../src/cli/evaluation/measured-data.ts'
import { measureNetwork } from '../../../src/cli/evaluation/measurement.ts'
import { openNetwork } from '../../../src/cli/network/open-network.ts'
import { prepare } from '../../../src/cli/network/preparation.ts'
import { DataLoader } from '../../../src/data/loader.node.ts'
import { readNpy } from '../../../src/io/npy.ts'
import { compile } from '../../../src/tensor/compile.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { ocellus, temporaryFolder } from './command-line.ts'

const data = process.env.OCELLUS_DATA || undefined
const full = process.env.OCELLUS_FULL === '1'

function weightsPath(context: TestContext, ...path: string[]): string {
  context.skip(data === undefined, 'it reads published weights, set OCELLUS_DATA to the folder that holds them')
  return join(data as string, 'weights', ...path)
}

function onlyInFull(context: TestContext): void {
  context.skip(!full, 'it takes long; npm run test:full runs it')
}

/** How many of the first images of the test part a network gets right. */
async function countRight(weights: string, set: string, limit: number): Promise<number> {
  const images = await openMeasuredData(set, { part: 'test', limit })
  const network = await openNetwork(weights, images.sample === undefined ? {} : { sample: images.sample })
  const { transforms } = prepare(network, {}, images.sample)
  const loader = new DataLoader(images.samples, { transforms })
  const { signal } = new AbortController()
  return (await measureNetwork(network.run, loader, { batchSize: 100, signal })).right
}

const resnet = ['resnet_cifar10', 'resnet20-12fca82f.th'] as const

describe('SqueezeNet 1.1', () => {
  it('reproduces its three reference outputs to 1e-3', async (context) => {
    const folder = weightsPath(context, 'squeezenet1.1_nchw')
    await chooseDevice()
    const network = await openNetwork(join(folder, 'weights'))
    expect(network.name).toBe('squeezenet1.1')
    const run = compile((x: Tensor) => network.run(x.permute([0, 2, 3, 1])))
    for (const set of ['0', '1', '2']) {
      const [input, output] = ['input_0.npy', 'output_0.npy'].map((file) =>
        readNpy(readFileSync(join(folder, 'test_data_set', set, file))),
      ) as [ReturnType<typeof readNpy>, ReturnType<typeof readNpy>]
      const found = run(tensor(input.data, { shape: input.shape })).dataSync()
      const errors = Array.from(output.data, (value, i) => Math.abs((found[i] as number) - value))
      expect(Math.max(...errors)).toBeLessThan(1e-3)
    }
  })

  it('names the picture: lesser panda, at least 0.999', async (context) => {
    const folder = weightsPath(context, 'squeezenet1.1_nchw')
    const args = ['classify', join(folder, 'test.jpg'), '--weights', join(folder, 'weights'), '--json']
    const { code, stdout } = await ocellus(args, { folder: temporaryFolder() })
    expect(code).toBe(0)
    const [first] = JSON.parse(stdout).top
    expect(first.label).toMatch(/^lesser panda/)
    expect(first.probability).toBeGreaterThanOrEqual(0.999)
  })
})

describe('ResNet-20 for CIFAR-10', () => {
  it('gets 915 of the first 1,000 test images right', async (context) => {
    await chooseDevice()
    const right = await countRight(weightsPath(context, ...resnet), 'cifar10', 1000)
    expect(Math.abs(right - 915)).toBeLessThanOrEqual(1)
  })

  it('gets 915 of the first 1,000 test images right on WebAssembly', async (context) => {
    await chooseDevice({ device: 'wasm' })
    const right = await countRight(weightsPath(context, ...resnet), 'cifar10', 1000)
    expect(Math.abs(right - 915)).toBeLessThanOrEqual(1)
  })

  it('gives the logits of 20 images that the reference device gives', async (context) => {
    onlyInFull(context)
    const path = weightsPath(context, ...resnet)
    const logits: ArrayLike<number>[] = []
    for (const device of ['reference', 'native', 'wasm'] as const) {
      await chooseDevice({ device })
      const network = await openNetwork(path)
      const { samples, sample } = await openMeasuredData('cifar10', { limit: 20 })
      const loader = new DataLoader(samples, { transforms: prepare(network, {}, sample).transforms })
      for await (const { inputs } of loader.batches({ batchSize: 20, order: 'sequential' }))
        logits.push(network.run(tensor(inputs.data, { shape: inputs.shape })).dataSync())
    }
    const [truth, ...others] = logits as [ArrayLike<number>, ...ArrayLike<number>[]]
    expect(truth.length).toBe(200)
    for (const other of others) {
      const errors = Array.from(truth, (value, i) => Math.abs((other[i] as number) - value))
      expect(Math.max(...errors)).toBeLessThan(1e-4)
    }
  })
})

describe('networks for MNIST, on all 10,000 test images to 0.02 points', () => {
  it('mnist-8.onnx gets 9,891 right', async (context) => {
    await chooseDevice()
    const right = await countRight(weightsPath(context, 'mnist_onnx', 'mnist-8.onnx'), 'mnist', 10_000)
    expect(Math.abs(right - 9891)).toBeLessThanOrEqual(2)
  })

  it('mnist.pt gets 9,915 right', async (context) => {
    await chooseDevice()
    const right = await countRight(weightsPath(context, 'mnist_cnn', 'mnist.pt'), 'mnist', 10_000)
    expect(Math.abs(right - 9915)).toBeLessThanOrEqual(2)
  })

  it('mnist.safetensors gets 9,917 right', async (context) => {
    await chooseDevice()
    const right = await countRight(weightsPath(context, 'mnist_cnn', 'mnist.safetensors'), 'mnist', 10_000)
    expect(Math.abs(right - 9917)).toBeLessThanOrEqual(2)
  })
})
