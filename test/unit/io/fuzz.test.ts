// Damaged files of weights: whatever the bytes, a reader gives a result or an OcellusError, soon and without much memory.
// 10,000 per format in `npm run test:full`, 200 in `npm test`; OCELLUS_FUZZ_RUNS sets another number.

import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OcellusError } from '../../../src/core/errors.ts'
import { Random } from '../../../src/core/random.ts'
import { processorMilliseconds } from '../cpu-time.ts'
import { archiveOf, crcOf } from './archive.ts'
import { fixture } from './fixture.ts'

const runs = Number(process.env.OCELLUS_FUZZ_RUNS ?? (process.env.OCELLUS_FULL === '1' ? 10_000 : 200))
const longestMilliseconds = 1000
/** What all tensors of a small PyTorch file may take; the other formats stay far below it. */
const largestAllocation = 16 * 2 ** 20
const largestGrowth = 16 * 2 ** 20

type Damage = (whole: Uint8Array, random: Random) => Uint8Array<ArrayBuffer>

/** The largest buffer that was constructed since it was set to 0. */
let largest = 0
const replaced = {
  ArrayBuffer,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
}
let read: (bytes: Uint8Array) => Promise<unknown>
let unzip: (bytes: Uint8Array) => [name: string, content: Uint8Array][]
let deflate: (bytes: Uint8Array) => Uint8Array
let collectGarbage: () => void

/** Watches what the readers and the decompressor allocate: they are loaded after the constructors have been replaced. */
beforeAll(async () => {
  setFlagsFromString('--expose-gc')
  collectGarbage = runInNewContext('gc')
  for (const [name, original] of Object.entries(replaced)) {
    const construct = (target: typeof original, parameters: [], newTarget: typeof original) => {
      const made: ArrayBuffer | ArrayBufferView = Reflect.construct(target, parameters, newTarget)
      largest = Math.max(largest, made.byteLength)
      return made
    }
    Reflect.set(globalThis, name, new Proxy(original, { construct }))
  }
  const { deflateSync } = await import('fflate')
  const { ZipArchive } = await import('../../../src/io/zip.ts')
  const { readWeights } = await import('../../../src/io/read-weights.ts')
  read = (bytes) => readWeights(bytes, { file: 'damaged', warn: () => undefined })
  unzip = (bytes) => {
    const archive = new ZipArchive(bytes, 'whole')
    return archive.names.map((name) => [name, archive.read(name)])
  }
  deflate = (bytes) => deflateSync(bytes)
})

afterAll(() => {
  for (const [name, original] of Object.entries(replaced)) Reflect.set(globalThis, name, original)
})

/** Values that sizes, types and opcodes often go wrong at. */
const extremes = [0, 1, 2, 3, 7, 8, 0x28, 0x2e, 0x52, 0x63, 0x74, 0x75, 0x7d, 127, 128, 0x85, 254, 255]

/** One to four changes: a byte, a number, bytes of one value, a cut, bytes repeated, removed, or copied from elsewhere. */
const damage: Damage = (whole, random) => {
  let bytes: Uint8Array<ArrayBuffer> = new Uint8Array(whole)
  for (let change = random.integer(4); change >= 0 && bytes.length > 0; change--) {
    const at = random.integer(bytes.length)
    const length = Math.min(1 + random.integer(16), bytes.length - at)
    switch (random.integer(8)) {
      case 0:
        bytes[at] = random.integer(256)
        break
      case 1:
        bytes[at] = extremes[random.integer(extremes.length)] as number
        break
      case 2:
        bytes.fill(random.integer(2) * 255, at, at + length)
        break
      case 3:
        bytes = bytes.slice(0, at)
        break
      case 4:
        bytes = joined(bytes.subarray(0, at + length), bytes.subarray(at))
        break
      case 5:
        bytes = joined(bytes.subarray(0, at), bytes.subarray(at + length))
        break
      case 6:
        bytes.copyWithin(at, random.integer(bytes.length), random.integer(bytes.length) + length)
        break
      default:
        bytes[at] = ((bytes[at] as number) + random.integer(5) - 2) & 255
    }
  }
  return bytes
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new replaced.Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}

/** Only the beginning, where headers are. */
const damageHeader: Damage = (whole, random) => joined(damage(whole.subarray(0, 128), random), whole.subarray(128))

const unzipped = new Map<Uint8Array, ReturnType<typeof unzip>>()

function filesIn(whole: Uint8Array): ReturnType<typeof unzip> {
  const files = unzipped.get(whole) ?? unzip(whole)
  unzipped.set(whole, files)
  return files
}

/** An archive whose files are damaged within, with sizes and checksums that are right again. */
const damageWithin: Damage = (whole, random) => {
  const files = filesIn(whole)
  const chosen =
    random.integer(3) === 0 ? random.integer(files.length) : files.findIndex(([name]) => !name.includes('/data/'))
  return archiveOf(
    files.map(([name, content], i) => {
      const altered = i === chosen ? damage(content, random) : content
      if (random.integer(4) > 0) return { name, bytes: altered }
      return { name, bytes: deflate(altered), method: 8, size: altered.length, crc: crcOf(altered) }
    }),
  )
}

/** How each file is damaged, and for which share of its format's runs. */
const cases: readonly (readonly [format: string, name: string, alter: Damage, share: number])[] = [
  ['safetensors', '../data/native.safetensors', damage, 1 / 2],
  ['safetensors', '../data/converted.safetensors', damage, 1 / 2],
  ['npy', 'version-1.npy', damage, 1 / 4],
  ['npy', 'version-2.npy', damageHeader, 1 / 2],
  ['npy', 'version-3.npy', damageHeader, 1 / 4],
  ['npz', 'arrays.npz', damage, 1 / 4],
  ['npz', 'arrays-deflated.npz', damage, 1 / 2],
  ['npz', 'arrays-deflated.npz', damageWithin, 1 / 4],
  ['PyTorch', 'decoder.pth', damage, 1 / 4],
  ['PyTorch', 'every-dtype.pth', damageWithin, 1 / 2],
  ['PyTorch', 'checkpoint.pth', damageWithin, 1 / 4],
  ['PyTorch before 1.6', 'every-dtype-legacy.th', damage, 1 / 2],
  ['PyTorch before 1.6', 'checkpoint-legacy.th', damage, 1 / 2],
  ['ONNX', 'network.onnx', damage, 1],
]

describe(`${runs} damaged files of each format`, () => {
  it.each(cases)('%s: %s', { timeout: 60_000 + runs * 100 }, async (_, name, alter, share) => {
    const whole = fixture(name)
    expect(await read(whole)).toBeDefined()
    const count = Math.ceil(runs * share)
    let refused = 0
    let slowest = { milliseconds: 0, run: 0 }
    let widest = { bytes: 0, run: 0 }
    let start = 0
    for (let run = 0; run < count; run++) {
      // Memory that is used once, for compiled code and the like, is no growth.
      if (run === Math.floor(count / 4)) start = await memoryInUse()
      const bytes = alter(whole, new Random(run, 0xf022))
      largest = 0
      const began = processorMilliseconds()
      try {
        await read(bytes)
      } catch (error) {
        if (!(error instanceof OcellusError)) throw new Error(`run ${run}: ${String(error)}`, { cause: error })
        if (!error.message.startsWith('damaged: ')) throw new Error(`run ${run} names no file: ${error.message}`)
        refused++
      }
      const milliseconds = processorMilliseconds() - began
      if (milliseconds > slowest.milliseconds) slowest = { milliseconds, run }
      if (largest > widest.bytes) widest = { bytes: largest, run }
    }
    expect(slowest.milliseconds, `milliseconds of run ${slowest.run}`).toBeLessThan(longestMilliseconds)
    expect(widest.bytes, `bytes of the largest allocation of run ${widest.run}`).toBeLessThanOrEqual(largestAllocation)
    expect((await memoryInUse()) - start, 'bytes that remain').toBeLessThan(largestGrowth)
    // The damage is real: a reader that took everything would not notice it.
    expect(refused).toBeGreaterThan(count / 10)
  })
})

/** What remains after two collections: the memory of arrays is given back a while after the first. */
async function memoryInUse(): Promise<number> {
  collectGarbage()
  await setImmediate()
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
