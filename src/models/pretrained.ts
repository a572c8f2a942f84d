// Weights that others have trained, into a model of ours.

import { readWeights } from '../io/read-weights.ts'
import { type LoadWeightsOptions, loadWeights } from '../io/weights.ts'
import type { WeightsFile } from '../io/weights-file.ts'
import type { WeightsReport } from '../io/weights-report.ts'
import type { Module } from '../nn/module.ts'
import { namesFor } from './recognize.ts'

/**
 * Loads published weights, as `loadWeights` does, also where the tensors have foreign names but the model's shapes in the model's order. `source`: the
 * bytes of a file, or what `readWeights` found in a file or folder.
 * Throws FormatError for a damaged file, WeightsMismatchError, with the report, where names, shapes or types differ.
 *
 * ```ts
 * await loadPretrained(createModel('squeezenet1.1'), await readWeights('squeezenet1_1.pth'))
 * ```
 */
export async function loadPretrained(
  model: Module,
  source: Uint8Array | WeightsFile,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  const file = source instanceof Uint8Array ? await readWeights(source, options) : source
  const names = options.rename === undefined ? namesFor(model, file.tensors) : undefined
  return loadWeights(model, file, names === undefined ? options : { ...options, rename: (name) => names.get(name) })
}
