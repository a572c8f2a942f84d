// The names of the known networks, apart from the networks themselves, so that listing them loads nothing.

export const modelNames = [
  'character-mlp',
  'two-layer-net',
  'lenet5',
  'lenet5-28',
  'nist36-cnn',
  'nist36-cnn-pooled',
  'mnist-cnn',
  'character-cnn',
  'autoencoder',
  'conv-autoencoder',
  'resnet20',
  'resnet32',
  'resnet56',
  'resnet20-padding',
  'resnet32-padding',
  'resnet56-padding',
  'resnet18',
  'resnet34',
  'resnet50',
  'resnext50-32x4d',
  'squeezenet1.1',
  'mobilenet-v2',
] as const

export type ModelName = (typeof modelNames)[number]

/** Letters and digits alone, so that `squeezenet1_1` and `mobilenet_v2` are understood. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

/** The name under which a network is known, or undefined. Case, `-`, `_` and `.` do not matter. */
export function findModelName(name: string): ModelName | undefined {
  return modelNames.find((known) => plain(known) === plain(name))
}
