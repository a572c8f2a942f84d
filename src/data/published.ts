// The data sets that are read from files: their folder and files, who publishes them under which terms, and where they are downloaded.

import { cifar10, cifar100 } from './published-cifar.ts'
export interface PublishedSet<Role extends string = string> {
  /** What `loadDataset` calls it. */
  readonly name: string
  readonly title: string
  /** One line: what is in it. */
  readonly contents: string
  readonly licence: string
  readonly homepage: string
  /** Folder within the data folder. */
  readonly folder: string
  /** Files by what they hold. Those that end in .gz may also lie there decompressed, without that ending, and the other way round. */
  readonly files: Readonly<Record<Role, string>>
  /** Completes the sentence "the files …". */
  readonly source: string
  readonly downloads: readonly Download[]
}

/** One file on a server. */
export interface Download {
  readonly url: string
  readonly bytes: number
  /** As published, in hexadecimal. */
  readonly md5: string
  /** For archives: which of its files become which of the set's, by their paths in the archive. Absent where the file is one of the set's. */
  readonly unpack?: { readonly kind: 'tar.gz' | 'zip'; readonly files: (path: string) => string | undefined }
}

type Part = 'train' | 'valid' | 'test'
export type IdxRole = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels'

const course =
  'come with the neural-network assignment of the course 16-720 Computer Vision at Carnegie Mellon University'
const nistTerms = 'none stated; the characters are from NIST Special Database 19, a work of the US government'
const nistPage = 'https://www.nist.gov/srd/nist-special-database-19'

export const nist36: PublishedSet<Part> = {
  name: 'nist36',
  title: 'NIST36',
  contents: '16,200 handprinted characters in 36 classes, gray 32x32',
  licence: nistTerms,
  homepage: nistPage,
  folder: 'nist36',
  files: { train: 'nist36_train.mat', valid: 'nist36_valid.mat', test: 'nist36_test.mat' },
  source: course,
  downloads: [],
}

export const nist36Standin: PublishedSet<Part> = {
  name: 'nist36-standin',
  title: 'NIST36 stand-in',
  contents: '16,200 characters of EMNIST and MNIST in the layout of NIST36, gray 32x32',
  licence: 'that of EMNIST and MNIST',
  homepage: nistPage,
  folder: 'nist36-standin',
  files: { train: 'nist36_standin_train.mat', valid: 'nist36_standin_valid.mat', test: 'nist36_standin_test.mat' },
  source: "hold characters of EMNIST and MNIST in the layout of nist36; the set 'characters' needs no files",
  downloads: [],
}

export const nist26: PublishedSet<'valid'> = {
  name: 'nist26',
  title: 'NIST26, validation part',
  contents: '1,300 handprinted capitals in 26 classes, gray 32x32',
  licence: nistTerms,
  homepage: nistPage,
  folder: 'nist26',
  files: { valid: 'nist26_valid.mat' },
  source: `${course}, edition of 2016`,
  downloads: [],
}

/** A file that is downloaded as it is. */
const plain = (base: string, name: string, bytes: number, md5: string): Download => ({
  url: `${base}${name}`,
  bytes,
  md5,
})

const mnistFiles: Readonly<Record<IdxRole, string>> = {
  trainImages: 'train-images-idx3-ubyte.gz',
  trainLabels: 'train-labels-idx1-ubyte.gz',
  testImages: 't10k-images-idx3-ubyte.gz',
  testLabels: 't10k-labels-idx1-ubyte.gz',
}

const mnistBase = 'https://ossci-datasets.s3.amazonaws.com/mnist/'

export const mnist: PublishedSet<IdxRole> = {
  name: 'mnist',
  title: 'MNIST',
  contents: '60,000 and 10,000 handwritten digits, gray 28x28',
  licence: 'CC BY-SA 3.0 (Y. LeCun, C. Cortes, C. Burges)',
  homepage: 'http://yann.lecun.com/exdb/mnist/',
  folder: 'mnist',
  files: mnistFiles,
  source: `are published at ${mnistBase}`,
  downloads: [
    plain(mnistBase, mnistFiles.trainImages, 9_912_422, 'f68b3c2dcbeaaa9fbdd348bbdeb94873'),
    plain(mnistBase, mnistFiles.trainLabels, 28_881, 'd53e105ee54ea40749a09fcbcd1e9432'),
    plain(mnistBase, mnistFiles.testImages, 1_648_877, '9fb629c4189551a2d022fa330f9573f3'),
    plain(mnistBase, mnistFiles.testLabels, 4_542, 'ec29112dd5afa0611ce80d1b7f02629c'),
  ],
}

const fashionBase = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/'

export const fashionMnist: PublishedSet<IdxRole> = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  contents: '60,000 and 10,000 pictures of clothes in 10 classes, gray 28x28',
  licence: 'MIT (Zalando)',
  homepage: 'https://github.com/zalandoresearch/fashion-mnist',
  folder: 'fashion-mnist',
  files: mnistFiles,
  source: `are published at ${fashionBase}`,
  downloads: [
    plain(fashionBase, mnistFiles.trainImages, 26_421_880, '8d4fb7e6c68d591d4c3dfef9ec88bf0d'),
    plain(fashionBase, mnistFiles.trainLabels, 29_515, '25c81989df183df01b3e8a0aad5dffbe'),
    plain(fashionBase, mnistFiles.testImages, 4_422_102, 'bef4ecab320f06d8554ea6380940ec79'),
    plain(fashionBase, mnistFiles.testLabels, 5_148, 'bb300cfdad3c16e7a12a480ee83cd310'),
  ],
}

export type EmnistSplit = 'letters' | 'digits' | 'balanced' | 'byclass' | 'bymerge' | 'mnist'

function emnist(split: EmnistSplit, contents: string): PublishedSet<IdxRole> {
  const folder = `emnist-${split}`
  const files = {
    trainImages: `emnist-${split}-train-images-idx3-ubyte.gz`,
    trainLabels: `emnist-${split}-train-labels-idx1-ubyte.gz`,
    testImages: `emnist-${split}-test-images-idx3-ubyte.gz`,
    testLabels: `emnist-${split}-test-labels-idx1-ubyte.gz`,
  }
  const wanted = new Set<string>(Object.values(files))
  const take = (path: string): string | undefined => {
    const name = path.slice(path.lastIndexOf('/') + 1)
    return wanted.has(name) ? name : undefined
  }
  return {
    name: folder,
    title: `EMNIST ${split}`,
    contents: `${contents}, gray 28x28`,
    licence: 'work of the US government, free to use (G. Cohen et al. 2017)',
    homepage: 'https://www.nist.gov/itl/products-and-services/emnist-dataset',
    folder,
    files,
    source: 'are in gzip.zip at https://www.nist.gov/itl/products-and-services/emnist-dataset',
    downloads: [
      {
        url: 'https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip',
        bytes: 561_753_746,
        md5: '58c8d27c78d21e728a6bc7b3cc06412e',
        unpack: { kind: 'zip', files: take },
      },
    ],
  }
}

export const emnistLetters: PublishedSet<IdxRole> = emnist(
  'letters',
  '124,800 and 20,800 letters in 26 classes, both cases in one',
)

/** All six, by their name in EMNIST. */
export const emnistSets: Readonly<Record<EmnistSplit, PublishedSet<IdxRole>>> = {
  letters: emnistLetters,
  digits: emnist('digits', '240,000 and 40,000 digits'),
  balanced: emnist('balanced', '112,800 and 18,800 characters in 47 classes, equally many of each'),
  byclass: emnist('byclass', '697,932 and 116,323 characters in 62 classes'),
  bymerge: emnist('bymerge', '697,932 and 116,323 characters in 47 classes'),
  mnist: emnist('mnist', '60,000 and 10,000 digits'),
}

const svhnBase = 'http://ufldl.stanford.edu/housenumbers/'

export const svhn: PublishedSet<'train' | 'test'> = {
  name: 'svhn',
  title: 'SVHN, cropped digits',
  contents: '73,257 and 26,032 digits of house numbers, colour 32x32',
  licence: 'for non-commercial use only (Y. Netzer et al. 2011)',
  homepage: svhnBase,
  folder: 'svhn',
  files: { train: 'train_32x32.mat', test: 'test_32x32.mat' },
  source: `are published at ${svhnBase}`,
  downloads: [
    plain(svhnBase, 'train_32x32.mat', 182_040_794, 'e26dedcc434d2e4c54c9b2d4a06d8373'),
    plain(svhnBase, 'test_32x32.mat', 64_275_384, 'eb5a983be6a315427106f1b164d9cef3'),
  ],
}

const flowersPage = 'https://www.robots.ox.ac.uk/~vgg/data/flowers/17/'
const flowersPerClass = 80

/** Image files lie in folders by class: this set has no list of files. */
export const flowers17: PublishedSet<never> = {
  name: 'flowers17',
  title: 'Flowers-17',
  contents: '1,360 photographs of flowers in 17 classes, colour, 499x499 to 1057x500',
  licence: 'for research; the rights stay with the photographers (M.-E. Nilsback and A. Zisserman 2006)',
  homepage: flowersPage,
  folder: 'flowers17',
  files: {},
  source: `are in 17flowers.tgz at ${flowersPage}; image k belongs into the folder of its class, (k - 1) / 80 without the rest`,
  downloads: [
    {
      url: `${flowersPage}17flowers.tgz`,
      bytes: 60_270_631,
      md5: 'b59a65d8d1a99cd66944d474e1289eab',
      unpack: {
        kind: 'tar.gz',
        files: (path) => {
          const [, name, number] = /^jpg[/](image_(\d{4})[.]jpg)$/.exec(path) ?? []
          return name && `${Math.floor((Number(number) - 1) / flowersPerClass)}/${name}`
        },
      },
    },
  ],
}

/** All data sets that are read from files. */
export const publishedSets: readonly PublishedSet[] = [
  mnist,
  fashionMnist,
  ...Object.values(emnistSets),
  cifar10,
  cifar100,
  svhn,
  flowers17,
  nist36,
  nist36Standin,
  nist26,
]
