// A file as ranges of bytes: what is not asked for is not read.

import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { OcellusError } from '../core/errors.ts'
import type { ByteRanges } from './byte-ranges.ts'

/** The ranges of a plain file. Throws OcellusError, also later at each read, where it cannot be read or is shorter by then. */
export function rangesOfFile(path: string): ByteRanges {
  const readInto = (bytes: Uint8Array, start: number): void => fill(path, bytes, start)
  return {
    length: readable(path, () => statSync(path).size),
    read: (start, end) => {
      const bytes = new Uint8Array(end - start)
      readInto(bytes, start)
      return bytes
    },
    readInto,
  }
}

function fill(path: string, bytes: Uint8Array, start: number): void {
  readable(path, () => {
    const file = openSync(path, 'r')
    try {
      for (let filled = 0; filled < bytes.length; ) {
        const count = readSync(file, bytes, filled, bytes.length - filled, start + filled)
        if (count === 0) throw new Error('it became shorter while it was read')
        filled += count
      }
    } finally {
      closeSync(file)
    }
  })
}

function readable<Result>(path: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw new OcellusError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
