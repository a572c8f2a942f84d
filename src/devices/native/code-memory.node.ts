// Pages of machine code: written while they are writable, then executable and no longer writable, given back when their owner is collected.

import { type CodeFunction, type Foreign, loadForeign } from './foreign.node.ts'

const pageBytes = 4096

const registry = new FinalizationRegistry<{ foreign: Foreign; address: bigint; bytes: number }>(
  ({ foreign, address, bytes }) => foreign.unmap(address, bytes),
)

/** Code that can be called. Its pages live as long as this object: whoever keeps a function of it must keep it too. */
export class CodeMemory {
  readonly #foreign: Foreign
  readonly #address: bigint

  /** Throws DeviceError where native code cannot run. */
  constructor(code: Uint8Array) {
    const foreign = loadForeign()
    const bytes = Math.ceil(Math.max(1, code.length) / pageBytes) * pageBytes
    const address = foreign.map(bytes)
    registry.register(this, { foreign, address, bytes })
    foreign.copy(address, code)
    foreign.protect(address, bytes)
    this.#foreign = foreign
    this.#address = address
  }

  /** The address of an offset of the code. */
  addressOf(offset: number): number {
    return Number(this.#address) + offset
  }

  /** The function that begins at an offset of the code. */
  functionAt(offset: number): CodeFunction {
    return this.#foreign.functionAt(this.#address + BigInt(offset))
  }
}
