// Buffers that end at pages which nobody may touch: whoever reads or writes beyond what is allowed crashes, and canaries show the rest.

import { type Foreign, loadForeign } from '../../../src/devices/native/foreign.node.ts'

const pageBytes = 4096
/** What a tail vector may read behind the 64-byte line in which a buffer ends. */
const readable = 64
/** NaN in every float: what lies around a buffer must never reach a result. */
const canary = 0xff

export interface GuardedBuffer {
  readonly address: bigint
  readonly bytes: number
}

function lines(bytes: number): number {
  return Math.ceil(bytes / readable) * readable + readable
}

export class GuardedMemory {
  readonly buffers: readonly GuardedBuffer[]
  readonly #foreign: Foreign = loadForeign()
  readonly #start: bigint
  readonly #bytes: number
  readonly #rooms: readonly { readonly start: bigint; readonly bytes: number }[]

  /** One buffer for each size, all bytes canaries. */
  constructor(sizes: readonly number[]) {
    const pages = sizes.map((bytes) => Math.ceil(lines(bytes) / pageBytes))
    // A guard before the first buffer and after each.
    this.#bytes = pageBytes * (1 + pages.reduce((sum, count) => sum + count + 1, 0))
    this.#start = this.#foreign.map(this.#bytes)
    let next = this.#start
    const guard = (): void => {
      this.#foreign.guard(next, pageBytes)
      next += BigInt(pageBytes)
    }
    guard()
    this.#rooms = pages.map((count) => {
      const room = { start: next, bytes: count * pageBytes }
      this.#foreign.copy(room.start, new Uint8Array(room.bytes).fill(canary))
      next += BigInt(room.bytes)
      guard()
      return room
    })
    this.buffers = sizes.map((bytes, i) => {
      const room = this.#rooms[i] as { start: bigint; bytes: number }
      return { address: room.start + BigInt(room.bytes - lines(bytes)), bytes }
    })
  }

  write(number: number, values: ArrayBufferView): void {
    const { address } = this.buffers[number] as GuardedBuffer
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    if (bytes.length > 0) this.#foreign.copy(address, bytes)
  }

  read(number: number): Uint8Array<ArrayBuffer> {
    const { address, bytes } = this.buffers[number] as GuardedBuffer
    const copy = new Uint8Array(bytes)
    if (bytes > 0) this.#foreign.read(copy, address)
    return copy
  }

  /** The first buffer around which something was written, in words. */
  violation(): string | undefined {
    for (const [number, { address, bytes }] of this.buffers.entries()) {
      const room = this.#rooms[number] as { start: bigint; bytes: number }
      const all = new Uint8Array(room.bytes)
      this.#foreign.read(all, room.start)
      const start = Number(address - room.start)
      const outside = all.findIndex((byte, i) => byte !== canary && (i < start || i >= start + bytes))
      if (outside >= 0) return `byte ${outside - start} of buffer ${number}, which has ${bytes}, was written`
    }
    return undefined
  }

  release(): void {
    this.#foreign.unmap(this.#start, this.#bytes)
  }
}
