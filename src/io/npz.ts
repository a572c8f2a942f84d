// Several arrays as NumPy keeps them in a .npz file: a ZIP archive of .npy files, stored or deflated.

import { zipSync } from 'fflate'
import { FormatError } from '../core/errors.ts'
import type { HostTensor } from '../core/host-tensor.ts'
import { readNpy, writeNpy } from './npy.ts'
import { leadsOut, ZipArchive } from './zip.ts'

/** The contents of a .npz file. */
export interface Npz {
  /** Arrays by name, without the ending .npy, in the order of the file. */
  readonly tensors: ReadonlyMap<string, HostTensor>
  /** Free text at the end of the archive, which NumPy leaves alone. */
  readonly comment: string
}

/** Without ZIP64 an archive holds less than 4 GiB and 65536 files. */
const largestArchive = 2 ** 32 - 1
const mostFiles = 65535

/**
 * Reads the bytes of a .npz file; see `readNpy` for what arrays may hold. `file` is its name in messages.
 * Throws FormatError for a damaged archive, for files in it that are no arrays, and for names that repeat or lead out of the archive.
 */
export function readNpz(bytes: Uint8Array, options: { readonly file?: string } = {}): Npz {
  const archive = new ZipArchive(bytes, options.file ?? 'npz file')
  const tensors = new Map<string, HostTensor>()
  for (const entry of archive.names) {
    if (!entry.endsWith('.npy')) throw archive.error(entry, 'it is no array; a .npz archive holds .npy files only')
    tensors.set(entry.slice(0, -4), readNpy(archive.read(entry), { file: `${archive.file}: ${entry}` }))
  }
  return { tensors, comment: archive.comment }
}

/**
 * The bytes of a .npz file with stored arrays, as `numpy.savez` writes them; equal contents give equal files.
 * Throws FormatError for names that an archive cannot have and for contents beyond 4 GiB.
 */
export function writeNpz(
  tensors: ReadonlyMap<string, HostTensor> | Readonly<Record<string, HostTensor>>,
  comment = '',
): Uint8Array<ArrayBuffer> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  let total = 0
  for (const [name, tensor] of tensors instanceof Map ? tensors : Object.entries(tensors)) {
    if (name === '' || name.includes('\0') || leadsOut(name)) {
      throw new FormatError(`a tensor cannot be named ${JSON.stringify(name)} in a .npz file, rename it`)
    }
    const content = writeNpy(tensor)
    files.set(`${name}.npy`, content)
    total += content.length + 2 * (name.length * 3 + 100)
  }
  if (total > largestArchive || files.size > mostFiles) {
    throw new FormatError(`${files.size} tensors of ${total} bytes are too many for a .npz file, write safetensors`)
  }
  // The time of every file is the first that archives know: equal contents give equal files.
  const archive = zipSync(Object.fromEntries(files), { level: 0, mtime: new Date(1980, 0, 1) })
  if (comment === '') return archive
  const text = new TextEncoder().encode(comment)
  const bytes = new Uint8Array(archive.length + text.length)
  bytes.set(archive)
  bytes.set(text, archive.length)
  new DataView(bytes.buffer).setUint16(archive.length - 2, text.length, true)
  return bytes
}
