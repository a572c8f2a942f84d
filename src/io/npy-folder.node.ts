// A folder of .npy files as one file of weights: each file is a tensor, named as the file.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, OcellusError } from '../core/errors.ts'
import type { HostTensor } from '../core/host-tensor.ts'
import { nameIn } from './formats.ts'
import { readNpy } from './npy.ts'
import { readFileIfThere } from './read-file.node.ts'
import type { WeightsFile } from './weights-file.ts'

/** Reads all .npy files that lie in `folder` itself. Throws FormatError where there is none or one is damaged. */
export async function readNpyFolder(folder: string): Promise<WeightsFile> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new OcellusError(`${folder} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  const arrays = names.filter((name) => name.endsWith('.npy')).sort()
  if (arrays.length === 0) throw new FormatError(`${folder}: files: there is no .npy file in this folder`)
  const tensors = new Map<string, HostTensor>()
  for (const name of arrays) {
    const file = join(folder, name)
    const bytes = await readFileIfThere(file)
    if (bytes !== undefined) tensors.set(nameIn(name), readNpy(bytes, { file }))
  }
  return { file: folder, format: 'npy', tensors, layout: undefined, metadata: {}, notes: [] }
}
