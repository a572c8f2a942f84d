// Files that are there whole or not at all, whatever happens while they are written.

import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { OcellusError } from '../core/errors.ts'

/**
 * Writes a file so that at any moment, even after a crash or power cut, `path` holds its old contents or all of the new ones: into a
 * temporary file beside it, to disk, then renamed. A link stays, the file that it leads to is replaced, with the permissions that it had.
 * Throws OcellusError where it cannot be written, and for devices and pipes, whose place a file must not take.
 */
export async function writeFileAtomically(path: string, contents: Uint8Array | string): Promise<void> {
  const place = await realpath(path).catch(() => path)
  const before = await stat(place).catch(() => undefined)
  if (before !== undefined && !before.isFile()) {
    const what = before.isDirectory() ? 'a folder' : 'a device or pipe'
    throw new OcellusError(`${path} cannot be written: it is ${what}; give the name of a file`)
  }
  const temporary = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`)
  try {
    const file = await open(temporary, 'w')
    try {
      if (before !== undefined) await file.chmod(before.mode)
      await file.writeFile(contents)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, place)
    await syncFolder(dirname(place))
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
