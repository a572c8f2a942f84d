// The format of torch.save before PyTorch 1.6: pickles of a magic number, a version, the writer's machine and the object, then the list of
// storages, and each storage as a count and its elements, little-endian.

import { FormatError } from '../../core/errors.ts'
import { PickleGlobal, PickleTuple, type PickleValue } from '../../data/formats/pickle-values.ts'
import { unpickle } from '../../data/formats/unpickler.ts'
import { pytorchGlobal, storageTypeOf } from './globals.ts'
import { Storage } from './storage.ts'

/** What the first pickle holds, and how the file begins with it: protocol 2, a LONG1 of 10 bytes. */
const magicNumber = 0x1950a86a20f9469cfc6cn
const beginning = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19] as const

export function isLegacyPytorch(bytes: Uint8Array): boolean {
  return bytes[0] === 0x80 && beginning.every((byte, i) => bytes[2 + i] === byte)
}

/** Reads the object and finds its storages. Throws FormatError for a damaged file. */
export function readLegacy(bytes: Uint8Array, file: string): PickleValue {
  const storages = new Storages(bytes, file)
  let at = 0
  const next = (field: string): PickleValue => {
    const { value, end } = unpickle(bytes, at, {
      file,
      field,
      global: pytorchGlobal,
      persistent: (id) => storages.find(id),
    })
    at = end
    return value
  }
  if (next('magic number') !== magicNumber) throw new FormatError(`${file}: magic number: it is not that of torch.save`)
  const version = next('protocol version')
  if (version !== 1001)
    throw new FormatError(`${file}: protocol version: ${String(version)} is not read, expected 1001`)
  next('system information')
  const value = next('object')
  const keys = next('storage keys')
  storages.locate(keys, at)
  return value
}

/** The storages that the object mentions, whose data follow behind all pickles. */
class Storages {
  readonly #bytes: Uint8Array
  readonly #file: string
  readonly #found = new Map<string, Storage>()
  /** Where the elements of each begin. */
  readonly #starts = new Map<string, number>()

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes
    this.#file = file
  }

  /** The storage of an identifier ('storage', class, key, device, elements, view), where a view is None or (key, offset, elements). */
  find(id: PickleValue): Storage | undefined {
    const [kind, storageClass, key, , count, view = null] = id instanceof PickleTuple ? id.items : []
    if (kind === 'module' && storageClass instanceof PickleGlobal) return undefined
    const known = storageTypeOf(storageClass)
    if (kind !== 'storage' || known === undefined || typeof key !== 'string' || !isCount(count)) return undefined
    const there = this.#found.get(key)
    if (there !== undefined && (there.type !== known.type || there.count !== count)) {
      throw this.#error(key, 'it is mentioned twice, with different types or sizes')
    }
    const root: Storage = there ?? new Storage(key, known.type, count, () => this.#content(root))
    this.#found.set(key, root)
    if (view === null) return root
    const [viewKey, offset, elements] = view instanceof PickleTuple ? view.items : []
    if (typeof viewKey !== 'string' || !isCount(offset) || !isCount(elements) || offset + elements > count)
      return undefined
    const size = count === 0 ? 0 : root.byteLength / count
    return new Storage(viewKey, known.type, elements, () =>
      root.bytes().subarray(offset * size, (offset + elements) * size),
    )
  }

  /** Finds the data of each storage, in the order of the keys, from byte `at` on. */
  locate(keys: PickleValue, at: number): void {
    if (!Array.isArray(keys)) throw new FormatError(`${this.#file}: storage keys: they should be a list of texts`)
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    let start = at
    for (const key of keys) {
      const storage = typeof key === 'string' ? this.#found.get(key) : undefined
      if (storage === undefined) throw this.#error(String(key), 'no tensor uses it, so its type is not known')
      if (this.#starts.has(storage.key)) throw this.#error(storage.key, 'it occurs twice')
      if (start + 8 > this.#bytes.length) throw this.#error(storage.key, 'its data are cut off, copy the file again')
      const count = view.getBigInt64(start, true)
      if (count !== BigInt(storage.count)) {
        throw this.#error(storage.key, `${count} elements follow, but the pickle announces ${storage.count}`)
      }
      start += 8
      if (start + storage.byteLength > this.#bytes.length) {
        throw this.#error(
          storage.key,
          `its ${storage.byteLength} bytes are cut off after ${this.#bytes.length - start}, copy the file again`,
        )
      }
      this.#starts.set(storage.key, start)
      start += storage.byteLength
    }
  }

  #content(storage: Storage): Uint8Array {
    const start = this.#starts.get(storage.key)
    if (start === undefined) throw this.#error(storage.key, 'its data are missing')
    return this.#bytes.subarray(start, start + storage.byteLength)
  }

  #error(key: string, problem: string): FormatError {
    return new FormatError(`${this.#file}: storage ${key}: ${problem}`)
  }
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
