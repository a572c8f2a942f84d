// Weights in files and folders.

import { stat } from 'node:fs/promises'
import { OcellusError, UsageError } from '../core/errors.ts'
import type { HostTensor } from '../core/host-tensor.ts'
import type { Module } from '../nn/module.ts'
import { writeFileAtomically } from './atomic-file.node.ts'
import { rangesOfFile } from './file-ranges.node.ts'
import { readNpyFolder } from './npy-folder.node.ts'
import { readFileIfThere } from './read-file.node.ts'
import {
  formatOfEnding,
  openWeights,
  type ReadWeightsOptions,
  readWeights as readFromBytes,
  type WriteWeightsOptions,
  withWarnings,
  writeWeights as writeToBytes,
  writtenFormats,
} from './read-weights.ts'
import { openSafetensorsRanges, type Safetensors } from './safetensors.ts'
import { type LoadWeightsOptions, loadWeights as loadFromBytes, saveWeights as saveToBytes } from './weights.ts'
import type { WeightsFile } from './weights-file.ts'
import type { WeightsReport } from './weights-report.ts'

/**
 * Reads a file of weights, or its bytes: safetensors, NumPy's .npz or .npy, what PyTorch's torch.save wrote, or a folder of .npy files. The
 * format is recognised by what the file holds. Tensors keep the layout of the file; `loadWeights` puts them into a model.
 * Throws OcellusError where the file cannot be read, FormatError, which names file and field, where it is damaged or something else.
 */
export async function readWeights(source: string | Uint8Array, options: ReadWeightsOptions = {}): Promise<WeightsFile> {
  if (typeof source !== 'string') return readFromBytes(source, options)
  const status = await stat(source).catch(() => undefined)
  if (status?.isDirectory()) {
    const { entry, format = 'npy', warn = (sentence: string) => console.warn(sentence) } = options
    if (entry !== undefined || format !== 'npy')
      throw new UsageError(`${source} is a folder, which is read as .npy files`)
    return withWarnings(await readNpyFolder(source), warn)
  }
  const bytes = await readFileIfThere(source)
  if (bytes === undefined) throw new OcellusError(`there is no file ${source}`)
  return readFromBytes(bytes, { ...options, file: source })
}

/**
 * Writes tensors to a file, whole or not at all: .safetensors or .npz, by the ending of the name or `format`. Layout and values stay as they are.
 * Throws UsageError for other formats, OcellusError where the file cannot be written.
 */
export async function writeWeights(
  path: string,
  tensors: ReadonlyMap<string, HostTensor>,
  options: WriteWeightsOptions = {},
): Promise<void> {
  await writeFileAtomically(path, await writeToBytes(tensors, { ...options, format: writtenFormatOf(path, options) }))
}

/**
 * Writes a module's weights to a file, whole or not at all: .safetensors or .npz, by the ending of the name or `format`.
 * `layout: 'pytorch'` arranges them as PyTorch does, for its load_state_dict.
 * Throws UsageError for other formats, OcellusError where the file cannot be written.
 */
export async function saveWeights(module: Module, path: string, options: WriteWeightsOptions = {}): Promise<void> {
  await writeFileAtomically(path, await saveToBytes(module, { ...options, format: writtenFormatOf(path, options) }))
}

/**
 * Loads weights by name from a file, a folder of .npy files, or bytes; see `readWeights` for the formats. Kernels, matrices and rows behind
 * a Flatten are rearranged where the file has PyTorch's layout; counters of batches are ignored.
 *
 * ```ts
 * const report = await loadWeights(model, 'resnet20.th')   // complete, or it throws
 * const partial = await loadWeights(model, 'backbone.pth', { strict: false, rename: { fc: 'head' } })
 * console.log(String(partial))
 * ```
 *
 * Throws OcellusError where the file cannot be read, FormatError where it is damaged, WeightsMismatchError, with the report, where names, shapes
 * or types differ: nothing is loaded then. With `strict: false` what fits is loaded, and UsageError thrown only where not one name fits.
 */
export async function loadWeights(
  module: Module,
  source: string | Uint8Array | WeightsFile,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  return loadFromBytes(module, typeof source === 'string' ? await opened(source, options) : source, options)
}

/** A file whose tensors are read when it is their turn, where its format allows that: no second copy of all weights is made. */
async function opened(path: string, options: ReadWeightsOptions): Promise<WeightsFile> {
  const status = await stat(path).catch(() => undefined)
  const file = status?.isFile() === true ? openWeights(rangesOfFile(path), { ...options, file: path }) : undefined
  return file ?? readWeights(path, options)
}

/**
 * As `readSafetensors` of a file, but floats are read from it each time that their data are asked for, so that a few tensors, or one after the
 * other, take no more memory than they need. Throws OcellusError where the file cannot be read, FormatError where it is damaged.
 */
export function openSafetensors(path: string): Safetensors {
  return openSafetensorsRanges(rangesOfFile(path), { file: path })
}

/** The format that is written under a path: `format`, else by its ending. Throws UsageError where neither says one that is written. */
export function writtenFormatOf(path: string, { format }: Pick<WriteWeightsOptions, 'format'> = {}): string {
  if (format !== undefined) return format
  const found = formatOfEnding(path)
  if (found?.write !== undefined) return found.name
  const what = found === undefined ? 'its ending names no format' : `${found.name} files are only read`
  throw new UsageError(`${path} cannot be written: ${what}; write one of ${writtenFormats().join(', ')}`)
}
