// The names of the data sets that have a training part, apart from what loads them, so that listing them loads nothing.

import type { DatasetName } from '../data/load.node.ts'

export const trainingSetNames: readonly Exclude<DatasetName, 'nist26'>[] = [
  'characters',
  'nist36',
  'nist36-standin',
  'mnist',
  'fashion-mnist',
  'emnist-letters',
  'emnist-digits',
  'emnist-balanced',
  'emnist-byclass',
  'emnist-bymerge',
  'emnist-mnist',
  'cifar10',
  'cifar100',
  'svhn',
  'flowers17',
]
