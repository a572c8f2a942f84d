// The known networks: parameters as published, names, heads, recognition, fine-tuning.

import { describe, expect, it } from 'vitest'
import { writeSafetensors } from '../../../src/io/safetensors.ts'
import { CharacterMlp } from '../../../src/models/character-mlp.ts'
import { CifarResNet } from '../../../src/models/cifar-resnet.ts'
import { ConvAutoencoder } from '../../../src/models/conv-autoencoder.ts'
import { LeNet5 } from '../../../src/models/lenet5.ts'
import { findModelName, modelNames } from '../../../src/models/names.ts'
import { loadPretrained } from '../../../src/models/pretrained.ts'
import { recognizeModel } from '../../../src/models/recognize.ts'
import { createModel, modelEntry } from '../../../src/models/registry.ts'
import { ResNet } from '../../../src/models/resnet.ts'
import { Conv2d } from '../../../src/nn/conv2d.ts'
import { skipInitialization } from '../../../src/nn/initializers.ts'
import type { Module } from '../../../src/nn/module.ts'
import { summary } from '../../../src/nn/summary.ts'

const build = (name: string, classes?: number): Module =>
  skipInitialization(() => createModel(name, classes === undefined ? {} : { classes }))

const count = (model: Module): number => model.parameters().reduce((sum, { size }) => sum + size, 0)

describe('createModel', () => {
  // torchvision's figures; He et al. 2015 give 0.27M, 0.46M and 0.85M for the networks without projections.
  it.each([
    ['lenet5', 61_706],
    ['nist36-cnn', 1_849_380],
    ['character-cnn', 267_274],
    ['resnet20-padding', 269_722],
    ['resnet32-padding', 464_154],
    ['resnet56-padding', 853_018],
    ['resnet18', 11_689_512],
    ['resnet34', 21_797_672],
    ['resnet50', 25_557_032],
    ['resnext50-32x4d', 25_028_904],
    ['squeezenet1.1', 1_235_496],
    ['mobilenet-v2', 3_504_872],
  ])('%s has %i parameters', (name, parameters) => {
    expect(count(build(name))).toBe(parameters)
  })

  it.each([...modelNames])('%s takes its own input and gives what it says', (name) => {
    const { input, classes } = modelEntry(name)
    const [whole] = summary(build(name), [2, ...input]).layers
    expect(whole?.output).toEqual(classes === undefined ? [2, ...input] : [2, classes])
  })

  it('takes names as others write them, and refuses those of none', () => {
    expect(findModelName('resnext50_32x4d')).toBe('resnext50-32x4d')
    expect(findModelName('SqueezeNet1_1')).toBe('squeezenet1.1')
    expect(() => createModel('resnet19')).toThrow("there is no model called 'resnet19', the names are character-mlp, ")
    expect(() => createModel('autoencoder', { classes: 3 })).toThrow('autoencoder has no classes')
  })

  it('gives every model the class and number of classes asked for', () => {
    const model: CifarResNet = createModel('resnet20', { classes: 7 })
    expect([model.classes, model.linear.outputs]).toEqual([7, 7])
    expect(createModel('two-layer-net')).toBeInstanceOf(CharacterMlp)
  })

  it('refuses configurations that make no sense in a sentence', () => {
    expect(() => new CifarResNet({ depth: 21 })).toThrow('depth is 6n + 2, such as 20, 32 and 56, not 21')
    expect(() => new ResNet({ depth: 101 as never })).toThrow('ResNet: depth is 18, 34 or 50, not 101')
    expect(() => new LeNet5({ side: 30 as never })).toThrow('LeNet5: side is 28 or 32, not 30')
    expect(() => new ConvAutoencoder({ channels: [] })).toThrow('channels needs at least one convolution')
  })

  it('builds autoencoders of any depth that give back the size of their input', () => {
    for (const channels of [[16], [16, 32], [16, 32, 64]]) {
      const model = skipInitialization(() => new ConvAutoencoder({ channels, latent: 4 }))
      expect(summary(model, [3, 28, 28, 1]).layers[0]?.output).toEqual([3, 28, 28, 1])
    }
  })
})

describe('a head', () => {
  it.each(['lenet5', 'nist36-cnn', 'mnist-cnn', 'character-cnn', 'resnet20', 'squeezenet1.1', 'mobilenet-v2'] as const)(
    'of %s can be replaced',
    (name) => {
      const model = skipInitialization(() => createModel(name))
      const before = model.head
      skipInitialization(() => model.replaceHead({ classes: 17 }))
      expect(model.head).not.toBe(before)
      expect(model.classes).toBe(17)
      expect(summary(model, [2, ...modelEntry(name).input]).layers[0]?.output).toEqual([2, 17])
      expect(model.backbone.some((parameter) => model.head.parameters().includes(parameter))).toBe(false)
      expect(model.backbone.length + model.head.parameters().length).toBe(model.parameters().length)
    },
  )

  it('of SqueezeNet is a convolution', () => {
    expect(skipInitialization(() => createModel('squeezenet1.1')).head).toBeInstanceOf(Conv2d)
  })
})

describe('recognizeModel', () => {
  const shapes = (model: Module, prefix = ''): Map<string, { readonly shape: readonly number[] }> =>
    new Map([...model.namedVariables()].map(([name, { shape }]) => [`${prefix}${name}`, { shape }]))

  it('knows a network by names and shapes, with any number of classes and a beginning of the names', () => {
    const found = recognizeModel(shapes(build('resnet20', 100), 'module.'))
    expect(found).toMatchObject({ name: 'resnet20', names: ['resnet20'], classes: 100 })
    expect(found?.rename.get('module.layer1.0.conv1.weight')).toBe('layer1.0.conv1.weight')
  })

  it('tells all networks that differ in nothing that is learned', () => {
    expect(recognizeModel(shapes(build('lenet5')))?.names).toEqual(['lenet5', 'lenet5-28'])
  })

  it('knows kernels of PyTorch by their shapes', () => {
    const given = shapes(build('mnist-cnn'))
    for (const [name, { shape }] of given) {
      const [height, width, inputs, outputs] = shape as [number, number, number, number]
      if (shape.length === 4) given.set(name, { shape: [outputs, inputs, height, width] })
      if (shape.length === 2) given.set(name, { shape: [width, height] })
    }
    given.set('norm1.num_batches_tracked', { shape: [] })
    expect(recognizeModel(given)?.name).toBe('mnist-cnn')
  })

  it('goes by the numbers in the names where these are foreign', () => {
    const foreign = new Map(
      [...shapes(build('squeezenet1.1')).values()].map((tensor, i) => [
        `net_conv${Math.floor(i / 2)}_${i % 2 === 0 ? 'weight' : 'bias'}`,
        tensor,
      ]),
    )
    const found = recognizeModel(new Map([...foreign].reverse()))
    expect(found?.name).toBe('squeezenet1.1')
    expect(found?.rename.get('net_conv10_weight')).toBe('features.7.squeeze.weight')
  })

  it('loads published weights under foreign names', async () => {
    const [source, target] = [createModel('lenet5'), build('lenet5-28')]
    const foreign = [...source.namedVariables().values()].map((variable, i) => {
      const name = `layer${Math.floor(i / 2)}/${i % 2 === 0 ? 'kernel' : 'bias'}`
      return [name, { dtype: 'f32', shape: variable.shape, data: variable.dataSync() }]
    })
    const bytes = writeSafetensors(Object.fromEntries(foreign))
    const report = await loadPretrained(target, bytes)
    expect(report.complete).toBe(true)
    for (const [name, variable] of target.namedVariables())
      expect(variable.dataSync()).toEqual(source.namedVariables().get(name)?.dataSync())
    await expect(loadPretrained(build('resnet20'), bytes)).rejects.toThrow('none of its tensors fits this model')
  })

  it('knows nothing of other weights', () => {
    expect(recognizeModel(new Map([['weight', { shape: [3, 4] }]]))).toBe(undefined)
    const broken = shapes(build('lenet5'))
    broken.set('classifier.0.weight', { shape: [401, 120] })
    expect(recognizeModel(broken)).toBe(undefined)
  })
})
