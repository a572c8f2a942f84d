// The two checksums of compressed files: Adler-32 (zlib, RFC 1950) and CRC-32 (gzip, RFC 1952), both over a stream of chunks.

/** A checksum that is fed chunk by chunk. */
export interface Checksum {
  update(bytes: Uint8Array): void
  /** The value over everything so far, as an unsigned 32-bit integer. */
  readonly value: number
}

/** Sums are reduced modulo the prime this rarely: 5552 is the longest run that cannot overflow 32 bits. */
const adlerRun = 5552
const adlerPrime = 65521

export class Adler32 implements Checksum {
  #low = 1
  #high = 0

  update(bytes: Uint8Array): void {
    let low = this.#low
    let high = this.#high
    for (let start = 0; start < bytes.length; start += adlerRun) {
      const end = Math.min(start + adlerRun, bytes.length)
      for (let i = start; i < end; i++) {
        low += bytes[i] as number
        high += low
      }
      low %= adlerPrime
      high %= adlerPrime
    }
    this.#low = low
    this.#high = high
  }

  get value(): number {
    return ((this.#high << 16) | this.#low) >>> 0
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
  return remainder
})

export class Crc32 implements Checksum {
  #remainder = -1

  update(bytes: Uint8Array): void {
    let remainder = this.#remainder
    for (let i = 0; i < bytes.length; i++) {
      remainder = (crcTable[(remainder ^ (bytes[i] as number)) & 0xff] as number) ^ (remainder >>> 8)
    }
    this.#remainder = remainder
  }

  get value(): number {
    return ~this.#remainder >>> 0
  }
}
