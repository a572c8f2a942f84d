// Tar archives, read front to back: names and contents of the regular files. Nothing is ever written under a name of an archive.
// Source: POSIX.1-1988 ustar, with the long names of POSIX.1-2001 (pax) and GNU tar.

import type { ByteSource } from './byte-source.ts'

const block = 512

/** A longer name, or a larger extended header, is damage. */
const longestExtension = 65536

/** Blocks of zeros end an archive; what else a header may not be. */
interface TarHeader {
  readonly name: string
  readonly size: number
  /** '0' a file, '5' a folder, 'L' a long name, 'x' an extended header; others are passed over. */
  readonly type: string
}

export interface TarFile {
  /** As the archive has it: it may be absolute or lead out of the archive. */
  readonly name: string
  readonly size: number
  /** The content; a file whose content is not asked for is passed over. */
  read(): Uint8Array
}

/**
 * The regular files of an archive, in its order. Throws FormatError where it is cut off, a header's checksum is wrong, or a file is
 * claimed to be larger than `largestFile` bytes.
 */
export function* readTar(source: ByteSource, largestFile: number): Generator<TarFile, void, undefined> {
  let longName: string | undefined
  for (;;) {
    const field = `header at byte ${source.position}`
    const header = parseHeader(source, source.take(block, field), field)
    if (header === undefined) return
    const { type, size } = header
    const name = longName ?? header.name
    if (type === 'L' || type === 'x') {
      if (size > longestExtension) throw source.error(field, `an extended header of ${size} bytes makes no sense`)
      const text = new TextDecoder().decode(source.take(size, field))
      source.skip(paddingOf(size), field)
      longName = type === 'L' ? text.replace(/\0.*$/s, '') : (paxPath(text) ?? longName)
      continue
    }
    longName = undefined
    if (type !== '0' && type !== '\0') {
      source.skip(size + paddingOf(size), field)
      continue
    }
    if (size > largestFile) throw source.error(name, `it claims ${size} bytes, more than the ${largestFile} allowed`)
    if (size > source.plausible) throw source.error(name, `it claims ${size} bytes, for which the archive is too short`)
    let isRead = false
    yield {
      name,
      size,
      read: () => {
        isRead = true
        return source.take(size, name)
      },
    }
    source.skip(isRead ? paddingOf(size) : size + paddingOf(size), name)
  }
}

function paddingOf(size: number): number {
  return -size & (block - 1)
}

function parseHeader(source: ByteSource, bytes: Uint8Array, field: string): TarHeader | undefined {
  if (bytes.every((byte) => byte === 0)) return undefined
  const text = (start: number, length: number): string => {
    const part = bytes.subarray(start, start + length)
    const end = part.indexOf(0)
    return new TextDecoder().decode(end < 0 ? part : part.subarray(0, end))
  }
  const number = (start: number, length: number, what: string): number => {
    const digits = text(start, length).trim()
    if (!/^[0-7]+$/.test(digits)) throw source.error(field, `its ${what} should be an octal number, found '${digits}'`)
    return Number.parseInt(digits, 8)
  }
  let sum = 0
  for (let i = 0; i < block; i++) sum += i >= 148 && i < 156 ? 32 : (bytes[i] as number)
  if (number(148, 8, 'checksum') !== sum) {
    throw source.error(field, 'its checksum is wrong, so the archive is damaged or no tar archive; copy it again')
  }
  const prefix = text(257, 5) === 'ustar' ? text(345, 155) : ''
  const name = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`
  return { name, size: number(124, 12, 'size'), type: String.fromCharCode(bytes[156] as number) }
}

/** Records are `LENGTH key=value\n`. */
function paxPath(text: string): string | undefined {
  return /^\d+ path=(.*)$/m.exec(text)?.[1]
}
