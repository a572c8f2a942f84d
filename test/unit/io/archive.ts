// Writes ZIP archives that say what a test wants them to say: any sizes, positions and checksums, whatever the contents.

import { Crc32 } from '../../../src/data/formats/checksum.ts'

/** One file of an archive: its bytes as they are stored, and what is claimed about them. */
export interface Packed {
  readonly name: string
  readonly bytes: Uint8Array
  /** Default stored. */
  readonly method?: number
  /** Default that of `bytes`. */
  readonly size?: number
  /** Default that of `bytes`. */
  readonly crc?: number
}

export function crcOf(bytes: Uint8Array): number {
  const crc = new Crc32()
  crc.update(bytes)
  return crc.value
}

/** An archive of the files, one after the other. */
export function archiveOf(files: readonly Packed[]): Uint8Array<ArrayBuffer> {
  const contents: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let start = 0
  for (const { name, bytes, method = 0, size = bytes.length, crc = crcOf(bytes) } of files) {
    const encoded = new TextEncoder().encode(name)
    const common = [...u16(20), ...u16(0x800), ...u16(method), ...u32(0x21 << 16), ...u32(crc)]
    const sizes = [...u32(bytes.length), ...u32(size), ...u16(encoded.length), ...u16(0)]
    contents.push(Uint8Array.of(...u32(0x04034b50), ...common, ...sizes), encoded, bytes)
    const position = [...new Array(10).fill(0), ...u32(start)]
    directory.push(Uint8Array.of(...u32(0x02014b50), ...u16(20), ...common, ...sizes, ...position), encoded)
    start += 30 + encoded.length + bytes.length
  }
  const count = u16(files.length)
  const directoryLength = directory.reduce((sum, { length }) => sum + length, 0)
  const end = [...u32(0x06054b50), ...u32(0), ...count, ...count, ...u32(directoryLength), ...u32(start), ...u16(0)]
  return joined([...contents, ...directory, Uint8Array.from(end)])
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function u16(value: number): number[] {
  return [value & 255, (value >>> 8) & 255]
}

function u32(value: number): number[] {
  return [...u16(value & 0xffff), ...u16(value >>> 16)]
}
