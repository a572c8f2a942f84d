// Inflates zlib and gzip data piece by piece and verifies the checksum, so that a file which lies about its size costs no memory.

import { Inflate } from 'fflate'
import type { FormatError } from '../../core/errors.ts'
import { ByteSource } from './byte-source.ts'
import { Adler32, type Checksum, Crc32 } from './checksum.ts'

/** Compressed bytes inflated at a time. Deflate expands at most 1032-fold, so a step gives 16 MB at the very most. */
const step = 16384

/** Expansion that is believed before it has been seen. */
const plausibleExpansion = 32

/** Where the deflate data lie within their wrapper, and what must be true of their content. */
interface Wrapped {
  readonly start: number
  readonly end: number
  readonly checksum: Checksum
  readonly expected: number
}

/** The inflated content of one zlib stream (RFC 1950) or one gzip member (RFC 1952). */
export class InflateSource extends ByteSource {
  readonly #field: string
  readonly #compressed: Uint8Array
  readonly #checksum: Checksum
  readonly #expected: number
  readonly #inflate: Inflate
  /** Inflated pieces that wait to be read; the first is read from `#offset` on. */
  readonly #pieces: Uint8Array[] = []
  #offset = 0
  #fed = 0
  #ended = false

  /** `field` names the compressed data in messages. */
  constructor(bytes: Uint8Array, wrapper: 'zlib' | 'gzip', file: string, field: string) {
    super(file)
    this.#field = field
    const { start, end, checksum, expected } = wrapper === 'zlib' ? this.#zlib(bytes) : this.#gzip(bytes)
    this.#compressed = bytes.subarray(start, end)
    this.#checksum = checksum
    this.#expected = expected
    this.#inflate = new Inflate((piece) => {
      if (piece.length === 0) return
      checksum.update(piece)
      this.#pieces.push(piece)
    })
  }

  override get plausible(): number {
    let waiting = -this.#offset
    for (const piece of this.#pieces) waiting += piece.length
    return waiting + plausibleExpansion * (this.#compressed.length - this.#fed)
  }

  protected override pull(most: number): Uint8Array {
    while (this.#pieces.length === 0) if (!this.#feed()) return new Uint8Array(0)
    const piece = this.#pieces[0] as Uint8Array
    const bytes = piece.subarray(this.#offset, this.#offset + most)
    this.#offset += bytes.length
    if (this.#offset === piece.length) {
      this.#pieces.shift()
      this.#offset = 0
    }
    return bytes
  }

  /** All that is left, at most `most` bytes, with the checksum verified. Memory grows with what really comes. */
  rest(most: number, field: string): Uint8Array {
    let content = new Uint8Array(Math.min(this.plausible, most))
    let length = 0
    for (let piece = this.pull(step); piece.length > 0; piece = this.pull(step)) {
      if (length + piece.length > most) throw this.error(field, `more than ${most} bytes come out, as of no such file`)
      if (length + piece.length > content.length) {
        const grown = new Uint8Array(Math.min(most, 2 * (length + piece.length)))
        grown.set(content.subarray(0, length))
        content = grown
      }
      content.set(piece, length)
      length += piece.length
    }
    this.finish()
    return content.subarray(0, length)
  }

  /** Passes over all that is left, to verify the checksum. */
  drain(): void {
    while (this.pull(step).length > 0);
    this.finish()
  }

  /** Demands that everything has been read and that the checksum is right. */
  finish(): void {
    do {
      if (this.#pieces.length > 0) {
        throw this.error(this.#field, `more data follow after the ${this.position} bytes that its header announces`)
      }
    } while (this.#feed())
    if (this.#checksum.value !== this.#expected) throw this.#damaged('its checksum is wrong')
  }

  /** Inflates the next step; false when there is none. */
  #feed(): boolean {
    if (this.#ended) return false
    const chunk = this.#compressed.subarray(this.#fed, this.#fed + step)
    this.#fed += chunk.length
    this.#ended = this.#fed === this.#compressed.length
    try {
      this.#inflate.push(chunk, this.#ended)
    } catch (cause) {
      throw this.#damaged(cause instanceof Error ? cause.message : String(cause))
    }
    return true
  }

  #zlib(bytes: Uint8Array): Wrapped {
    const [method = 0, flags = 0] = bytes
    if (bytes.length < 6) throw this.#damaged(`${bytes.length} bytes are too few`)
    if ((method & 15) !== 8 || (method * 256 + flags) % 31 !== 0 || (flags & 32) !== 0) {
      throw this.#damaged(`it should begin with a zlib header, not ${hex(bytes, 2)}`)
    }
    const end = bytes.length - 4
    const expected = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end)
    return { start: 2, end, checksum: new Adler32(), expected }
  }

  #gzip(bytes: Uint8Array): Wrapped {
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) {
      throw this.#damaged(`it should begin with a gzip header, not ${hex(bytes, 3)}`)
    }
    const flags = bytes[3] ?? 0
    let start = 10
    if (flags & 4) start += 2 + (bytes[start] ?? 0) + 256 * (bytes[start + 1] ?? 0)
    for (const named of [8, 16]) {
      if (!(flags & named)) continue
      const zero = bytes.indexOf(0, start)
      start = zero < 0 ? bytes.length : zero + 1
    }
    if (flags & 2) start += 2
    const end = bytes.length - 8
    if (start > end) throw this.#damaged(`${bytes.length} bytes are too few`)
    const expected = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true)
    return { start, end, checksum: new Crc32(), expected }
  }

  #damaged(reason: string): FormatError {
    return this.error(this.#field, `the compressed data are damaged or cut off (${reason}), copy the file again`)
  }
}

function hex(bytes: Uint8Array, count: number): string {
  return Array.from(bytes.subarray(0, count), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

/** Whether the bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}
