// Damaged files of every format: whatever the bytes, a reader gives a result or an OcellusError, soon and without much memory.
// OCELLUS_FUZZ_RUNS sets the number of damaged files per starting file (default 200; 10,000 in the full run).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OcellusError } from '../../../src/core/errors.ts'
import { Random } from '../../../src/core/random.ts'
import { processorMilliseconds } from '../cpu-time.ts'
import { fixture } from './fixture.ts'
import { cifarRecords, svhnFile } from './pictures.ts'
import { tarOf } from './tar.ts'

const runs = Number(process.env.OCELLUS_FUZZ_RUNS ?? (process.env.OCELLUS_FULL === '1' ? 10_000 : 200))
const longestMilliseconds = 1000
/** Two steps of inflation at deflate's largest expansion are 4 MB for these files. */
const largestAllocation = 8 * 2 ** 20

type Reader = (bytes: Uint8Array) => unknown
type Readers = Readonly<Record<'matlab' | 'idx' | 'safetensors' | 'cifar' | 'cifarPython' | 'svhn' | 'tar', Reader>>

/** The largest buffer that was constructed since it was set to 0. */
let largest = 0
const replaced = {
  ArrayBuffer,
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
}
let fflate: typeof import('fflate')
const readers: Partial<Record<keyof Readers, Reader>> = {}

/** Watches what the readers and the decompressor allocate: they are loaded after the constructors have been replaced. */
beforeAll(async () => {
  for (const [name, original] of Object.entries(replaced)) {
    const construct = (target: typeof original, parameters: [], newTarget: typeof original) => {
      const made: ArrayBuffer | ArrayBufferView = Reflect.construct(target, parameters, newTarget)
      largest = Math.max(largest, made.byteLength)
      return made
    }
    Reflect.set(globalThis, name, new Proxy(original, { construct }))
  }
  fflate = await import('fflate')
  const { readMatlab } = await import('../../../src/data/formats/matlab.ts')
  const { readIdx } = await import('../../../src/data/formats/idx.ts')
  const { readSafetensors } = await import('../../../src/io/safetensors.ts')
  const { readCifar } = await import('../../../src/data/cifar.ts')
  const { readCifarPython } = await import('../../../src/data/cifar-python.ts')
  const { readSvhn } = await import('../../../src/data/svhn.ts')
  const { readTar } = await import('../../../src/data/formats/tar.ts')
  const { MemorySource } = await import('../../../src/data/formats/byte-source.ts')
  const { InflateSource, isGzip } = await import('../../../src/data/formats/inflate-source.ts')
  Object.assign(readers, {
    matlab: readMatlab,
    idx: readIdx,
    safetensors: readSafetensors,
    cifar: (bytes: Uint8Array) => readCifar(bytes, { classes: ['a', 'b', 'c'] }),
    cifarPython: (bytes: Uint8Array) => readCifarPython(bytes, { classes: [...'0123456789'] }),
    svhn: readSvhn,
    tar: (bytes: Uint8Array) => {
      const source = isGzip(bytes)
        ? new InflateSource(bytes, 'gzip', 'a.tar.gz', 'gzip')
        : new MemorySource(bytes, 'a.tar')
      return Array.from(readTar(source, 2 ** 20), (file) => file.read().length)
    },
  })
})

afterAll(() => {
  for (const [name, original] of Object.entries(replaced)) Reflect.set(globalThis, name, original)
})

/** Values that sizes and types often go wrong at. */
const extremes = [0, 1, 2, 3, 7, 8, 14, 15, 31, 32, 64, 127, 128, 254, 255]

/** One to four changes: a byte, a word, a cut, bytes repeated, bytes removed. */
function damage(whole: Uint8Array, random: Random): Uint8Array {
  let bytes = whole.slice()
  for (let change = random.integer(4); change >= 0 && bytes.length > 0; change--) {
    const at = random.integer(bytes.length)
    const length = Math.min(1 + random.integer(16), bytes.length - at)
    switch (random.integer(6)) {
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
        bytes = Uint8Array.of(...bytes.subarray(0, at + length), ...bytes.subarray(at))
        break
      default:
        bytes = Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + length))
    }
  }
  return bytes
}

/** A MATLAB file whose compressed variables are damaged within, with checksums that are right again. */
function damageWithin(whole: Uint8Array, random: Random): Uint8Array {
  const parts: number[] = [...whole.subarray(0, 128)]
  const view = new DataView(whole.buffer, whole.byteOffset)
  const littleEndian = whole[126] === 0x49
  for (let at = 128; at < whole.length; ) {
    const length = view.getUint32(at + 4, littleEndian)
    const inner = fflate.unzlibSync(whole.subarray(at + 8, at + 8 + length))
    const packed = fflate.zlibSync(random.integer(3) === 0 ? damage(inner, random) : inner)
    const tag = new DataView(new replaced.ArrayBuffer(8))
    tag.setUint32(0, 15, littleEndian)
    tag.setUint32(4, packed.length, littleEndian)
    parts.push(...new replaced.Uint8Array(tag.buffer), ...packed)
    at += 8 + length
  }
  return replaced.Uint8Array.from(parts)
}

/** Starting files that are made here. */
const made: Readonly<Record<string, () => Uint8Array>> = {
  'batch.bin': () => cifarRecords([0, 1, 2]),
  'batch.bin.gz': () => fflate.gzipSync(cifarRecords([0, 1, 2])),
  'cifar-python2.pickle': () => fflate.gunzipSync(fixture('cifar-python2.pickle.gz')),
  'svhn.mat': () => svhnFile([1, 10, 3]),
  'archive.tar': archive,
  'archive.tar.gz': () => fflate.gzipSync(archive()),
}

function archive(): Uint8Array {
  const long = tarOf({ '././@LongLink': new TextEncoder().encode(`${'folder/'.repeat(20)}name`) }, 'L').slice(0, 1024)
  const pax = tarOf({ PaxHeader: new TextEncoder().encode('24 path=another/name.bin\n') }, 'x').slice(0, 1024)
  const files = { 'a.bin': new Uint8Array(700).fill(3), 'b/c.txt': new TextEncoder().encode('text') }
  return replaced.Uint8Array.from([...long, ...pax, ...tarOf(files)])
}

const cases: [keyof Readers, string, typeof damage][] = [
  ['matlab', 'plain.mat', damage],
  ['matlab', 'compressed.mat', damage],
  ['matlab', 'compressed.mat', damageWithin],
  ['matlab', 'big-endian.mat', damage],
  ['matlab', 'big-endian-compressed.mat', damageWithin],
  ['matlab', 'compact.mat', damageWithin],
  ['idx', 'u8.idx', damage],
  ['idx', 'f64.idx', damage],
  ['idx', 'u8-all-fields.idx.gz', damage],
  ['idx', 'f64.idx.gz', damage],
  ['safetensors', 'native.safetensors', damage],
  ['safetensors', 'converted.safetensors', damage],
  ['cifar', 'batch.bin', damage],
  ['cifar', 'batch.bin.gz', damage],
  ['cifarPython', 'cifar-python2.pickle', damage],
  ['cifarPython', 'cifar-python2.pickle.gz', damage],
  ['svhn', 'svhn.mat', damage],
  ['tar', 'archive.tar', damage],
  ['tar', 'archive.tar.gz', damage],
]

describe(`${runs} damaged files from each`, () => {
  it.each(cases)('%s: %s', { timeout: 30_000 + runs * 100 }, (format, name, alter) => {
    const read = readers[format] as Reader
    const whole = made[name]?.() ?? fixture(name)
    expect(read(whole)).toBeDefined()
    let refused = 0
    for (let run = 0; run < runs; run++) {
      const bytes = alter(whole, new Random(run, 0xf022))
      const reproduce = `${name}, run ${run}`
      largest = 0
      const start = processorMilliseconds()
      try {
        read(bytes)
      } catch (error) {
        if (!(error instanceof OcellusError)) throw new Error(`${reproduce}: ${String(error)}`, { cause: error })
        refused++
      }
      expect(processorMilliseconds() - start, `${reproduce}: milliseconds`).toBeLessThan(longestMilliseconds)
      expect(largest, `${reproduce}: bytes of the largest allocation`).toBeLessThan(largestAllocation)
    }
    // The damage is real: a reader that took everything would not notice it.
    expect(refused).toBeGreaterThan(runs / 10)
  })
})
