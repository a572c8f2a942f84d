// Finds and reads the files of a data set, and says which are missing, where they belong and who publishes them.

import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OcellusError, UsageError } from '../core/errors.ts'
import type { PublishedSet } from './published.ts'

/** Paths of the files of `set` under `folder`. Throws UsageError where some are missing. */
export async function findFiles<Role extends string>(
  set: PublishedSet<Role>,
  folder: string,
): Promise<Record<Role, string>> {
  const place = join(folder, set.folder)
  const found: [string, string][] = []
  const missing: string[] = []
  for (const [role, file] of Object.entries<string>(set.files)) {
    const path = await firstThatExists([join(place, file), join(place, file.replace(/\.gz$/, ''))])
    if (path === undefined) missing.push(file)
    else found.push([role, path])
  }
  if (missing.length > 0) {
    throw new UsageError(
      `the data set '${set.folder}' is not there: put ${missing.join(', ')} into ${place}, ` +
        `or set OCELLUS_DATA to the folder that holds ${set.folder}/ (the files ${set.source})`,
    )
  }
  return Object.fromEntries(found) as Record<Role, string>
}

/** The bytes of a file that was found. Throws OcellusError where it cannot be read after all. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new OcellusError(`${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

async function firstThatExists(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path)
      return path
    } catch {
      // Not there, or in a folder that may not be entered: the next one may be.
    }
  }
  return undefined
}
