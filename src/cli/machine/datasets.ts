// Which data sets are in the data folder, file by file.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { dataFolder } from '../../data/folder.node.ts'
import { emnistLetters, mnist, nist26, nist36, nist36Standin, type PublishedSet } from '../../data/published.ts'

export interface FoundDataset {
  readonly name: string
  readonly state: 'embedded' | 'found' | 'missing'
  /** Of all its files, where all are there. */
  readonly bytes: number | undefined
  /** How many files it has. */
  readonly files: number
  /** Paths of files that are not there, in the data folder. */
  readonly missing: readonly string[]
}

const published: readonly PublishedSet<string>[] = [nist36, nist36Standin, nist26, mnist, emnistLetters]

/** Looks for the files of all data sets; opens none of them. */
export async function findDatasets(folder: string = dataFolder()): Promise<{ folder: string; sets: FoundDataset[] }> {
  const embedded: FoundDataset = { name: 'characters', state: 'embedded', bytes: undefined, files: 0, missing: [] }
  return { folder, sets: [embedded, ...(await Promise.all(published.map((set) => findDataset(set, folder))))] }
}

async function findDataset(set: PublishedSet<string>, folder: string): Promise<FoundDataset> {
  let bytes = 0
  const missing: string[] = []
  for (const file of Object.values(set.files)) {
    const path = join(set.folder, file)
    const size = (await sizeOf(join(folder, path))) ?? (await sizeOf(join(folder, path.replace(/\.gz$/, ''))))
    if (size === undefined) missing.push(path)
    else bytes += size
  }
  const there = missing.length === 0
  const files = Object.keys(set.files).length
  return { name: set.folder, state: there ? 'found' : 'missing', bytes: there ? bytes : undefined, files, missing }
}

async function sizeOf(path: string): Promise<number | undefined> {
  const status = await stat(path).catch(() => undefined)
  return status?.isFile() ? status.size : undefined
}
