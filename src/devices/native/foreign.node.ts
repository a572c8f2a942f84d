// Calls into the C library and into emitted code, by koffi, an optional package.

import { createRequire } from 'node:module'
import { DeviceError } from '../../core/errors.ts'

/** Addresses pass as numbers or bigints; typed arrays pass as the address of their bytes. */
export type Pointer = bigint | number | ArrayBufferView | null

/** A function of emitted code. */
export type CodeFunction = (a: Pointer, b: number, c: number) => void

type ForeignFunction = (...values: readonly (Pointer | string)[]) => bigint | number

/** What this file needs of koffi 3. */
interface Koffi {
  load(path: string | null): { func(name: string, result: string, parameters: readonly string[]): ForeignFunction }
  proto(result: string, parameters: readonly string[]): object
  decode(address: bigint, type: object): CodeFunction
  errno(): number
}

export interface Foreign {
  /** New pages of memory, readable and writable. */
  map(bytes: number): bigint
  unmap(address: bigint, bytes: number): void
  /** Makes pages readable and executable, and no longer writable. */
  protect(address: bigint, bytes: number): void
  /** Makes pages such that whoever touches them crashes. */
  guard(address: bigint, bytes: number): void
  copy(to: bigint, from: Uint8Array): void
  /** Copies from an address. */
  read(to: Uint8Array, from: bigint): void
  /** The address of a view's first byte. The memory must not move: a shared WebAssembly.Memory's, or one that lives for the call. */
  addressOf(view: Uint8Array): bigint
  /** A function at an address, with an address and two whole numbers as its parameters. */
  functionAt(address: bigint): CodeFunction
  /** Where the package koffi is: each thread that calls machine code must load it. */
  readonly koffi: string
  /** Addresses of `sched_yield()` and `usleep(microseconds)`. */
  readonly wait: { readonly yield: bigint; readonly sleep: bigint }
}

/** What dlsym takes for "any library that is loaded". */
const anyLibrary: Readonly<Partial<Record<NodeJS.Platform, bigint>>> = { linux: 0n, darwin: -2n }

const noAccess = 0
const readWrite = 1 | 2
const readExecute = 1 | 4
const privateAnonymous: Readonly<Partial<Record<NodeJS.Platform, number>>> = { linux: 0x22, darwin: 0x1002 }

let loaded: Foreign | undefined

/** Throws DeviceError where the processor is not x64, the system is not known, or koffi is not installed. */
export function loadForeign(): Foreign {
  loaded ??= createForeign()
  return loaded
}

function createForeign(): Foreign {
  const { platform, arch } = process
  const flags = privateAnonymous[platform]
  if (arch !== 'x64') throw new DeviceError(`the native device emits x64 code, but this processor is ${arch}`)
  if (flags === undefined) throw new DeviceError(`the native device runs on Linux and macOS, not yet on ${platform}`)
  const { koffi, path } = requireKoffi()
  const library = koffi.load(null)
  const mmap = library.func('mmap', 'void *', ['void *', 'size_t', 'int', 'int', 'int', 'int64_t'])
  const munmap = library.func('munmap', 'int', ['void *', 'size_t'])
  const mprotect = library.func('mprotect', 'int', ['void *', 'size_t', 'int'])
  const memcpy = library.func('memcpy', 'void *', ['void *', 'void *', 'size_t'])
  const dlsym = library.func('dlsym', 'void *', ['int64_t', 'const char *'])
  const addressOfFunction = (name: string): bigint => {
    const address = BigInt(dlsym(anyLibrary[platform] ?? 0n, name))
    if (address === 0n) throw new DeviceError(`the C library has no ${name}; choose the wasm device`)
    return address
  }
  const signature = koffi.proto('void', ['void *', 'int64_t', 'int64_t'])
  const failure = (what: string): DeviceError =>
    new DeviceError(`the system refuses to ${what} (error ${koffi.errno()}); choose the wasm device`)
  return {
    map: (bytes) => {
      const address = BigInt(mmap(null, bytes, readWrite, flags, -1, 0))
      if (BigInt.asUintN(64, address) === 2n ** 64n - 1n) throw failure(`map ${bytes} bytes for code`)
      return address
    },
    unmap: (address, bytes) => {
      munmap(address, bytes)
    },
    protect: (address, bytes) => {
      if (mprotect(address, bytes, readExecute) !== 0) throw failure('make memory executable')
    },
    guard: (address, bytes) => {
      if (mprotect(address, bytes, noAccess) !== 0) throw failure('guard memory')
    },
    copy: (to, from) => {
      memcpy(to, from, from.length)
    },
    read: (to, from) => {
      memcpy(to, from, to.length)
    },
    // memcpy returns its first argument as an address; it copies nothing here.
    addressOf: (view) => BigInt(memcpy(view, view, 0)),
    functionAt: (address) => koffi.decode(address, signature),
    koffi: path,
    wait: { yield: addressOfFunction('sched_yield'), sleep: addressOfFunction('usleep') },
  }
}

function requireKoffi(): { koffi: Koffi; path: string } {
  try {
    const require = createRequire(import.meta.url)
    return { koffi: require('koffi') as Koffi, path: require.resolve('koffi') }
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new DeviceError(
      `the native device needs the package koffi 3, which cannot be loaded (${reason}); npm install koffi`,
    )
  }
}
