// The recognizer that comes with the package.

import { fileURLToPath } from 'node:url'
import { OcellusError } from '../core/errors.ts'
import { readFileIfThere } from '../io/read-file.node.ts'
import { Recognizer } from './recognizer.ts'

/** The file; the path is the same from `src/reader` and from `dist/reader`. */
const weightsFile: URL = new URL('../../assets/reader/recognizer.safetensors', import.meta.url)

/**
 * Loads a recognizer from a file, or the one that comes with the package.
 * Throws OcellusError where the file cannot be read, FormatError where it is damaged or holds something else.
 */
export async function loadRecognizer(path?: string): Promise<Recognizer> {
  const file = path ?? fileURLToPath(weightsFile)
  const bytes = await readFileIfThere(file)
  if (bytes === undefined) {
    throw new OcellusError(
      path === undefined
        ? `the weights of the reader are missing from the package (${file}); install ocellus again`
        : `${file} does not exist; give the file of a recognizer`,
    )
  }
  return Recognizer.fromBytes(bytes, { file })
}
