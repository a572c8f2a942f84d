// Bytes that can be read from any place, whether they lie in memory or in a file.

export interface ByteRanges {
  readonly length: number
  /** A copy of the bytes [start, end), which lie within the length. */
  read(start: number, end: number): Uint8Array<ArrayBuffer>
  /** Fills `bytes` with those from `start` on. */
  readInto(bytes: Uint8Array, start: number): void
}

export function rangesOfBytes(bytes: Uint8Array): ByteRanges {
  return {
    length: bytes.length,
    read: (start, end) => new Uint8Array(bytes.subarray(start, end)),
    readInto: (target, start) => target.set(bytes.subarray(start, start + target.length)),
  }
}
