// Takes the files of a data set out of a downloaded archive and puts them in their place, all of them or none.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FormatError } from '../../core/errors.ts'
import { InflateSource } from '../../data/formats/inflate-source.ts'
import { readTar } from '../../data/formats/tar.ts'
import type { Download } from '../../data/published.ts'
import { ZipArchive } from '../../io/zip.ts'
import { makeFolder } from '../output-folder.ts'

/** No file of a known set is larger. */
const largestFile = 2 ** 30

interface ArchivedFile {
  readonly name: string
  read(): Uint8Array
}

/**
 * Unpacks `archive` to `folder`: into a folder beside it first, which then takes its name. The files that the set wants keep the names
 * that it gives them, whatever the archive calls them, so that none can lead elsewhere. Returns how many there are.
 * Throws FormatError where the archive is damaged, or has none of the files.
 */
export async function unpack(
  archive: string,
  { kind, files }: NonNullable<Download['unpack']>,
  folder: string,
): Promise<number> {
  const bytes = await readFile(archive)
  const temporary = `${folder}.${process.pid}.tmp`
  let count = 0
  try {
    for (const file of kind === 'zip' ? zipped(bytes, archive) : tarred(bytes, archive)) {
      const name = files(file.name)
      if (name === undefined) continue
      const path = join(temporary, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, file.read())
      count++
    }
    if (count === 0) throw new FormatError(`${archive}: none of the data set's files is in the archive`)
    await moveInto(temporary, folder)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return count
}

function* zipped(bytes: Uint8Array, name: string): Generator<ArchivedFile, void, undefined> {
  const archive = new ZipArchive(bytes, name)
  for (const name of archive.names) yield { name, read: () => archive.read(name) }
}

function* tarred(bytes: Uint8Array, name: string): Generator<ArchivedFile, void, undefined> {
  const source = new InflateSource(bytes, 'gzip', name, 'gzip')
  yield* readTar(source, largestFile)
  source.drain()
}

/** Renames the folder where there is none yet, else its files one by one. */
async function moveInto(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to))
  const renamed = await rename(from, to).then(
    () => true,
    () => false,
  )
  if (renamed) return
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) await moveInto(source, target)
    else await rename(source, target)
  }
}
