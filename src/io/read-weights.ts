// Files of weights as bytes, of any format in the table: recognised by what they hold, never by a name.

import { allocateArray, dtypeOfArray, isFloat, type TypedArray } from '../core/dtype.ts'
import { FormatError, UsageError } from '../core/errors.ts'
import { type HostTensor, isLate } from '../core/host-tensor.ts'
import { sizeOf } from '../core/shape.ts'
import type { ByteRanges } from './byte-ranges.ts'
import { weightsFormats } from './formats.ts'
import type { WeightsLayout } from './layout.ts'
import type { WeightsFile, WeightsFormat } from './weights-file.ts'
import { listNames } from './weights-report.ts'

export interface ReadWeightsOptions {
  /** Name of the file in messages. */
  readonly file?: string
  /** Name of the format, where it is not to be recognised: safetensors, npz, npy or pytorch. */
  readonly format?: string
  /** Where the state dict lies in a PyTorch checkpoint that holds several, as `ema` or `models/student`. */
  readonly entry?: string
  /** Gets a sentence about what is odd but no error, such as weights that are NaN (default: the console). */
  readonly warn?: (sentence: string) => void
}

export interface WriteWeightsOptions {
  /** Name of the format (default safetensors). */
  readonly format?: string
  /** How the tensors are arranged, which the file then says; tensors are written as they are. */
  readonly layout?: WeightsLayout
  /** Free text that goes with the tensors, where the format has a place for it. */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Reads the bytes of a file of weights: safetensors, NumPy's .npz or .npy, or what PyTorch's torch.save wrote. Tensors keep the layout
 * of the file; `loadWeights` puts them into a model.
 * Throws FormatError, which names file and field, for damaged files and for what is no file of weights.
 */
export async function readWeights(bytes: Uint8Array, options: ReadWeightsOptions = {}): Promise<WeightsFile> {
  const { file = 'weights file', entry, warn = (sentence) => console.warn(sentence) } = options
  const format = options.format === undefined ? recognise(bytes, file) : formatNamed(options.format)
  if (entry !== undefined && format.hasEntries !== true) {
    throw new UsageError(`${file} is a ${format.name} file, which has no entries to choose from; leave out '${entry}'`)
  }
  const { tensors, layout, metadata = {}, notes = [] } = format.read(bytes, { file, entry })
  return withWarnings({ file, format: format.name, tensors, layout, metadata, notes }, warn)
}

/** Bytes at the beginning of a file that tell formats apart which can be opened. */
const beginningBytes = 16

/**
 * As `readWeights`, but tensors are read from `source` one by one, each time that their data are asked for. Undefined where the format cannot
 * be read so: then read it all.
 */
export function openWeights(source: ByteRanges, options: ReadWeightsOptions = {}): WeightsFile | undefined {
  const { file = 'weights file', entry, warn = (sentence) => console.warn(sentence) } = options
  if (entry !== undefined) return undefined
  const beginning = source.read(0, Math.min(beginningBytes, source.length))
  const format = weightsFormats.find(
    ({ name, open, recognises }) =>
      open !== undefined && (options.format === undefined ? recognises(beginning, file) : name === options.format),
  )
  const contents = format?.open?.(source, { file, entry })
  if (format === undefined || contents === undefined) return undefined
  const { tensors, layout, metadata = {}, notes = [] } = contents
  return withWarnings({ file, format: format.name, tensors, layout, metadata, notes }, warn)
}

/**
 * The bytes of a file of weights, safetensors or npz. Layout and values stay as they are.
 * Throws UsageError for formats that are not written, FormatError for names that the format cannot hold.
 */
export async function writeWeights(
  tensors: ReadonlyMap<string, HostTensor>,
  options: WriteWeightsOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { layout, metadata = {} } = options
  const format = formatNamed(options.format ?? 'safetensors')
  if (format.write === undefined) {
    throw new UsageError(`${format.name} files are only read; write one of ${listNames(writtenFormats(), 99)}`)
  }
  return format.write({ tensors, layout, metadata })
}

/** Names of the formats that are written. */
export function writtenFormats(): string[] {
  return weightsFormats.filter(({ write }) => write !== undefined).map(({ name }) => name)
}

/** The format whose files have this ending, or undefined. */
export function formatOfEnding(path: string): WeightsFormat | undefined {
  return weightsFormats.find(({ endings }) => endings.some((ending) => path.toLowerCase().endsWith(ending)))
}

/** The file with a note where weights are no numbers, of which it warns too. */
export function withWarnings(weights: WeightsFile, warn: (sentence: string) => void): WeightsFile {
  // One array for all that is read from a file only to be looked at.
  let room: TypedArray = new Float32Array(0)
  const valuesOf = (tensor: HostTensor): TypedArray => {
    if (!isLate(tensor)) return tensor.data
    const length = sizeOf(tensor.shape)
    if (room.length < length || dtypeOfArray(room) !== tensor.dtype) room = allocateArray(tensor.dtype, length)
    const values = room.subarray(0, length)
    tensor.readInto(values)
    return values
  }
  const isOdd = (tensor: HostTensor): boolean => isFloat(tensor.dtype) && valuesOf(tensor).some(Number.isNaN)
  const odd = [...weights.tensors].filter(([, tensor]) => isOdd(tensor)).map(([name]) => name)
  if (odd.length === 0) return weights
  const note = `weights are NaN in ${listNames(odd)}`
  warn(`${weights.file}: ${note}`)
  return { ...weights, notes: [...weights.notes, note] }
}

function formatNamed(name: string): WeightsFormat {
  const found = weightsFormats.find((format) => format.name === name)
  if (found !== undefined) return found
  const names = weightsFormats.map((format) => format.name)
  throw new UsageError(`there is no format of weights called '${name}', expected one of ${names.join(', ')}`)
}

function recognise(bytes: Uint8Array, file: string): WeightsFormat {
  const found = weightsFormats.find(({ recognises }) => recognises(bytes, file))
  if (found !== undefined) return found
  const names = weightsFormats.map(({ name }) => name).join(', ')
  const other = others.find(({ at, beginning }) => beginning.every((byte, i) => bytes[at + i] === byte))
  const what = bytes.length === 0 ? 'it is empty' : (other?.what ?? 'its first bytes belong to none of them')
  throw new FormatError(`${file}: magic: expected a file of weights (${names}), but ${what}`)
}

/** Files that are mistaken for these, and what to do about them. */
const others: readonly { readonly at: number; readonly beginning: readonly number[]; readonly what: string }[] = [
  {
    at: 257,
    beginning: [0x75, 0x73, 0x74, 0x61, 0x72],
    what: 'it is a tar archive; unpack it, or save anew if PyTorch before 0.2 wrote it',
  },
  { at: 0, beginning: [0x89, 0x48, 0x44, 0x46], what: 'it is an HDF5 file; save it as .npz or .safetensors' },
  { at: 0, beginning: [0x1f, 0x8b], what: 'it is a gzip file; unpack it' },
  {
    at: 0,
    beginning: [0x80],
    what: 'it is a Python pickle that torch.save did not write; save the weights as .npz or .safetensors',
  },
]
