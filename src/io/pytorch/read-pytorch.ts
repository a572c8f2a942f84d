// Weights that `torch.save` wrote: a ZIP archive with a pickle and one file per storage, or, before PyTorch 1.6, pickles and storages in a row.
// Source: torch/serialization.py of PyTorch 2.13. Nothing of the file is run; see unpickler.ts.

import { FormatError } from '../../core/errors.ts'
import type { HostTensor } from '../../core/host-tensor.ts'
import { PickleTuple, type PickleValue } from '../../data/formats/pickle-values.ts'
import { unpickle } from '../../data/formats/unpickler.ts'
import { isZip, ZipArchive } from '../zip.ts'
import { pytorchGlobal, storageTypeOf } from './globals.ts'
import { isLegacyPytorch, readLegacy } from './legacy.ts'
import { findStateDict } from './state-dict.ts'
import { Storage, TensorReader } from './storage.ts'

/** The weights of a PyTorch file. */
export interface PytorchWeights {
  /** Tensors by name, in the order of the state dict. */
  readonly tensors: ReadonlyMap<string, HostTensor>
  /** What was chosen and changed on the way, as sentences. */
  readonly notes: readonly string[]
}

export interface ReadPytorchOptions {
  /** Name of the file in messages. */
  readonly file?: string
  /** Where the state dict lies in a checkpoint that holds several, as `ema` or `models/student`. */
  readonly entry?: string
}

/**
 * Reads the weights of a `.pth`, `.pt` or `.th` file: a state dict, or the one in a checkpoint (under `state_dict`, `model_state_dict` and
 * other usual names). Prefixes that wrappers leave on every name, such as `module.`, are taken off. Halves widen to f32, integers become i32
 * where they fit.
 * Throws FormatError for damaged files, for whole models and anything else that is no tensor or plain data, and for lossy integers.
 */
export function readPytorch(bytes: Uint8Array, options: ReadPytorchOptions = {}): PytorchWeights {
  const { file = 'PyTorch file', entry } = options
  if (isZip(bytes)) return readArchive(new ZipArchive(bytes, file), bytes.length, entry)
  if (!isLegacyPytorch(bytes)) throw new FormatError(`${file}: magic: expected a file that torch.save wrote`)
  return weightsIn(readLegacy(bytes, file), { file, bytes: bytes.length, bigEndian: false, entry })
}

/** Whether `torch.save` wrote the bytes. Throws FormatError for a damaged archive. */
export function isPytorch(bytes: Uint8Array, file: string): boolean {
  return isLegacyPytorch(bytes) || (isZip(bytes) && pickleOf(new ZipArchive(bytes, file)) !== undefined)
}

function pickleOf(archive: ZipArchive): string | undefined {
  return archive.names.find((name) => /^([^/]+\/)?data\.pkl$/.test(name))
}

function readArchive(archive: ZipArchive, bytes: number, entry: string | undefined): PytorchWeights {
  const { file } = archive
  const pickle = pickleOf(archive)
  if (pickle === undefined) throw archive.error('data.pkl', 'the archive has none, so torch.save did not write it')
  const root = pickle.slice(0, -'data.pkl'.length)
  if (archive.has(`${root}constants.pkl`)) {
    throw archive.error(
      'constants.pkl',
      'it is a TorchScript program; save the weights alone, with torch.save(model.state_dict(), path)',
    )
  }
  const { value } = unpickle(archive.read(pickle), 0, {
    file,
    field: pickle,
    global: pytorchGlobal,
    persistent: (id) => archivedStorage(id, archive, root),
  })
  return weightsIn(value, { file, bytes, bigEndian: byteOrderIsBig(archive, root), entry })
}

function byteOrderIsBig(archive: ZipArchive, root: string): boolean {
  const name = `${root}byteorder`
  if (!archive.has(name)) return false
  const order = new TextDecoder().decode(archive.read(name)).trim()
  if (order !== 'little' && order !== 'big')
    throw archive.error(name, `it should be little or big, not ${JSON.stringify(order.slice(0, 20))}`)
  return order === 'big'
}

/** The storage of an identifier ('storage', class, key, device, elements). Its bytes are read when a tensor needs them, once. */
function archivedStorage(id: PickleValue, archive: ZipArchive, root: string): Storage | undefined {
  const [kind, storageClass, key, , count] = id instanceof PickleTuple ? id.items : []
  const known = storageTypeOf(storageClass)
  if (kind !== 'storage' || known === undefined || typeof key !== 'string') return undefined
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) return undefined
  const name = `${root}data/${key}`
  if (!archive.has(name)) throw archive.error(name, 'the archive has no such storage, though its pickle uses it')
  let content: Uint8Array | undefined
  const storage = new Storage(key, known.type, count, () => {
    content ??= archive.read(name)
    if (content.length !== storage.byteLength) {
      throw archive.error(name, `it has ${content.length} bytes, but the pickle announces ${storage.byteLength}`)
    }
    return content
  })
  return storage
}

interface Surroundings {
  readonly file: string
  readonly bytes: number
  readonly bigEndian: boolean
  readonly entry: string | undefined
}

function weightsIn(value: PickleValue, { file, bytes, bigEndian, entry }: Surroundings): PytorchWeights {
  const { tensors, notes } = findStateDict(value, file, entry)
  const reader = new TensorReader(file, { fileBytes: bytes, bigEndian })
  return { tensors: new Map([...tensors].map(([name, view]) => [name, reader.read(name, view)])), notes }
}
