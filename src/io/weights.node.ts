// Weights in files.

import { OcellusError } from '../core/errors.ts'
import type { Module } from '../nn/module.ts'
import { writeFileAtomically } from './atomic-file.node.ts'
import { readFileIfThere } from './read-file.node.ts'
import { loadWeights as loadFromBytes, saveWeights as saveToBytes, type WeightsReport } from './weights.ts'

/** Writes a module's weights to a safetensors file, whole or not at all. `metadata` is free text that goes with them. */
export async function saveWeights(
  module: Module,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomically(path, await saveToBytes(module, metadata))
}

/**
 * Loads weights from a safetensors file, or its bytes, by name. What does not fit stays as it is and is reported.
 * Throws OcellusError where the file cannot be read, FormatError where it is damaged, UsageError where not one name fits.
 */
export async function loadWeights(
  module: Module,
  source: string | Uint8Array,
  options: { readonly file?: string } = {},
): Promise<WeightsReport> {
  if (typeof source !== 'string') return loadFromBytes(module, source, options)
  const bytes = await readFileIfThere(source)
  if (bytes === undefined) throw new OcellusError(`there is no file ${source}`)
  return loadFromBytes(module, bytes, { file: source })
}
