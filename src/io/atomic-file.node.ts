// Files that are there whole or not at all, whatever happens while they are written.

import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { OcellusError } from '../core/errors.ts'

/**
 * Writes a file so that at any moment, even after a crash or power cut, `path` holds its old contents or all of the new ones: into a
 * temporary file beside it, to disk, then renamed. Throws OcellusError where it cannot be written.
 */
export async function writeFileAtomically(path: string, contents: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(contents)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw new OcellusError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Makes the new name of a file last; where folders cannot be opened (Windows), the system sees to it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
