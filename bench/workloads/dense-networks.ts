// W1, W2 and W3: networks of dense layers.

import { crossEntropy, Linear, l2Penalty, meanSquaredError, relu, Sequential, sigmoid } from '../../src/nn/index.ts'
import { dense } from './parameters.ts'
import type { TrainingWorkload } from './workload.ts'

export const w1: TrainingWorkload = {
  kind: 'training',
  name: 'W1',
  title: 'MLP 1024-64-36 sigmoid, softmax cross-entropy, SGD',
  batch: 32,
  input: { shape: [1024], values: 'uniform' },
  target: 36,
  parameters: [...dense({ inputs: 1024, outputs: 64 }), ...dense({ inputs: 64, outputs: 36 })],
  network: () =>
    new Sequential(new Linear({ inputs: 1024, outputs: 64 }), sigmoid, new Linear({ inputs: 64, outputs: 36 })),
  loss: crossEntropy,
  optimizer: { name: 'sgd', learningRate: 0.01 },
}

export const w2: TrainingWorkload = {
  kind: 'training',
  name: 'W2',
  title: 'MLP 3072-256-10 ReLU, softmax cross-entropy + L2, SGD',
  batch: 128,
  input: { shape: [3072], values: 'normal' },
  target: 10,
  parameters: [...dense({ inputs: 3072, outputs: 256 }), ...dense({ inputs: 256, outputs: 10 })],
  network: () =>
    new Sequential(new Linear({ inputs: 3072, outputs: 256 }), relu, new Linear({ inputs: 256, outputs: 10 })),
  // 1e-3 (sum of W1^2 + sum of W2^2)
  loss: (output, target, network) => crossEntropy(output, target).add(l2Penalty(network, 2e-3)),
  optimizer: { name: 'sgd', learningRate: 0.01 },
}

const widths = [1024, 32, 32, 32, 1024] as const

export const w3: TrainingWorkload = {
  kind: 'training',
  name: 'W3',
  title: 'autoencoder 1024-32-32-32-1024 ReLU, sigmoid, squared error, momentum',
  batch: 36,
  input: { shape: [1024], values: 'uniform' },
  target: 'input',
  parameters: widths.slice(1).flatMap((outputs, i) => dense({ inputs: widths[i] as number, outputs })),
  network: () =>
    new Sequential(
      new Linear({ inputs: 1024, outputs: 32 }),
      relu,
      new Linear({ inputs: 32, outputs: 32 }),
      relu,
      new Linear({ inputs: 32, outputs: 32 }),
      relu,
      new Linear({ inputs: 32, outputs: 1024 }),
      sigmoid,
    ),
  loss: meanSquaredError,
  optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0.9 },
}
