// The data sets that are read from files: their folder, their files, and where these were published.

export interface PublishedSet<Role extends string> {
  /** Folder within the data folder. */
  readonly folder: string
  /** Files by what they hold. Those that end in .gz may also lie there decompressed, without that ending. */
  readonly files: Readonly<Record<Role, string>>
  /** Completes the sentence "the files …". */
  readonly source: string
}

type Part = 'train' | 'valid' | 'test'
type IdxRole = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels'

const course =
  'come with the neural-network assignment of the course 16-720 Computer Vision at Carnegie Mellon University'

export const nist36: PublishedSet<Part> = {
  folder: 'nist36',
  files: { train: 'nist36_train.mat', valid: 'nist36_valid.mat', test: 'nist36_test.mat' },
  source: course,
}

export const nist36Standin: PublishedSet<Part> = {
  folder: 'nist36-standin',
  files: { train: 'nist36_standin_train.mat', valid: 'nist36_standin_valid.mat', test: 'nist36_standin_test.mat' },
  source: "hold characters of EMNIST and MNIST in the layout of nist36; the set 'characters' needs no files",
}

export const nist26: PublishedSet<'valid'> = {
  folder: 'nist26',
  files: { valid: 'nist26_valid.mat' },
  source: `${course}, edition of 2016`,
}

export const mnist: PublishedSet<IdxRole> = {
  folder: 'mnist',
  files: {
    trainImages: 'train-images-idx3-ubyte.gz',
    trainLabels: 'train-labels-idx1-ubyte.gz',
    testImages: 't10k-images-idx3-ubyte.gz',
    testLabels: 't10k-labels-idx1-ubyte.gz',
  },
  source: 'are published at https://ossci-datasets.s3.amazonaws.com/mnist/',
}

export const emnistLetters: PublishedSet<IdxRole> = {
  folder: 'emnist-letters',
  files: {
    trainImages: 'emnist-letters-train-images-idx3-ubyte.gz',
    trainLabels: 'emnist-letters-train-labels-idx1-ubyte.gz',
    testImages: 'emnist-letters-test-images-idx3-ubyte.gz',
    testLabels: 'emnist-letters-test-labels-idx1-ubyte.gz',
  },
  source: 'are in gzip.zip at https://www.nist.gov/itl/products-and-services/emnist-dataset',
}
