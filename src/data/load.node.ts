// Loads the known data sets by name, from the files in the data folder or from the package itself.

import { join } from 'node:path'
import { FormatError, UsageError } from '../core/errors.ts'
import { readCifar } from './cifar.ts'
import { readCifarPython } from './cifar-python.ts'
import * as classNames from './class-names.ts'
import { Dataset } from './dataset.ts'
import { findFiles, lookForFiles, notThere, readBytes } from './find-files.node.ts'
import { dataFolder } from './folder.node.ts'
import { readIdxImages } from './idx-images.ts'
import { type ImageFolder, openImageFolder, openImageFolderParts } from './image-folder.node.ts'
import { readNist } from './nist.ts'
import * as published from './published.ts'
import * as publishedCifar from './published-cifar.ts'
import { readSvhn } from './svhn.ts'

/** A training part, one for validation, one for the test; data in memory, or images that a `DataLoader` reads. */
export interface TrainValidTest<Part = Dataset> {
  readonly train: Part
  readonly valid: Part
  readonly test: Part
}

/** The parts that each data set has. */
export interface DatasetParts {
  /** The set that comes with the package: 36 classes drawn from fonts. */
  readonly characters: TrainValidTest
  /** Digits 28x28: 60,000, of which a tenth becomes `valid`, and 10,000 for `test`. */
  readonly mnist: TrainValidTest
  /** Clothes in the sizes and form of MNIST. */
  readonly 'fashion-mnist': TrainValidTest
  /** Letters of both cases in 26 classes, 28x28: 124,800, of which a tenth becomes `valid`, and 20,800 for `test`. */
  readonly 'emnist-letters': TrainValidTest
  readonly 'emnist-digits': TrainValidTest
  /** 47 classes: letters that look alike in both cases are one. */
  readonly 'emnist-balanced': TrainValidTest
  /** 62 classes. */
  readonly 'emnist-byclass': TrainValidTest
  readonly 'emnist-bymerge': TrainValidTest
  readonly 'emnist-mnist': TrainValidTest
  /** Colour pictures 32x32 in 10 classes: 50,000, of which a tenth becomes `valid`, and 10,000 for `test`. */
  readonly cifar10: TrainValidTest
  /** The same with 100 classes. */
  readonly cifar100: TrainValidTest
  /** House numbers 32x32 in colour: 73,257, of which a tenth becomes `valid`, and 26,032 for `test`. */
  readonly svhn: TrainValidTest
  /** 1,360 photographs of flowers in 17 classes, of many sizes: half of them, a quarter and a quarter. */
  readonly flowers17: TrainValidTest<ImageFolder>
  /** 36 classes of handprinted characters, 32x32: 10,800 / 3,600 / 1,800. */
  readonly nist36: TrainValidTest
  /** The same sizes and layout, with letters of both cases. */
  readonly 'nist36-standin': TrainValidTest
  /** 1,300 capitals, the validation part only. */
  readonly nist26: { readonly valid: Dataset }
}

export type DatasetName = keyof DatasetParts

export interface LoadDatasetOptions {
  /** Seed of the validation part, where one is split off the training part (default 0). */
  readonly seed?: number
  /** The folder of data sets (default: `dataFolder()`). */
  readonly folder?: string
  /** Is told what a person should know: that only some of the training batches are there (default: `process.emitWarning`). */
  readonly notice?: (message: string) => void
}

/**
 * Loads a data set. Pictures are row-major, [N, H, W, C], with the polarity of the files: ink is 0 on paper of 1 for the
 * NIST sets, 1 on 0 for MNIST and EMNIST (`dataset.inverted()` exchanges them). Sets without a validation part give a
 * stratified tenth of their training part to it, drawn from `seed`. Files may be compressed with gzip or not.
 *
 * ```ts
 * const { train, valid, test } = await loadDataset('characters')
 * ```
 *
 * Throws UsageError for an unknown name and for files that are not there (it says which belong where, and how to get them),
 * FormatError for damaged files.
 */
export async function loadDataset<Name extends DatasetName>(
  name: Name,
  options: LoadDatasetOptions = {},
): Promise<DatasetParts[Name]> {
  const loader = Object.hasOwn(loaders, name) ? loaders[name] : undefined
  if (loader === undefined) {
    throw new UsageError(`there is no data set '${name}', the names are ${datasetNames.join(', ')}`)
  }
  return loader({
    folder: options.folder ?? dataFolder(),
    seed: options.seed ?? 0,
    notice: options.notice ?? ((message) => process.emitWarning(message)),
  })
}

type Options = Required<LoadDatasetOptions>
type Loader<Parts> = (options: Options) => Promise<Parts>

const { digits, capitals, emnistByClass, emnistMerged } = classNames
const { emnistSets } = published

const loaders: { readonly [Name in DatasetName]: Loader<DatasetParts[Name]> } = {
  characters: async () => {
    const { loadCharacters } = await import('./characters.node.ts')
    return loadCharacters()
  },
  mnist: (options) => loadIdx(published.mnist, { classes: digits }, options),
  'fashion-mnist': (options) => loadIdx(published.fashionMnist, { classes: classNames.fashion }, options),
  'emnist-letters': (options) => loadEmnist(emnistSets.letters, { classes: capitals, first: 1 }, options),
  'emnist-digits': (options) => loadEmnist(emnistSets.digits, { classes: digits }, options),
  'emnist-balanced': (options) => loadEmnist(emnistSets.balanced, { classes: emnistMerged }, options),
  'emnist-byclass': (options) => loadEmnist(emnistSets.byclass, { classes: emnistByClass }, options),
  'emnist-bymerge': (options) => loadEmnist(emnistSets.bymerge, { classes: emnistMerged }, options),
  'emnist-mnist': (options) => loadEmnist(emnistSets.mnist, { classes: digits }, options),
  cifar10: loadCifar10,
  cifar100: loadCifar100,
  svhn: loadSvhn,
  flowers17: loadFlowers17,
  nist36: (options) => loadNist(published.nist36, options),
  'nist36-standin': (options) => loadNist(published.nist36Standin, options),
  nist26: async ({ folder }) => {
    const { valid } = await findFiles(published.nist26, folder)
    return { valid: await readNistFile(valid, 'valid') }
  },
}

/** Names that `loadDataset` knows. */
export const datasetNames: readonly DatasetName[] = Object.keys(loaders) as DatasetName[]

async function loadNist(set: typeof published.nist36, { folder }: Options): Promise<TrainValidTest> {
  const { train, valid, test } = await findFiles(set, folder)
  return {
    train: await readNistFile(train, 'train'),
    valid: await readNistFile(valid, 'valid'),
    test: await readNistFile(test, 'test'),
  }
}

async function readNistFile(path: string, part: 'train' | 'valid' | 'test'): Promise<Dataset> {
  return readNist(await readBytes(path), { part, file: path })
}

interface IdxClasses {
  readonly classes: readonly string[]
  /** Label of the first class. */
  readonly first?: number
  readonly transposed?: boolean
}

type IdxSet = published.PublishedSet<published.IdxRole>

/** EMNIST stores pictures column by column. */
function loadEmnist(set: IdxSet, classes: IdxClasses, options: Options): Promise<TrainValidTest> {
  return loadIdx(set, { ...classes, transposed: true }, options)
}

async function loadIdx(set: IdxSet, classes: IdxClasses, options: Options): Promise<TrainValidTest> {
  const { trainImages, trainLabels, testImages, testLabels } = await findFiles(set, options.folder)
  const read = async (imagesFile: string, labelsFile: string): Promise<Dataset> =>
    readIdxImages(await readBytes(imagesFile), await readBytes(labelsFile), { ...classes, imagesFile, labelsFile })
  const test = await read(testImages, testLabels)
  return withValidation(await read(trainImages, trainLabels), test, options)
}

/** The binary batches that are there, or else the Python batches that are. */
async function loadCifar10(options: Options): Promise<TrainValidTest> {
  const set = publishedCifar.cifar10
  const classes = classNames.cifar10
  const binary = await lookForFiles(set, options.folder)
  const python = await lookForFiles(publishedCifar.cifar10Python, options.folder)
  const isBinary = binary.missing.length <= python.missing.length
  const { paths, missing } = isBinary ? binary : python
  const { test, ...batches } = paths
  const train = Object.values(batches)
  if (test === undefined || train.length === 0) throw notThere(set, options.folder, missing.join(', '))
  if (missing.length > 0) {
    options.notice(`cifar10: ${train.length} of 5 training batches are there, without ${missing.join(', ')}`)
  }
  const read = async (file: string): Promise<Dataset> => {
    const bytes = await readBytes(file)
    return isBinary ? readCifar(bytes, { classes, file }) : readCifarPython(bytes, { classes, file })
  }
  const parts: Dataset[] = []
  for (const path of train) parts.push(await read(path))
  return withValidation(Dataset.concatenate(parts), await read(test), options)
}

async function loadCifar100(options: Options): Promise<TrainValidTest> {
  const classes = classNames.cifar100
  const { missing } = await lookForFiles(publishedCifar.cifar100Python, options.folder)
  const isPython = missing.length === 0
  const { train, test } = await findFiles(
    isPython ? publishedCifar.cifar100Python : publishedCifar.cifar100,
    options.folder,
  )
  const read = async (file: string): Promise<Dataset> => {
    const bytes = await readBytes(file)
    return isPython
      ? readCifarPython(bytes, { classes, labels: 'fine_labels', file })
      : readCifar(bytes, { classes, labelBytes: 2, file })
  }
  return withValidation(await read(train), await read(test), options)
}

async function loadSvhn(options: Options): Promise<TrainValidTest> {
  const { train, test } = await findFiles(published.svhn, options.folder)
  const read = async (path: string): Promise<Dataset> => readSvhn(await readBytes(path), { file: path })
  return withValidation(await read(train), await read(test), options)
}

/** With the parts that the files lie in, or else drawn: half of each class, a quarter, a quarter. */
async function loadFlowers17({ folder, seed }: Options): Promise<TrainValidTest<ImageFolder>> {
  const set = published.flowers17
  const place = join(folder, set.folder)
  const { train, valid, test } = await openImageFolderParts(place).catch(async (cause: unknown) => {
    if (!(cause instanceof UsageError)) throw cause
    const all = await openImageFolder(place).catch((error: unknown) => {
      throw error instanceof UsageError ? notThere(set, folder, 'its folders of images') : error
    })
    const [train, valid, test] = all.split([0.5, 0.25, 0.25], { seed })
    return { train, valid, test }
  })
  if (valid === undefined || test === undefined) {
    throw new FormatError(
      `${place} has a folder train, but not val and test; all three, or none of them, should be there`,
    )
  }
  return { train, valid, test }
}

function withValidation(all: Dataset, test: Dataset, { seed }: Options): TrainValidTest {
  const [train, valid] = all.split([0.9, 0.1], { seed })
  return { train, valid, test }
}
