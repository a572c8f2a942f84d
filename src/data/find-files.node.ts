// Finds and reads the files of a data set, and says which are missing, where they belong and who publishes them.

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { OcellusError, UsageError } from '../core/errors.ts'
import { isGzip } from './formats/inflate-source.ts'
import type { PublishedSet } from './published.ts'

const inflate = promisify(gunzip)

export interface FoundFiles<Role extends string> {
  /** Paths of those that are there. */
  readonly paths: Partial<Record<Role, string>>
  /** Names of those that are not. */
  readonly missing: readonly string[]
  /** Of those that are there. */
  readonly bytes: number
}

/** Which files of `set` are under `folder`, compressed or not. */
export async function lookForFiles<Role extends string>(
  set: PublishedSet<Role>,
  folder: string,
): Promise<FoundFiles<Role>> {
  const place = join(folder, set.folder)
  const paths: [string, string][] = []
  const missing: string[] = []
  let bytes = 0
  for (const [role, file] of Object.entries<string>(set.files)) {
    const bare = file.replace(/\.gz$/, '')
    const found = await firstThatExists([file, bare, `${bare}.gz`].map((name) => join(place, name)))
    if (found === undefined) {
      missing.push(file)
      continue
    }
    paths.push([role, found.path])
    bytes += found.bytes
  }
  return { paths: Object.fromEntries(paths) as Partial<Record<Role, string>>, missing, bytes }
}

/** Paths of the files of `set` under `folder`. Throws UsageError where some are missing. */
export async function findFiles<Role extends string>(
  set: PublishedSet<Role>,
  folder: string,
): Promise<Record<Role, string>> {
  const { paths, missing } = await lookForFiles(set, folder)
  if (missing.length > 0) throw notThere(set, folder, missing.join(', '))
  return paths as Record<Role, string>
}

/** One sentence on how to get what is missing. */
export function notThere(set: PublishedSet<string>, folder: string, missing: string): UsageError {
  const download = set.downloads.length > 0 ? `run: ocellus data get ${set.name}, or ` : ''
  return new UsageError(
    `the data set '${set.name}' is not there: ${download}put ${missing} into ${join(folder, set.folder)}, ` +
      `or set OCELLUS_DATA to the folder that holds ${set.folder}/ (the files ${set.source})`,
  )
}

/**
 * What inflates to more is left to the reader of the format, which judges it piece by piece: honest data sets shrink to a fifth or
 * so, a file that is made to fill the memory to a thousandth.
 */
const mostInflated = { bytes: 2 ** 24, expansion: 64, atAll: 2 ** 30 } as const

/**
 * The bytes of a file that was found, inflated where it is gzip: Node does that several times as fast as a reader would. What it cannot
 * inflate comes as it is, so that the reader says what is wrong. Throws OcellusError where the file cannot be read after all.
 */
export async function readBytes(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw new OcellusError(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  if (!isGzip(bytes)) return bytes
  const believed = Math.max(mostInflated.bytes, mostInflated.expansion * bytes.length)
  return inflate(bytes, { maxOutputLength: Math.min(mostInflated.atAll, believed) }).catch(() => bytes)
}

async function firstThatExists(
  paths: readonly string[],
): Promise<{ readonly path: string; readonly bytes: number } | undefined> {
  for (const path of paths) {
    // Not there, or in a folder that may not be entered: the next one may be.
    const status = await stat(path).catch(() => undefined)
    if (status?.isFile()) return { path, bytes: status.size }
  }
  return undefined
}
