// The images that a network is trained, validated and tested on: the parts of a known data set or of a folder.

import { UsageError } from '../../../core/errors.ts'
import type { Shape } from '../../../core/shape.ts'
import { Dataset } from '../../../data/dataset.ts'
import {
  hasImageParts,
  type ImageFolder,
  openImageFolder,
  openImageFolderParts,
} from '../../../data/image-folder.node.ts'
import { loadDataset } from '../../../data/load.node.ts'
import { checkImageFolder, isDatasetName } from '../../data/images-by-name.ts'
import { remark } from '../../printing.ts'
import { paperValues } from '../characters/letter-sets.ts'

export type Images = Dataset | ImageFolder

export interface TrainingImages {
  /** As it was given. */
  readonly name: string
  readonly train: Images
  readonly valid: Images
  readonly test: Images
  readonly classes: readonly string[]
  /** [H, W, C]; undefined where sizes differ. */
  readonly sample: Shape | undefined
  readonly channels: number
  /** Letters and digits, which mirror images are not. */
  readonly letters: boolean
  /** Value of the paper or the background, where 1 is white. */
  readonly paper: number
}

export interface TrainingImagesOptions {
  /** Share of the training images that validation takes (default: the set's own part, else a tenth); the test, too, where a folder has none. */
  readonly valid?: number | undefined
  /** Only so many of each part, evenly from all classes. */
  readonly limit?: number | undefined
  /** Of what is split off and taken. */
  readonly seed: number
  /** Channels that images of a folder are read with. */
  readonly channels: number
}

/** Data sets of letters and digits, and the value of their paper. */
const letterSets: Readonly<Record<string, number>> = {
  ...paperValues,
  'emnist-digits': 0,
  'emnist-balanced': 0,
  'emnist-byclass': 0,
  'emnist-bymerge': 0,
  'emnist-mnist': 0,
  svhn: 0,
}

interface Parts {
  readonly train: Images
  readonly valid: Images | undefined
  readonly test: Images | undefined
}

/** The parts of a data set by its name, or of a folder with one folder per class. Throws UsageError where it is neither. */
export async function openTrainingImages(name: string, options: TrainingImagesOptions): Promise<TrainingImages> {
  const { valid: share, limit, seed } = options
  const parts = isDatasetName(name) ? await knownParts(name, seed) : await folderParts(name, options.channels)
  const whole = completeParts(name, parts, share, seed)
  const few = (part: Images): Images => limited(part, limit, seed)
  return {
    name,
    train: few(whole.train),
    valid: few(whole.valid),
    test: few(whole.test),
    classes: whole.train.classes,
    ...shapeOf(whole.train),
    letters: Object.hasOwn(letterSets, name),
    paper: letterSets[name] ?? 0,
  }
}

function shapeOf(images: Images): Pick<TrainingImages, 'sample' | 'channels'> {
  if (!(images instanceof Dataset)) return { sample: undefined, channels: images.channels }
  const sample = images.inputs.shape.slice(1)
  return { sample, channels: sample.at(-1) ?? 0 }
}

async function knownParts(name: Parameters<typeof loadDataset>[0], seed: number): Promise<Parts> {
  const parts: Partial<Parts> = await loadDataset(name, {
    seed,
    notice: remark,
  })
  const { train } = parts
  if (train === undefined) throw new UsageError(`${name} has no training part, only ${Object.keys(parts).join(', ')}`)
  return { train, valid: parts.valid, test: parts.test }
}

async function folderParts(folder: string, channels: number): Promise<Parts> {
  await checkImageFolder(folder)
  const options = { channels: channels === 1 ? 1 : 3 } as const
  if (await hasImageParts(folder)) return openImageFolderParts(folder, options)
  return { train: await openImageFolder(folder, options), valid: undefined, test: undefined }
}

/** With what is missing split off the training part, of each class its share. */
function completeParts(
  name: string,
  { train, valid, test }: Parts,
  share: number | undefined,
  seed: number,
): { readonly train: Images; readonly valid: Images; readonly test: Images } {
  const part = share ?? 0.1
  if (share !== undefined && valid !== undefined) {
    if (!(train instanceof Dataset && valid instanceof Dataset))
      throw new UsageError(`${name} has a folder for validation, so leave out --valid`)
    return completeParts(name, { train: Dataset.concatenate([train, valid]), valid: undefined, test }, share, seed)
  }
  const missing = [valid, test].filter((each) => each === undefined).length
  if (missing === 0) return { train, valid: valid as Images, test: test as Images }
  const fractions = [1 - missing * part, ...Array.from({ length: missing }, () => part)]
  const [rest, ...split] = train.split(fractions, { seed })
  const next = (): Images => {
    const images = split.shift()
    if (images === undefined || images.length === 0 || rest === undefined || rest.length === 0)
      throw new UsageError(`${name} has too few images to split ${part} of them off; add images or raise --valid`)
    return images
  }
  return { valid: valid ?? next(), test: test ?? next(), train: rest as Images }
}

function limited(part: Images, limit: number | undefined, seed: number): Images {
  if (limit === undefined || limit >= part.length) return part
  if (limit < part.classes.length) {
    throw new UsageError(
      `a limit of ${limit} images leaves some of the ${part.classes.length} classes without any; raise it`,
    )
  }
  return part.take(limit, { seed })
}
