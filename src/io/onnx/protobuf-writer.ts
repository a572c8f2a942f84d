// Writes protobuf messages: what ONNX needs of them.

/** A message that grows field by field. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = []

  /** A whole number; negative ones take ten bytes, as protobuf's int64. */
  integer(field: number, value: number | bigint): this {
    this.#tag(field, 0)
    this.#parts.push(varint(BigInt(value)))
    return this
  }

  /** A 32-bit float. */
  float(field: number, value: number): this {
    this.#tag(field, 5)
    this.#parts.push(new Uint8Array(Float32Array.of(value).buffer))
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, 2)
    this.#parts.push(varint(BigInt(value.length)), value)
    return this
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  message(field: number, message: ProtobufWriter): this {
    return this.bytes(field, message.finish())
  }

  /** Whole numbers in one field, packed. */
  integers(field: number, values: readonly number[]): this {
    return this.bytes(field, joined(values.map((value) => varint(BigInt(value)))))
  }

  finish(): Uint8Array<ArrayBuffer> {
    return joined(this.#parts)
  }

  #tag(field: number, wire: number): void {
    this.#parts.push(varint(BigInt(field * 8 + wire)))
  }
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
