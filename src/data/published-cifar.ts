// CIFAR-10 and CIFAR-100 as they are published: binary batches, and Python pickles.

import type { PublishedSet } from './published.ts'

type CifarRole = 'train1' | 'train2' | 'train3' | 'train4' | 'train5' | 'test'

const cifarPage = 'https://www.cs.toronto.edu/~kriz/cifar.html'
const cifarTerms = 'none stated; free for research with citation (A. Krizhevsky 2009)'

/** What lies in `folder` of an archive keeps its name. */
const within = (folder: string, name: RegExp) => (path: string) => {
  const [place, file = '', ...deeper] = path.replace(/^[.][/]/, '').split('/')
  return place === folder && deeper.length === 0 && name.test(file) ? file : undefined
}

export const cifar10: PublishedSet<CifarRole> = {
  name: 'cifar10',
  title: 'CIFAR-10',
  contents: '50,000 and 10,000 pictures in 10 classes, colour 32x32',
  licence: cifarTerms,
  homepage: cifarPage,
  folder: 'cifar-10-batches-bin',
  files: {
    train1: 'data_batch_1.bin',
    train2: 'data_batch_2.bin',
    train3: 'data_batch_3.bin',
    train4: 'data_batch_4.bin',
    train5: 'data_batch_5.bin',
    test: 'test_batch.bin',
  },
  source: `are in cifar-10-binary.tar.gz at ${cifarPage}`,
  downloads: [
    {
      url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      bytes: 170_052_171,
      md5: 'c32a1d4ab5d03f1284b67883e8d87530',
      unpack: { kind: 'tar.gz', files: within('cifar-10-batches-bin', /[.](bin|txt)$/) },
    },
  ],
}

/** The same batches as Python pickles. */
export const cifar10Python: PublishedSet<CifarRole> = {
  ...cifar10,
  folder: 'cifar-10-batches-py',
  files: {
    train1: 'data_batch_1',
    train2: 'data_batch_2',
    train3: 'data_batch_3',
    train4: 'data_batch_4',
    train5: 'data_batch_5',
    test: 'test_batch',
  },
}

export const cifar100: PublishedSet<'train' | 'test'> = {
  name: 'cifar100',
  title: 'CIFAR-100',
  contents: '50,000 and 10,000 pictures in 100 classes, colour 32x32',
  licence: cifarTerms,
  homepage: cifarPage,
  folder: 'cifar-100-binary',
  files: { train: 'train.bin', test: 'test.bin' },
  source: `are in cifar-100-binary.tar.gz at ${cifarPage}`,
  downloads: [
    {
      url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
      bytes: 168_513_733,
      md5: '03b5dce01913d631647c71ecec9e9cb8',
      unpack: { kind: 'tar.gz', files: within('cifar-100-binary', /[.](bin|txt)$/) },
    },
  ],
}

/** The same as Python pickles. */
export const cifar100Python: PublishedSet<'train' | 'test'> = {
  ...cifar100,
  folder: 'cifar-100-python',
  files: { train: 'train', test: 'test' },
}
