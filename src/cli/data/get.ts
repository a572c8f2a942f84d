// `ocellus data get`: downloads a data set, verifies it and puts it into the data folder.

import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UsageError } from '../../core/errors.ts'
import { dataFolder } from '../../data/folder.node.ts'
import type { Download, PublishedSet } from '../../data/published.ts'
import { interruptible } from '../interruption.ts'
import { type ByteProgress, showBytes } from './byte-progress.ts'
import { download } from './download.ts'
import { formatBytes, knownSet, stateOf } from './state.ts'
import { unpack } from './unpack.ts'

export interface GetFlags {
  /** The data folder. */
  readonly folder?: string
  /** Whether a downloaded archive is kept after it was unpacked. */
  readonly keepArchive?: boolean
}

/** Where archives lie until they are unpacked, within the data folder. */
const archiveFolder = 'downloads'

/** Gets one set after the other. */
export async function getByFlags(names: readonly string[], flags: GetFlags): Promise<void> {
  const sets = names.map(knownSet)
  const folder = flags.folder ?? dataFolder()
  const say = (line: string): void => console.log(line)
  await interruptible(
    async (signal) => {
      for (const set of sets) {
        await getDataset(set, { folder, keepArchive: flags.keepArchive === true, signal, say, stream: process.stderr })
      }
    },
    async () => console.error('\nStopped; what has come is kept, the same command goes on from there.'),
  )
}

export interface GetOptions {
  readonly folder: string
  readonly keepArchive: boolean
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  /** Where the progress bar goes. */
  readonly stream: Parameters<typeof showBytes>[0]
}

/** Gets what is missing of a set. Throws UsageError for a set that nobody offers for download, OcellusError as `download`. */
export async function getDataset(set: PublishedSet, options: GetOptions): Promise<void> {
  const { folder, say } = options
  const place = join(folder, set.folder)
  const { state, missing } = await stateOf(set, folder)
  if (state === 'package') {
    say(`${set.name} comes with the package`)
    return
  }
  if (state === 'there') {
    say(`${set.name} is there: ${place}`)
    return
  }
  if (set.downloads.length === 0) {
    throw new UsageError(
      `${set.name} cannot be downloaded; its files ${set.source}; put ${missing.join(', ')} into ${place}`,
    )
  }
  const wanted = set.downloads.filter(({ url, unpack }) => unpack !== undefined || missing.includes(basename(url)))
  const total = wanted.reduce((sum, { bytes }) => sum + bytes, 0)
  say(`${set.title}: ${set.contents}; ${formatBytes(total)} from ${new URL(set.downloads[0]?.url ?? '').host}`)
  say(`Licence: ${set.licence}`)
  for (const each of wanted) await getFile(each, place, options)
  say(`${set.name} is there: ${place}`)
}

async function getFile(file: Download, place: string, options: GetOptions): Promise<void> {
  const { folder, keepArchive, signal, say, stream } = options
  const { url, bytes, md5 } = file
  const path = join(file.unpack === undefined ? place : join(folder, archiveFolder), basename(url))
  const progress: ByteProgress = showBytes(stream, basename(url), bytes)
  try {
    await download({ url, path, bytes, md5, signal, progress: progress.show })
  } finally {
    progress.end()
  }
  say(`${basename(url)}: ${formatBytes(bytes)}, checksum right`)
  if (file.unpack === undefined) return
  const count = await unpack(path, file.unpack, place)
  say(`${count} files unpacked`)
  if (!keepArchive) await rm(path)
}
