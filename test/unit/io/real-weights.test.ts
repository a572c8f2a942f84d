// Weights that others published, where OCELLUS_DATA is set: the same network in two formats, bit for bit.

import { join } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { sizeOf } from '../../../src/core/shape.ts'
import { readWeights } from '../../../src/io/weights.node.ts'

const data = process.env.OCELLUS_DATA || undefined

function weightsPath(context: TestContext, ...path: string[]): string {
  context.skip(data === undefined, 'it reads published weights, set OCELLUS_DATA to the folder that holds them')
  return join(data as string, 'weights', ...path)
}

describe('published weights', () => {
  it('resnet20-12fca82f.th, in the old format, equals its .npz twin', async (context) => {
    const checkpoint = await readWeights(weightsPath(context, 'resnet_cifar10', 'resnet20-12fca82f.th'))
    const twin = await readWeights(weightsPath(context, 'resnet_cifar10', 'resnet20-12fca82f.npz'))
    expect(checkpoint.tensors.size).toBe(97)
    expect(checkpoint.tensors).toEqual(twin.tensors)
    expect(checkpoint.notes).toEqual([
      "the state dict is the one under 'state_dict'; beside it best_prec1",
      "took the prefix 'module.' off all 97 names",
    ])
  })

  it('mnist.pt and mnist.safetensors hold one network, of two trainings', async (context) => {
    const pytorch = await readWeights(weightsPath(context, 'mnist_cnn', 'mnist.pt'))
    const other = await readWeights(weightsPath(context, 'mnist_cnn', 'mnist.safetensors'))
    const shapes = (tensors: typeof pytorch.tensors) =>
      Object.fromEntries([...tensors].map(([name, { dtype, shape }]) => [name, [dtype, shape]]))
    expect(shapes(pytorch.tensors)).toEqual(shapes(other.tensors))
    expect([pytorch.format, pytorch.layout, other.format]).toEqual(['pytorch', 'pytorch', 'safetensors'])
    // Read by PyTorch.
    const [first, last] = [pytorch.tensors.get('conv1.weight'), pytorch.tensors.get('fc2.weight')]
    expect([first?.data[0], first?.data.at(-1), last?.data[0], last?.data.at(-1)]).toEqual([
      0.16227687895298004, -0.20682549476623535, -0.060360539704561234, -0.026833917945623398,
    ])
  })

  it('SqueezeNet is a folder of .npy files', async (context) => {
    const { format, tensors } = await readWeights(weightsPath(context, 'squeezenet1.1_nchw', 'weights'))
    expect([format, tensors.size]).toEqual(['npy', 52])
    expect([...tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0)).toBe(1_235_496)
    expect(tensors.get('squeezenet0_conv0_weight')?.shape).toEqual([64, 3, 3, 3])
  })
})
