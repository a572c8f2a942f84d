// The device's memory: one WebAssembly.Memory with blocks given out first fit and joined again when freed.

import { DeviceError } from '../../core/errors.ts'

const pageBytes = 65536
/** Blocks start at multiples of this; a tail vector may read as many bytes past an extent. */
export const alignment = 64
/** Reservations to ask for, largest first: a memory limit of the system can refuse the large ones. */
const reservations = [65536, 32768, 16384, 4096] as const

interface Block {
  readonly offset: number
  readonly bytes: number
}

function reserve(): { memory: WebAssembly.Memory; shared: boolean; maximum: number } {
  const shared = typeof SharedArrayBuffer !== 'undefined'
  for (const maximum of reservations) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 16, maximum, shared }), shared, maximum }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
  throw new DeviceError(
    'the system refuses even 256 MiB of address space for WebAssembly memory; raise its memory limit',
  )
}

export class Heap {
  readonly memory: WebAssembly.Memory
  readonly shared: boolean
  readonly maximumPages: number
  /** Free blocks by offset; no two touch. */
  #free: Block[] = []
  /** Bytes below this are given out or free; above lies memory never used. Address 0 stays unused. */
  #top: number = alignment

  constructor() {
    const { memory, shared, maximum } = reserve()
    this.memory = memory
    this.shared = shared
    this.maximumPages = maximum
  }

  get buffer(): ArrayBufferLike {
    return this.memory.buffer
  }

  /** The offset of a new block, with readable bytes after it. */
  allocate(bytes: number, purpose: string): number {
    const size = (Math.ceil(bytes / alignment) + 1) * alignment
    const position = this.#free.findIndex((block) => block.bytes >= size)
    const block = this.#free[position]
    if (block !== undefined) {
      const rest = { offset: block.offset + size, bytes: block.bytes - size }
      this.#free.splice(position, 1, ...(rest.bytes > 0 ? [rest] : []))
      return block.offset
    }
    // A free block at the top grows into what is needed.
    const last = this.#free.at(-1)
    const offset = last !== undefined && last.offset + last.bytes === this.#top ? last.offset : this.#top
    this.#ensure(offset + size, bytes, purpose)
    if (offset !== this.#top) this.#free.pop()
    this.#top = offset + size
    return offset
  }

  release(offset: number, bytes: number): void {
    const size = (Math.ceil(bytes / alignment) + 1) * alignment
    const blocks = [...this.#free, { offset, bytes: size }].sort((a, b) => a.offset - b.offset)
    const joined: Block[] = []
    for (const block of blocks) {
      const last = joined.at(-1)
      if (last !== undefined && last.offset + last.bytes === block.offset) {
        joined[joined.length - 1] = { offset: last.offset, bytes: last.bytes + block.bytes }
      } else joined.push(block)
    }
    this.#free = joined
  }

  #ensure(end: number, wanted: number, purpose: string): void {
    const have = this.memory.buffer.byteLength
    if (end <= have) return
    const pages = Math.ceil((end - have) / pageBytes)
    try {
      this.memory.grow(pages)
    } catch {
      throw this.#refusal(wanted, end - wanted, purpose)
    }
  }

  /** Throws DeviceError when a block is larger than all of the memory, before anything is made for it. */
  checkSize(bytes: number, purpose: string): void {
    if (bytes > this.maximumPages * pageBytes) throw this.#refusal(bytes, this.#top, purpose)
  }

  #refusal(wanted: number, used: number, purpose: string): DeviceError {
    const limit = this.maximumPages * pageBytes
    const mebibytes = (count: number): string => `${(count / 2 ** 20).toFixed(1)} MiB`
    if (used + wanted <= limit) {
      return new DeviceError(
        `${purpose} needs ${mebibytes(wanted)}; ${mebibytes(used)} are in use, and the system gives no more: take a smaller batch, or raise its memory limit`,
      )
    }
    const part = Math.floor((100 * Math.max(0, limit - used)) / wanted)
    const fits = part < 100 ? `, so about ${part} % of it would fit: take a smaller batch` : ''
    return new DeviceError(
      `${purpose} needs ${mebibytes(wanted)}; ${mebibytes(used)} of ${mebibytes(limit)} are in use${fits}`,
    )
  }
}
