// Machine code as it grows: bytes, labels, and a pool of constants that is placed behind the code.

import { OcellusError } from '../../core/errors.ts'

/** A place in the code that jumps and calls name before or after it is known. */
export interface Label {
  position: number | undefined
}

interface LabelFix {
  readonly at: number
  readonly label: Label
}

interface PoolFix {
  /** Where the four bytes of the distance lie, and where the instruction ends. */
  readonly at: number
  readonly end: number
  readonly constant: number
}

/** A point to which the code can be taken back. */
export interface Mark {
  readonly length: number
  readonly labelFixes: number
  readonly poolFixes: number
}

const poolAlignment = 64

export class CodeBuffer {
  #bytes = new Uint8Array(4096)
  #length = 0
  #labelFixes: LabelFix[] = []
  #poolFixes: PoolFix[] = []
  readonly #constants: Uint8Array[] = []
  readonly #constantNumbers = new Map<string, number>()

  get length(): number {
    return this.#length
  }

  /** One byte, or two or three in a row. */
  byte(first: number, second?: number, third?: number): void {
    this.#room(3)
    this.#bytes[this.#length++] = first
    if (second !== undefined) this.#bytes[this.#length++] = second
    if (third !== undefined) this.#bytes[this.#length++] = third
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(2 * this.#bytes.length + count)
    grown.set(this.#bytes)
    this.#bytes = grown
  }

  int32(value: number): void {
    this.#room(4)
    this.#bytes[this.#length++] = value
    this.#bytes[this.#length++] = value >> 8
    this.#bytes[this.#length++] = value >> 16
    this.#bytes[this.#length++] = value >> 24
  }

  int64(value: bigint): void {
    this.int32(Number(BigInt.asIntN(32, value)))
    this.int32(Number(BigInt.asIntN(32, value >> 32n)))
  }

  /** The next instruction starts at a multiple of `bytes`; the gap is filled with `int3`, which is never reached. */
  align(bytes: number): void {
    while (this.#length % bytes !== 0) this.byte(0xcc)
  }

  bind(label: Label): void {
    if (label.position !== undefined) throw new OcellusError('a label has two places in the code')
    label.position = this.#length
  }

  /** Four bytes: the distance from behind them to the label. */
  distance(label: Label): void {
    this.#labelFixes.push({ at: this.#length, label })
    this.int32(0)
  }

  /** The number of a constant with these bytes; equal bytes have one number. Its length is a power of two up to 64. */
  constant(bytes: Uint8Array): number {
    const key = bytes.join()
    let number = this.#constantNumbers.get(key)
    if (number === undefined) {
      number = this.#constants.push(bytes) - 1
      this.#constantNumbers.set(key, number)
    }
    return number
  }

  /** Four bytes: the distance from the instruction's end, `trailing` bytes behind them, to the constant. */
  distanceToConstant(constant: number, trailing: number): void {
    this.#poolFixes.push({ at: this.#length, end: this.#length + 4 + trailing, constant })
    this.int32(0)
  }

  mark(): Mark {
    return { length: this.#length, labelFixes: this.#labelFixes.length, poolFixes: this.#poolFixes.length }
  }

  /** Forgets what was written since the mark; constants stay known, and only those in use are placed. */
  rewind({ length, labelFixes, poolFixes }: Mark): void {
    this.#length = length
    this.#labelFixes.length = labelFixes
    this.#poolFixes.length = poolFixes
  }

  /** The code with its constants behind it; the whole is to be placed at a multiple of 64. */
  finish(): Uint8Array<ArrayBuffer> {
    for (const { at, label } of this.#labelFixes) {
      if (label.position === undefined) throw new OcellusError('a jump leads to a label without a place')
      this.#patch(at, label.position - (at + 4))
    }
    const used = new Set(this.#poolFixes.map(({ constant }) => constant))
    const bySize = [...used].sort((a, b) => this.#constantBytes(b).length - this.#constantBytes(a).length)
    if (bySize.length > 0) this.align(poolAlignment)
    const places = new Map<number, number>()
    for (const constant of bySize) {
      places.set(constant, this.#length)
      for (const byte of this.#constantBytes(constant)) this.byte(byte)
    }
    for (const { at, end, constant } of this.#poolFixes) this.#patch(at, (places.get(constant) as number) - end)
    return this.#bytes.slice(0, this.#length)
  }

  #constantBytes(constant: number): Uint8Array {
    return this.#constants[constant] as Uint8Array
  }

  #patch(at: number, value: number): void {
    new DataView(this.#bytes.buffer).setInt32(at, value, true)
  }
}
