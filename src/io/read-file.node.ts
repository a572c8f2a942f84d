// Reading whole files, with a sentence where that fails.

import { readFile } from 'node:fs/promises'
import { OcellusError } from '../core/errors.ts'

/** The bytes of a file, or undefined where there is none. Throws OcellusError where it cannot be read. */
export async function readFileIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path)
    // As a plain Uint8Array: a Buffer's slices share its memory.
    return new Uint8Array(buffer, byteOffset, byteLength)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new OcellusError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
