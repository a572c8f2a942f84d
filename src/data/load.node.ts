// Loads the known data sets by name, from the files in the data folder or from the package itself.

import { FormatError, UsageError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { Dataset } from './dataset.ts'
import { findFiles, readBytes } from './find-files.node.ts'
import { dataFolder } from './folder.node.ts'
import { readIdx } from './formats/idx.ts'
import { readNist } from './nist.ts'
import { emnistLetters, mnist, nist26, nist36, nist36Standin } from './published.ts'

export interface TrainValidTest {
  readonly train: Dataset
  readonly valid: Dataset
  readonly test: Dataset
}

/** The parts that each data set has. */
export interface DatasetParts {
  /** 36 classes of handprinted characters, 32x32: 10,800 / 3,600 / 1,800. */
  readonly nist36: TrainValidTest
  /** The same sizes and layout, with letters of both cases. */
  readonly 'nist36-standin': TrainValidTest
  /** 1,300 capitals, the validation part only. */
  readonly nist26: { readonly valid: Dataset }
  /** Digits 28x28: 60,000, of which a tenth becomes `valid`, and 10,000 for `test`. */
  readonly mnist: TrainValidTest
  /** Letters of both cases in 26 classes, 28x28: 124,800, of which a tenth becomes `valid`, and 20,800 for `test`. */
  readonly 'emnist-letters': TrainValidTest
  /** The set that comes with the package: 36 classes drawn from fonts. */
  readonly characters: TrainValidTest
}

export type DatasetName = keyof DatasetParts

export const datasetNames: readonly DatasetName[] = [
  'characters',
  'nist36',
  'nist36-standin',
  'nist26',
  'mnist',
  'emnist-letters',
]

export interface LoadDatasetOptions {
  /** Seed of the validation part, where one is split off the training part (default 0). */
  readonly seed?: number
  /** The folder of data sets (default: `dataFolder()`). */
  readonly folder?: string
}

/**
 * Loads a data set. Images are row-major, [N, H, W, 1], with the polarity of the files: ink is 0 on paper of 1 for the
 * NIST sets, 1 on 0 for MNIST and EMNIST (`dataset.inverted()` exchanges them). Sets without a validation part give a
 * stratified tenth of their training part to it, drawn from `seed`.
 * Throws UsageError for an unknown name and for files that are not there (it says which belong where, and who publishes
 * them), FormatError for damaged files.
 */
export async function loadDataset<Name extends DatasetName>(
  name: Name,
  options: LoadDatasetOptions = {},
): Promise<DatasetParts[Name]> {
  const loader = Object.hasOwn(loaders, name) ? loaders[name] : undefined
  if (loader === undefined) {
    throw new UsageError(`there is no data set '${name}', the names are ${datasetNames.join(', ')}`)
  }
  return loader({ folder: options.folder ?? dataFolder(), seed: options.seed ?? 0 })
}

type Loader<Parts> = (options: Required<LoadDatasetOptions>) => Promise<Parts>

const loaders: { readonly [Name in DatasetName]: Loader<DatasetParts[Name]> } = {
  nist36: (options) => loadNist(nist36, options),
  'nist36-standin': (options) => loadNist(nist36Standin, options),
  nist26: async ({ folder }) => {
    const { valid } = await findFiles(nist26, folder)
    return { valid: await readNistFile(valid, 'valid') }
  },
  mnist: (options) => loadIdx(mnist, { names: [...'0123456789'], first: 0, transposed: false }, options),
  'emnist-letters': (options) =>
    loadIdx(emnistLetters, { names: [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'], first: 1, transposed: true }, options),
  characters: async () => {
    const { loadCharacters } = await import('./characters.node.ts')
    return loadCharacters()
  },
}

async function loadNist(set: typeof nist36, { folder }: Required<LoadDatasetOptions>): Promise<TrainValidTest> {
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

async function loadIdx(
  set: typeof mnist,
  classes: IdxClasses,
  { folder, seed }: Required<LoadDatasetOptions>,
): Promise<TrainValidTest> {
  const { trainImages, trainLabels, testImages, testLabels } = await findFiles(set, folder)
  const test = await readIdxFiles(testImages, testLabels, classes)
  const [train, valid] = (await readIdxFiles(trainImages, trainLabels, classes)).split([0.9, 0.1], { seed })
  return { train, valid, test }
}

interface IdxClasses {
  readonly names: readonly string[]
  /** Label of the first class. */
  readonly first: number
  /** Whether images are stored column by column. */
  readonly transposed: boolean
}

async function readIdxFiles(imagesPath: string, labelsPath: string, classes: IdxClasses): Promise<Dataset> {
  const stored = readIdx(await readBytes(labelsPath), { file: labelsPath })
  const images = readIdx(await readBytes(imagesPath), { file: imagesPath })
  const [samples = 0, height = 0, width = 0] = images.shape
  if (images.shape.length !== 3 || !(images.data instanceof Uint8Array)) {
    throw new FormatError(
      `${imagesPath}: expected images [N, H, W] of u8, found ${formatShape(images.shape)} of ${images.type}`,
    )
  }
  if (stored.shape.length !== 1 || stored.shape[0] !== samples || stored.type !== 'u8') {
    const found = `${formatShape(stored.shape)} of ${stored.type}`
    throw new FormatError(`${labelsPath}: expected labels [${samples}] of u8, one per image, found ${found}`)
  }
  const labels = Int32Array.from(stored.data, (label) => label - classes.first)
  const wrong = labels.findIndex((label) => label < 0 || label >= classes.names.length)
  if (wrong >= 0) {
    const range = `${classes.first} to ${classes.first + classes.names.length - 1}`
    throw new FormatError(`${labelsPath}: label ${wrong} is ${stored.data[wrong]}, expected ${range}`)
  }
  if (classes.transposed) transposeImages(images.data, height, width, imagesPath)
  return new Dataset({
    inputs: { data: images.data, shape: [samples, height, width, 1] },
    labels,
    classes: classes.names,
  })
}

/** Exchanges rows and columns of each image, in place. */
function transposeImages(images: Uint8Array, height: number, width: number, path: string): void {
  if (height !== width) throw new FormatError(`${path}: expected square images, found ${height}x${width}`)
  for (let start = 0; start < images.length; start += height * width) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < y; x++) {
        const a = start + y * width + x
        const b = start + x * width + y
        const kept = images[a] as number
        images[a] = images[b] as number
        images[b] = kept
      }
    }
  }
}
