// Reading whole files, with a sentence where that fails.

import { readFile, stat } from 'node:fs/promises'
import { OcellusError } from '../core/errors.ts'

/** The bytes of a file, or undefined where there is none. Throws OcellusError where it cannot be read. */
export async function readFileIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    const status = await stat(path)
    if (!status.isFile() && !status.isDirectory())
      throw new OcellusError(`${path} cannot be read: it is a device or pipe, not a file`)
    const { buffer, byteOffset, byteLength } = await readFile(path)
    // As a plain Uint8Array: a Buffer's slices share its memory.
    return new Uint8Array(buffer, byteOffset, byteLength)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    if (error instanceof OcellusError) throw error
    throw new OcellusError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
