// The embedded character set in Node, read from the assets of this package.

import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { OcellusError } from '../core/errors.ts'
import { type CharacterSet, readCharacters } from './characters.ts'

/** The file; the path is the same from `src/data` and from `dist/data`. */
const charactersFile: URL = new URL('../../assets/characters/characters.bin', import.meta.url)

/**
 * Loads the character set that comes with the package: 36 classes, A to Z and 0 to 9, drawn from handwriting fonts.
 * Each part is [N, 32, 32, 1] in bytes, ink 255 on paper 0. Throws OcellusError if the file is missing from the package.
 */
export async function loadCharacters(): Promise<CharacterSet> {
  const path = fileURLToPath(charactersFile)
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new OcellusError(`${path} cannot be read; install the package ocellus again`, { cause })
  })
  return readCharacters(bytes, path)
}
