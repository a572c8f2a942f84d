// Image files in folders: one folder per class, and where there are parts, one folder per part around them.

import { lstat, readdir, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { UsageError } from '../core/errors.ts'
import { fileSource } from './file-source.node.ts'
import { Adler32 } from './formats/checksum.ts'
import type { Pixels } from './pixels.ts'
import type { FilesRecipe, SampleSource } from './sample-source.ts'
import { drawIndices, type SplitOptions, splitIndices } from './splits.ts'

export interface ImageFolderOptions {
  /** 3 for colours (default), 1 for brightness. */
  readonly channels?: 1 | 3
}

interface ImageFile {
  /** Absolute. */
  readonly path: string
  readonly bytes: number
  readonly label: number
}

/** The parts of a data set of image files. */
export interface ImageFolderParts {
  readonly train: ImageFolder
  readonly valid: ImageFolder | undefined
  readonly test: ImageFolder | undefined
}

/** Names of image files; others in the folders are passed over. */
const imageName = /^[^.].*\.(jpe?g|png|webp|tiff?)$/is

/** What the folders of parts are called. */
const partNames = { train: ['train', 'training'], valid: ['valid', 'val', 'validation'], test: ['test'] } as const

/** Samples that are image files; a `DataLoader` reads them. Made by `openImageFolder`. */
export class ImageFolder implements SampleSource {
  readonly folder: string
  readonly classes: readonly string[]
  readonly labels: Int32Array
  readonly channels: 1 | 3
  /** Absolute paths, one per sample. */
  readonly paths: readonly string[]
  readonly #files: readonly ImageFile[]
  readonly #read: (index: number) => Pixels | Promise<Pixels>

  constructor(folder: string, classes: readonly string[], files: readonly ImageFile[], channels: 1 | 3) {
    this.folder = folder
    this.classes = classes
    this.channels = channels
    this.#files = files
    this.labels = Int32Array.from(files, ({ label }) => label)
    this.paths = files.map(({ path }) => path)
    this.#read = fileSource(this.share()).read
  }

  get length(): number {
    return this.labels.length
  }

  /** Decodes one file to bytes. Throws FormatError, with the path, where that is not possible. */
  async read(index: number): Promise<Pixels> {
    if (this.paths[index] === undefined) {
      throw new UsageError(`sample ${index} does not exist: ${this.folder} has ${this.length} images, counted from 0`)
    }
    return this.#read(index)
  }

  /** The samples at `indices`, in that order. */
  subset(indices: ArrayLike<number>): ImageFolder {
    const files = Array.from(indices, (index) => {
      const file = this.#files[index]
      if (file !== undefined) return file
      throw new UsageError(`sample ${index} does not exist: ${this.folder} has ${this.length} images, counted from 0`)
    })
    return new ImageFolder(this.folder, this.classes, files, this.channels)
  }

  /** `count` of the samples, of each class its share to within one sample. */
  take(count: number, options?: SplitOptions): ImageFolder {
    return this.subset(drawIndices(this, count, options))
  }

  /** Parts with the given fractions of the samples, which add up to 1; as `Dataset.split`. */
  split(fractions: readonly [number, number], options?: SplitOptions): [ImageFolder, ImageFolder]
  split(fractions: readonly [number, number, number], options?: SplitOptions): [ImageFolder, ImageFolder, ImageFolder]
  split(fractions: readonly number[], options?: SplitOptions): ImageFolder[]
  split(fractions: readonly number[], options?: SplitOptions): ImageFolder[] {
    return splitIndices(this, fractions, options).map((indices) => this.subset(indices))
  }

  share(): FilesRecipe {
    return { kind: 'files', paths: this.paths, channels: this.channels }
  }

  /** Number of samples, and a checksum over names, sizes and labels of the files. */
  get fingerprint(): Readonly<Record<string, number | string>> {
    const checksum = new Adler32()
    const names = this.#files.map(({ path, bytes, label }) => `${relative(this.folder, path)} ${bytes} ${label}\n`)
    checksum.update(new TextEncoder().encode(names.join('').replaceAll('\\', '/')))
    return {
      'the number of samples': this.length,
      'the checksum of the files': checksum.value,
      channels: this.channels,
    }
  }
}

/**
 * The images of a folder with one folder per class: JPEG, PNG, WebP and TIFF, at any depth. Classes are in the order of their names
 * (code units, as torchvision's `ImageFolder`), numbered folders in the order of their numbers; files by name within a class.
 *
 * ```ts
 * const flowers = await openImageFolder('flowers')
 * const [train, test] = flowers.split([0.8, 0.2], { seed: 1 })
 * const loader = new DataLoader(train, { transforms: [resize({ shorter: 256 }), centerCrop({ size: 224 })], workers: 2 })
 * ```
 *
 * Throws UsageError where the folder is not there, or has no folders with images.
 */
export async function openImageFolder(folder: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  const root = resolve(folder)
  const classes = sortedClasses(await foldersIn(root))
  if (partsAmong(classes).train !== undefined) {
    throw new UsageError(`${folder} has parts, ${classes.join(', ')}: open it with openImageFolderParts`)
  }
  if (classes.length > 0 && classes.every(isPartName)) {
    throw new UsageError(
      `${folder} has the parts ${classes.join(', ')} but no train, whose folders are the classes; give one of them, or put train beside it`,
    )
  }
  return openClasses(root, classes, options)
}

/** Whether a folder has the part `train`, and so is opened by `openImageFolderParts`. Throws UsageError where it is no folder. */
export async function hasImageParts(folder: string): Promise<boolean> {
  return partsAmong(await foldersIn(resolve(folder))).train !== undefined
}

/**
 * The images of a folder with the parts `train`, `val` (or `valid`, `validation`) and `test`, each with one folder per class. The classes
 * are those of `train`. Throws UsageError where there is no `train`, or another part has a class that it lacks.
 */
export async function openImageFolderParts(
  folder: string,
  options: ImageFolderOptions = {},
): Promise<ImageFolderParts> {
  const root = resolve(folder)
  const found = partsAmong(await foldersIn(root))
  if (found.train === undefined) {
    throw new UsageError(
      `${folder} has no folder train: put train/CLASS/image.jpg there, or open it with openImageFolder`,
    )
  }
  const classes = sortedClasses(await foldersIn(join(root, found.train)))
  const open = async (name: string): Promise<ImageFolder> => {
    const part = join(root, name)
    const unknown = (await foldersIn(part)).find((each) => !classes.includes(each))
    if (unknown !== undefined) {
      throw new UsageError(`${join(part, unknown)} is a class that ${join(root, found.train ?? '')} does not have`)
    }
    return openClasses(part, classes, options)
  }
  return {
    train: await open(found.train),
    valid: found.valid === undefined ? undefined : await open(found.valid),
    test: found.test === undefined ? undefined : await open(found.test),
  }
}

function isPartName(name: string): boolean {
  return Object.values(partNames).some((known: readonly string[]) => known.includes(name.toLowerCase()))
}

function partsAmong(names: readonly string[]): { train?: string; valid?: string; test?: string } {
  const found: { train?: string; valid?: string; test?: string } = {}
  for (const part of ['train', 'valid', 'test'] as const) {
    const name = names.find((each) => partNames[part].some((known) => known === each.toLowerCase()))
    if (name !== undefined) found[part] = name
  }
  return found
}

async function openClasses(
  root: string,
  classes: readonly string[],
  { channels = 3 }: ImageFolderOptions,
): Promise<ImageFolder> {
  const files: ImageFile[] = []
  const here = await foldersIn(root)
  for (const [label, name] of classes.entries()) if (here.includes(name)) await collect(join(root, name), label, files)
  if (files.length === 0) {
    throw new UsageError(
      `${root} has no images in folders: put them there as CLASS/image.jpg (JPEG, PNG, WebP or TIFF)`,
    )
  }
  return new ImageFolder(root, classes, files, channels)
}

/** Numbers in their order, else names in the order of their code units. */
function sortedClasses(names: readonly string[]): string[] {
  const areNumbers = names.every((name) => /^\d+$/.test(name))
  return [...names].sort((a, b) => (areNumbers ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0))
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await entriesOf(folder)
  const names: string[] = []
  for (const name of entries) {
    const status = await stat(join(folder, name)).catch(() => undefined)
    if (status?.isDirectory()) names.push(name)
  }
  return names
}

/** All images below `folder`, in the order of their names. */
async function collect(folder: string, label: number, files: ImageFile[]): Promise<void> {
  const names = await entriesOf(folder)
  const entries = await Promise.all(names.map((name) => lstat(join(folder, name))))
  for (const [i, name] of names.entries()) {
    const path = join(folder, name)
    const entry = entries[i]
    // Links to folders are not followed: they may lead round in circles. A link to nothing is told of when it is read.
    if (entry?.isDirectory()) await collect(path, label, files)
    else if (imageName.test(name)) {
      const status = entry?.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry
      if (status === undefined || status.isFile()) files.push({ path, bytes: status?.size ?? 0, label })
    }
  }
}

/** Names in a folder, without hidden ones. */
async function entriesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') throw new UsageError(`${folder} does not exist; give a folder of images`)
    if (code === 'ENOTDIR') throw new UsageError(`${folder} is no folder; give a folder of images`)
    throw error
  }
}
