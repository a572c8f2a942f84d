// Names of classes from a text file: one per line, in the order of the network's outputs.

import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { FormatError, OcellusError } from '../../core/errors.ts'

/** Files that are taken for names of classes. */
const labelsName = /(labels|classes|synset).*\.txt$/i

/** How many folders above the weights are looked through. */
const levels = 3

export interface Labels {
  readonly names: readonly string[]
  /** The file that they come from. */
  readonly file: string
}

/** The names in a file. Throws FormatError unless there are as many as classes. */
export async function readLabels(file: string, classes: number): Promise<Labels> {
  const names = await namesIn(file)
  if (names.length !== classes)
    throw new FormatError(`${file}: lines: expected ${classes} names, one for each class, found ${names.length}`)
  return { names, file }
}

/** The names in a file beside the weights, or in one of the folders above them, that has as many as there are classes. */
export async function findLabels(weights: string, classes: number): Promise<Labels | undefined> {
  const status = await stat(weights).catch(() => undefined)
  let folder = status?.isDirectory() ? resolve(weights) : dirname(resolve(weights))
  for (let level = 0; level < levels; level++) {
    const files = await readdir(folder).catch((): string[] => [])
    for (const name of files.filter((each) => labelsName.test(each)).sort()) {
      const names = await namesIn(join(folder, name)).catch((): string[] => [])
      if (names.length === classes) return { names, file: join(folder, name) }
    }
    folder = dirname(folder)
  }
  return undefined
}

/** The lines that are not empty, without the WordNet number that ImageNet's begin with. */
async function namesIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new OcellusError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  const lines = text.split('\n').map((line) => line.trim().replace(/^n\d{8}\s+/, ''))
  return lines.filter((line) => line !== '')
}
