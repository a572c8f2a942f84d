// ZIP archives, read with suspicion: every claim of the directory is checked before anything is inflated, and every content by its CRC.
// Source: PKWARE's APPNOTE 6.3.10, with ZIP64; methods stored and deflated. Nothing is ever written to disk under a name of an archive.

import { Inflate } from 'fflate'
import { FormatError } from '../core/errors.ts'
import { Crc32 } from '../data/formats/checksum.ts'

/** One file of an archive, as its directory describes it. */
interface Entry {
  readonly method: number
  readonly crc: number
  readonly start: number
  readonly compressed: number
  readonly size: number
  /** Where the content lies; known once the local header has been read. */
  readonly data: { readonly start: number; readonly end: number }
}

/** An archive may inflate to this many bytes, or to this many times its size if that is more: what claims more is a bomb. */
const largestContent = 256 * 2 ** 20
const largestExpansion = 100

/** Deflate cannot expand further than this. */
const deflateExpansion = 1032

/** Compressed bytes inflated at a time, so that a content that outgrows its claim costs little memory. */
const step = 16384

export function isZip(bytes: Uint8Array): boolean {
  const signature = bytes.length < 22 ? 0 : viewOf(bytes).getUint32(0, true)
  return signature === 0x04034b50 || signature === 0x06054b50
}

/** Whether a name, taken for a path, would lead out of the folder it is unpacked into, on any system. */
export function leadsOut(name: string): boolean {
  return /^\/|^[A-Za-z]:\/|\\/.test(name) || name.split('/').includes('..')
}

/** The files of an archive by name. */
export class ZipArchive {
  readonly file: string
  /** Free text at the end of the archive. */
  readonly comment: string
  readonly #bytes: Uint8Array
  readonly #entries: ReadonlyMap<string, Entry>

  /**
   * Reads the directory. Throws FormatError where it is damaged, encrypted, in parts, repeats a name, has a name that leads out of
   * the archive, contents that overlap, or sizes that no honest archive has.
   */
  constructor(bytes: Uint8Array, file: string) {
    this.file = file
    this.#bytes = bytes
    const end = this.#findEnd()
    this.comment = new TextDecoder().decode(bytes.subarray(end.at + 22))
    this.#entries = this.#readDirectory(end)
    this.#checkSizes()
  }

  /** Names of the files, in the directory's order. */
  get names(): string[] {
    return [...this.#entries.keys()]
  }

  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /** The content of a file. Throws FormatError where there is none of that name, or its data are damaged. */
  read(name: string): Uint8Array {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw this.error(name, 'the archive has no such file')
    const packed = this.#bytes.subarray(entry.data.start, entry.data.end)
    const content = entry.method === 0 ? packed : this.#inflate(name, packed, entry.size)
    const crc = new Crc32()
    crc.update(content)
    if (crc.value !== entry.crc) throw this.error(name, 'its checksum is wrong, copy the file again')
    return content
  }

  /** A FormatError that names this archive and `field`. */
  error(field: string, problem: string): FormatError {
    return new FormatError(`${this.file}: ${field}: ${problem}`)
  }

  #inflate(name: string, packed: Uint8Array, size: number): Uint8Array {
    const pieces: Uint8Array[] = []
    let length = 0
    const inflate = new Inflate((piece) => {
      length += piece.length
      if (piece.length > 0) pieces.push(piece)
    })
    try {
      for (let at = 0; at < packed.length && length <= size; at += step) {
        inflate.push(packed.subarray(at, at + step), at + step >= packed.length)
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw this.error(name, `its compressed data are damaged (${reason}), copy the file again`)
    }
    if (length !== size) {
      const found = length > size ? 'more come' : `${length} come`
      throw this.error(name, `${size} bytes are announced, but ${found} out of the compressed data`)
    }
    const content = new Uint8Array(length)
    let at = 0
    for (const piece of pieces) {
      content.set(piece, at)
      at += piece.length
    }
    return content
  }

  /** The record at the very end, after which only a comment of the length it states may follow. */
  #findEnd(): { at: number; view: DataView } {
    const view = viewOf(this.#bytes)
    const last = this.#bytes.length - 22
    for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
      if (view.getUint32(at, true) === 0x06054b50 && view.getUint16(at + 20, true) === last - at) return { at, view }
    }
    throw this.error('directory', 'its end is missing, so the file was cut off or is no ZIP archive; copy it again')
  }

  #readDirectory({ at: end, view }: { at: number; view: DataView }): Map<string, Entry> {
    let count = view.getUint16(end + 10, true)
    let size = view.getUint32(end + 12, true)
    let start = view.getUint32(end + 16, true)
    let limit = end
    const parts = [view.getUint16(end + 4, true), view.getUint16(end + 6, true)]
    if (end >= 20 && view.getUint32(end - 20, true) === 0x07064b50) {
      const at = this.#offset(view, end - 12, 'directory')
      if (at + 56 > end || view.getUint32(at, true) !== 0x06064b50) {
        throw this.error('directory', 'its ZIP64 record is not where it should be')
      }
      count = this.#offset(view, at + 32, 'directory')
      size = this.#offset(view, at + 40, 'directory')
      start = this.#offset(view, at + 48, 'directory')
      limit = at
    } else if (parts.some((part) => part !== 0)) {
      throw this.error('directory', 'it is one part of an archive in several parts, which are not read')
    }
    if (start + size > limit || count * 46 > size) {
      throw this.error(
        'directory',
        `${count} files in ${size} bytes from byte ${start} on do not fit in ${limit} bytes`,
      )
    }
    const entries = new Map<string, Entry>()
    let at = start
    for (let i = 0; i < count; i++) {
      const next = this.#readEntry(view, at, start + size, start)
      at = next.end
      if (next.name.endsWith('/')) continue
      if (entries.has(next.name)) throw this.error(next.name, 'the name occurs twice')
      entries.set(next.name, next.entry)
    }
    return entries
  }

  #readEntry(view: DataView, at: number, limit: number, contents: number): { name: string; entry: Entry; end: number } {
    if (at + 46 > limit || view.getUint32(at, true) !== 0x02014b50) {
      throw this.error('directory', `at byte ${at} there should be the record of a file`)
    }
    const nameEnd = at + 46 + view.getUint16(at + 28, true)
    const extraEnd = nameEnd + view.getUint16(at + 30, true)
    const end = extraEnd + view.getUint16(at + 32, true)
    if (end > limit) throw this.error('directory', `the record at byte ${at} is longer than the directory`)
    const name = this.#name(this.#bytes.subarray(at + 46, nameEnd))
    const flags = view.getUint16(at + 8, true)
    const method = view.getUint16(at + 10, true)
    if (flags & 1) throw this.error(name, 'it is encrypted, which is not read')
    if (method !== 0 && method !== 8) {
      throw this.error(name, `compression method ${method} is not read, expected stored (0) or deflated (8)`)
    }
    const sizes = this.#sizes(view, at, nameEnd, extraEnd, name)
    const data = this.#locate(view, name, sizes.start, sizes.compressed, contents)
    return { name, entry: { method, crc: view.getUint32(at + 16, true), ...sizes, data }, end }
  }

  /** Names must stay within the archive, whoever might use them as paths. */
  #name(encoded: Uint8Array): string {
    const name = new TextDecoder().decode(encoded)
    const refuse = (problem: string) => this.error(`name ${JSON.stringify(name)}`, problem)
    if (name === '' || name.includes('\0')) throw refuse('it is no name of a file')
    if (leadsOut(name)) throw refuse('it leads out of the archive')
    return name
  }

  /** Size, compressed size and position; those of all ones stand in the ZIP64 field. */
  #sizes(view: DataView, at: number, extra: number, extraEnd: number, name: string) {
    let size = view.getUint32(at + 24, true)
    let compressed = view.getUint32(at + 20, true)
    let start = view.getUint32(at + 42, true)
    for (let field = extra; field + 4 <= extraEnd; field += 4 + view.getUint16(field + 2, true)) {
      if (view.getUint16(field, true) !== 1) continue
      let value = field + 4
      const end = Math.min(extraEnd, value + view.getUint16(field + 2, true))
      const wide = (narrow: number): number => {
        if (narrow !== 0xffffffff) return narrow
        if (value + 8 > end) throw this.error(name, 'its ZIP64 sizes are cut off')
        value += 8
        return this.#offset(view, value - 8, name)
      }
      size = wide(size)
      compressed = wide(compressed)
      start = wide(start)
      break
    }
    return { size, compressed, start }
  }

  /** Where the content lies: after the local header, whose name and extra field have lengths of their own. */
  #locate(view: DataView, name: string, at: number, compressed: number, contents: number): Entry['data'] {
    if (at + 30 > contents || view.getUint32(at, true) !== 0x04034b50) {
      throw this.error(name, `its content should begin at byte ${at}, but does not`)
    }
    const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true)
    const end = start + compressed
    if (end > contents)
      throw this.error(name, `its ${compressed} bytes from byte ${start} on reach beyond the contents`)
    return { start, end }
  }

  /** Honest archives have one content after the other, and contents that deflate could have made. */
  #checkSizes(): void {
    let total = 0
    let covered = 0
    for (const [name, entry] of [...this.#entries].sort(([, a], [, b]) => a.start - b.start)) {
      if (entry.start < covered) throw this.error(name, 'its content overlaps that of another file')
      covered = entry.data.end
      const most = entry.method === 0 ? entry.compressed : (entry.compressed + 1) * deflateExpansion
      if (entry.method === 0 ? entry.size !== most : entry.size > most) {
        throw this.error(name, `${entry.compressed} bytes cannot hold the ${entry.size} bytes that are announced`)
      }
      total += entry.size
    }
    if (total > Math.max(largestContent, largestExpansion * this.#bytes.length)) {
      throw this.error('directory', `its ${this.#bytes.length} bytes would inflate to ${total}, as no honest file does`)
    }
  }

  #offset(view: DataView, at: number, field: string): number {
    const value = view.getBigUint64(at, true)
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.error(field, `a size of ${value} bytes makes no sense`)
    return Number(value)
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
