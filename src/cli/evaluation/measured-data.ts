// The images that a network is measured on: a known data set or a folder of images.

import { UsageError } from '../../core/errors.ts'
import type { Shape } from '../../core/shape.ts'
import { Dataset } from '../../data/dataset.ts'
import { hasImageParts, type ImageFolder, openImageFolder, openImageFolderParts } from '../../data/image-folder.node.ts'
import { loadDataset } from '../../data/load.node.ts'
import { checkImageFolder, isDatasetName } from '../data/images-by-name.ts'
import { remark } from '../printing.ts'

export type PartName = 'train' | 'valid' | 'test'

export interface MeasuredData {
  /** As it was given. */
  readonly name: string
  /** Undefined for a folder without parts. */
  readonly part: PartName | undefined
  readonly samples: Dataset | ImageFolder
  /** How many there are in the part, of which `samples` may be the first ones. */
  readonly total: number
  /** [H, W, C]; undefined where sizes differ. */
  readonly sample: Shape | undefined
}

export interface MeasuredDataOptions {
  /** Default: test, or what comes nearest to it. */
  readonly part?: PartName
  /** Only the first so many. */
  readonly limit?: number
  /** Channels that images of a folder are read with; 3 unless given. */
  readonly channels?: number
}

/** The part of a data set by its name, or of a folder with one folder per class. Throws UsageError where it is neither. */
export async function openMeasuredData(name: string, options: MeasuredDataOptions): Promise<MeasuredData> {
  const { part, samples } = isDatasetName(name)
    ? chosenPart(
        name,
        await loadDataset(name, { notice: options.part === 'train' ? announce : () => undefined }),
        options.part,
      )
    : await openFolder(name, options)
  const count = Math.min(options.limit ?? samples.length, samples.length)
  const first = Int32Array.from({ length: count }, (_, i) => i)
  return {
    name,
    part,
    samples: count === samples.length ? samples : samples.subset(first),
    total: samples.length,
    sample: samples instanceof Dataset ? samples.inputs.shape.slice(1) : undefined,
  }
}

/** That training batches are missing matters to those who measure on them only. */
function announce(message: string): void {
  remark(message)
}

type Samples = Dataset | ImageFolder

/** The part asked for, else the first of test, valid and train that is there. */
function chosenPart(
  name: string,
  parts: Partial<Record<PartName, Samples | undefined>>,
  wanted: PartName | undefined,
): { readonly part: PartName; readonly samples: Samples } {
  const order: readonly PartName[] = wanted === undefined ? ['test', 'valid', 'train'] : [wanted]
  for (const part of order) {
    const samples = parts[part]
    if (samples !== undefined) return { part, samples }
  }
  const there = Object.entries(parts).flatMap(([part, samples]) => (samples === undefined ? [] : part))
  throw new UsageError(`${name} has no part '${wanted}', its parts are ${there.join(', ')}`)
}

async function openFolder(
  folder: string,
  { part, channels = 3 }: MeasuredDataOptions,
): Promise<{ readonly part: PartName | undefined; readonly samples: Samples }> {
  await checkImageFolder(folder)
  if (channels !== 1 && channels !== 3)
    throw new UsageError(`images have 1 or 3 channels, and this network takes ${channels}`)
  const options = { channels } as const
  if (await hasImageParts(folder)) return chosenPart(folder, await openImageFolderParts(folder, options), part)
  if (part !== undefined) throw new UsageError(`${folder} has no parts, so leave out --part ${part}`)
  return { part: undefined, samples: await openImageFolder(folder, options) }
}
