// The known networks: what each is, what it takes, and how to make one.

import type { Module } from '../nn/module.ts'
import { Autoencoder } from './autoencoder.ts'
import { CharacterCnn } from './character-cnn.ts'
import { CharacterMlp } from './character-mlp.ts'
import { CifarResNet } from './cifar-resnet.ts'
import { ConvAutoencoder } from './conv-autoencoder.ts'
import { LeNet5 } from './lenet5.ts'
import { MnistCnn } from './mnist-cnn.ts'
import { MobileNetV2 } from './mobilenet-v2.ts'
import type { ModelEntry } from './model-entry.ts'
import type { ModelName } from './names.ts'
import { Nist36Cnn } from './nist36-cnn.ts'
import { cifarPreprocessing, imageNetPreprocessing, mnistPreprocessing, unit } from './preprocessing.ts'
import { ResNet } from './resnet.ts'
import { SqueezeNet } from './squeezenet.ts'

/** The class behind each name. */
export interface KnownModels {
  readonly 'character-mlp': CharacterMlp
  readonly 'two-layer-net': CharacterMlp
  readonly lenet5: LeNet5
  readonly 'lenet5-28': LeNet5
  readonly 'nist36-cnn': Nist36Cnn
  readonly 'nist36-cnn-pooled': Nist36Cnn
  readonly 'mnist-cnn': MnistCnn
  readonly 'character-cnn': CharacterCnn
  readonly autoencoder: Autoencoder
  readonly 'conv-autoencoder': ConvAutoencoder
  readonly resnet20: CifarResNet
  readonly resnet32: CifarResNet
  readonly resnet56: CifarResNet
  readonly 'resnet20-padding': CifarResNet
  readonly 'resnet32-padding': CifarResNet
  readonly 'resnet56-padding': CifarResNet
  readonly resnet18: ResNet
  readonly resnet34: ResNet
  readonly resnet50: ResNet
  readonly 'resnext50-32x4d': ResNet
  readonly 'squeezenet1.1': SqueezeNet
  readonly 'mobilenet-v2': MobileNetV2
}

function cifar(depth: number, shortcut: 'projection' | 'padding'): ModelEntry<CifarResNet> {
  const way = shortcut === 'padding' ? 'shortcuts without parameters (option A)' : 'projection shortcuts'
  return {
    title: `residual network of ${depth} layers for 32x32 colour images, ${way}`,
    input: [32, 32, 3],
    anySize: true,
    classes: 10,
    preprocessing: cifarPreprocessing,
    create: (options) => new CifarResNet({ depth, shortcut, ...options }),
  }
}

function imageNet<Model extends Module>(title: string, create: ModelEntry<Model>['create']): ModelEntry<Model> {
  return { title, input: [224, 224, 3], anySize: true, classes: 1000, preprocessing: imageNetPreprocessing, create }
}

function resNet(depth: 18 | 34 | 50): ModelEntry<ResNet> {
  return imageNet(`residual network of ${depth} layers`, (options) => new ResNet({ depth, ...options }))
}

/** What is known of each network. */
export const knownModels: { readonly [Name in ModelName]: ModelEntry<KnownModels[Name]> } = {
  'character-mlp': {
    title: 'fully connected network 1024-64-36 with sigmoid for handwritten characters',
    input: [32, 32, 1],
    classes: 36,
    preprocessing: unit,
    create: (options) => new CharacterMlp(options),
  },
  'two-layer-net': {
    title: 'fully connected network 3072-256-10 with ReLU for 32x32 colour images',
    input: [32, 32, 3],
    classes: 10,
    preprocessing: cifarPreprocessing,
    create: (options) => new CharacterMlp({ inputs: 3072, hidden: [256], classes: 10, activation: 'relu', ...options }),
  },
  lenet5: {
    title: 'LeNet-5 for 32x32 gray images',
    input: [32, 32, 1],
    classes: 10,
    preprocessing: unit,
    create: (options) => new LeNet5(options),
  },
  'lenet5-28': {
    title: 'LeNet-5 for 28x28 gray images, padded by 2',
    input: [28, 28, 1],
    classes: 10,
    preprocessing: unit,
    create: (options) => new LeNet5({ side: 28, ...options }),
  },
  'nist36-cnn': {
    title: 'convolutional network for handwritten characters, with strides',
    input: [32, 32, 1],
    classes: 36,
    preprocessing: unit,
    create: (options) => new Nist36Cnn(options),
  },
  'nist36-cnn-pooled': {
    title: 'convolutional network for handwritten characters, with max pooling',
    input: [32, 32, 1],
    classes: 36,
    preprocessing: unit,
    create: (options) => new Nist36Cnn({ pooled: true, ...options }),
  },
  'mnist-cnn': {
    title: 'three convolutions and two layers for 28x28 digits, with published weights',
    input: [28, 28, 1],
    classes: 10,
    preprocessing: mnistPreprocessing,
    create: (options) => new MnistCnn(options),
  },
  'character-cnn': {
    title: 'five convolutions and a layer for 28x28 digits and letters',
    input: [28, 28, 1],
    classes: 10,
    preprocessing: mnistPreprocessing,
    create: (options) => new CharacterCnn(options),
  },
  autoencoder: {
    title: 'fully connected autoencoder 1024-32-32-32-1024',
    input: [32, 32, 1],
    classes: undefined,
    preprocessing: unit,
    create: ({ random }) => new Autoencoder(random === undefined ? {} : { random }),
  },
  'conv-autoencoder': {
    title: 'convolutional autoencoder for 28x28 gray images, 10 numbers in the code',
    input: [28, 28, 1],
    classes: undefined,
    preprocessing: unit,
    create: ({ random }) => new ConvAutoencoder(random === undefined ? {} : { random }),
  },
  resnet20: cifar(20, 'projection'),
  resnet32: cifar(32, 'projection'),
  resnet56: cifar(56, 'projection'),
  'resnet20-padding': cifar(20, 'padding'),
  'resnet32-padding': cifar(32, 'padding'),
  'resnet56-padding': cifar(56, 'padding'),
  resnet18: resNet(18),
  resnet34: resNet(34),
  resnet50: resNet(50),
  'resnext50-32x4d': imageNet(
    'residual network of 50 layers with 32 groups of 4 channels',
    (options) => new ResNet({ depth: 50, groups: 32, groupWidth: 4, ...options }),
  ),
  'squeezenet1.1': imageNet(
    'SqueezeNet 1.1, a network of 1.2 million parameters',
    (options) => new SqueezeNet(options),
  ),
  'mobilenet-v2': imageNet(
    'MobileNetV2, depthwise convolutions for small machines',
    (options) => new MobileNetV2(options),
  ),
}
