// Reads protobuf messages field by field. ONNX needs no more of protobuf than this and its counterpart, the writer.
// https://protobuf.dev/programming-guides/encoding

import { FormatError } from '../../core/errors.ts'

/** One field of a message: a number for wire type 0, else the bytes. */
export type ProtobufField =
  | { readonly number: number; readonly wire: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly wire: 'fixed32' | 'fixed64' | 'bytes'; readonly bytes: Uint8Array }

const wires = { 0: 'varint', 1: 'fixed64', 2: 'bytes', 5: 'fixed32' } as const

/** Walks over bytes; `place` says in messages which part of which file they are. */
export class ProtobufReader {
  readonly #bytes: Uint8Array
  readonly #place: string
  #at = 0

  constructor(bytes: Uint8Array, place: string) {
    // As a plain Uint8Array: parts of a Buffer would share its memory when they are copied.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#place = place
  }

  /** The fields, in their order. Throws FormatError where the message is cut off or no protobuf. */
  *fields(): Generator<ProtobufField> {
    while (this.#at < this.#bytes.length) {
      const tag = Number(this.varint())
      const number = Math.floor(tag / 8)
      const wire = wires[(tag % 8) as keyof typeof wires]
      if (wire === undefined || number === 0) {
        throw new FormatError(
          `${this.#place}: a field of number ${number} and type ${tag % 8} is none of protobuf; the file is damaged or no ONNX`,
        )
      }
      if (wire === 'varint') yield { number, wire, value: this.varint() }
      else yield { number, wire, bytes: this.#take(wire === 'bytes' ? this.#length() : wire === 'fixed32' ? 4 : 8) }
    }
  }

  /** All that is left as numbers: a packed list. */
  *varints(): Generator<bigint> {
    while (this.#at < this.#bytes.length) yield this.varint()
  }

  /** An unsigned number of up to 64 bits. */
  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw this.#cutOff()
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    throw new FormatError(`${this.#place}: a number has more than 64 bits; the file is damaged`)
  }

  #length(): number {
    return Number(this.varint())
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw this.#cutOff()
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #cutOff(): FormatError {
    return new FormatError(`${this.#place}: it ends in the middle of a field; the file is truncated or damaged`)
  }
}
