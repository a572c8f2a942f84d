// What is known of each data set, and what of it is there.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../../core/errors.ts'
import { lookForFiles } from '../../data/find-files.node.ts'
import { dataFolder } from '../../data/folder.node.ts'
import { type PublishedSet, publishedSets } from '../../data/published.ts'

export interface DatasetState {
  /** 'package': it comes with the package. 'partly': some of its files are there. */
  readonly state: 'package' | 'there' | 'partly' | 'missing'
  /** Names of files that are not there. */
  readonly missing: readonly string[]
  /** Of the files that are there, where they are counted. */
  readonly bytes: number | undefined
}

/** The set that comes with the package, described as the others are. */
export const embedded: PublishedSet<never> = {
  name: 'characters',
  title: 'Characters drawn from fonts',
  contents: 'letters and digits in 36 classes, gray 32x32',
  licence: "MIT, as the package; drawn from fonts under the SIL Open Font License or Apache's",
  homepage: 'comes with the package',
  folder: '',
  files: {},
  source: 'come with the package',
  downloads: [],
}

/** All sets with a name, the embedded one first. */
export const knownSets: readonly PublishedSet[] = [embedded, ...publishedSets]

/** The set of that name. Throws UsageError where there is none. */
export function knownSet(name: string): PublishedSet {
  const set = knownSets.find((each) => each.name === name)
  if (set !== undefined) return set
  throw new UsageError(
    `there is no data set '${name}', the names are ${knownSets.map((each) => each.name).join(', ')}; ocellus data list describes them`,
  )
}

/** Looks for the files of a set; opens none of them. */
export async function stateOf(set: PublishedSet, folder: string = dataFolder()): Promise<DatasetState> {
  if (set === embedded) return { state: 'package', missing: [], bytes: undefined }
  if (Object.keys(set.files).length === 0) {
    const names = await readdir(join(folder, set.folder)).catch(() => [])
    return { state: names.length > 0 ? 'there' : 'missing', missing: [], bytes: undefined }
  }
  const { missing, paths, bytes } = await lookForFiles(set, folder)
  const none = Object.keys(paths).length === 0
  return { state: missing.length === 0 ? 'there' : none ? 'missing' : 'partly', missing, bytes }
}

/** `12.3 MB`. */
export function formatBytes(bytes: number): string {
  const [unit, size] = bytes < 1e6 ? ['kB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9]
  const amount = bytes / Number(size)
  return `${amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${unit}`
}
