// Bytes read front to back, whether they lie in memory or come out of a decompressor, so that each format is parsed by one code path.

import { FormatError } from '../../core/errors.ts'

/** A stream of bytes that ends; reading past its end is a FormatError that names the file and the field. */
export abstract class ByteSource {
  /** Name of the file, for messages. */
  readonly file: string
  #position = 0

  constructor(file: string) {
    this.file = file
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#position
  }

  /** How many bytes more there plausibly are: a bound for what is allocated before the bytes have been seen. */
  abstract readonly plausible: number

  /** The next bytes, at most `most` of them; empty only at the end. */
  protected abstract pull(most: number): Uint8Array

  /** The next bytes, at least one and at most `most`; the view holds until the next call. */
  next(most: number, field: string): Uint8Array {
    const bytes = this.pull(most)
    if (bytes.length === 0) {
      throw this.error(field, `the data are cut off after ${this.#position} bytes, copy the file again`)
    }
    this.#position += bytes.length
    return bytes
  }

  /** Exactly `count` bytes, for headers and tags: the caller has bounded `count`. */
  take(count: number, field: string): Uint8Array {
    const taken = new Uint8Array(count)
    for (let filled = 0; filled < count; ) {
      const bytes = this.next(count - filled, field)
      taken.set(bytes, filled)
      filled += bytes.length
    }
    return taken
  }

  /** Passes over `count` bytes. */
  skip(count: number, field: string): void {
    for (let left = count; left > 0; ) left -= this.next(left, field).length
  }

  /** A FormatError that names this file and `field`. */
  error(field: string, problem: string): FormatError {
    return new FormatError(`${this.file}: ${field}: ${problem}`)
  }
}

/** The bytes of an array that is there already. */
export class MemorySource extends ByteSource {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array, file: string) {
    super(file)
    this.#bytes = bytes
  }

  override get plausible(): number {
    return this.#bytes.length - this.#at
  }

  protected override pull(most: number): Uint8Array {
    const bytes = this.#bytes.subarray(this.#at, this.#at + most)
    this.#at += bytes.length
    return bytes
  }
}
