// The native device: which machines it starts on, its pages, its memory, and the same bits as WebAssembly after 50 training steps.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { probeWasmFeatures } from '../../../../src/codegen/wasm/features.ts'
import { cacheSizes, type ProcessorQuery, supportedSets } from '../../../../src/codegen/x64/processor.ts'
import { type InstructionSet, targets } from '../../../../src/codegen/x64/target.ts'
import { DeviceError } from '../../../../src/core/errors.ts'
import type { Device } from '../../../../src/devices/device.ts'
import { CodeMemory } from '../../../../src/devices/native/code-memory.node.ts'
import { createNativeDevice } from '../../../../src/devices/native/device.node.ts'
import { measureNativePeak, targetHere } from '../../../../src/devices/native/features.node.ts'
import { registerDevice, startDevice } from '../../../../src/devices/registry.ts'
import { compile, gradients, init, type Tensor, tensor } from '../../../../src/index.ts'
import { crossEntropy, Linear, Sequential, sigmoid } from '../../../../src/nn/index.ts'
import { Sgd } from '../../../../src/optim/index.ts'
import { nativeSets } from './native-sets.ts'

/** Answers of a processor: leaf 1 ecx, leaf 7 ebx, xcr0. */
function processor(basic: number, extended: number, saved: number, leaves = 13): ProcessorQuery {
  const nothing = { eax: 0, ebx: 0, ecx: 0 }
  return {
    cpuid: (leaf) => {
      if (leaf === 0) return { ...nothing, eax: leaves }
      return leaf === 1 ? { ...nothing, ecx: basic } : { ...nothing, ebx: extended }
    },
    xgetbv: () => saved,
  }
}

describe('the sets that a processor supports', () => {
  const [fma, osxsave, avx] = [1 << 12, 1 << 27, 1 << 28]
  const avx2 = 1 << 5
  const avx512 = (1 << 16) | (1 << 17) | (1 << 30) | (1 << 31)

  test.each([
    ['everything', processor(fma | osxsave | avx, avx2 | avx512, 0xe7), ['avx512', 'avx2']],
    ['a system that does not save zmm', processor(fma | osxsave | avx, avx2 | avx512, 0x07), ['avx2']],
    ['AVX-512F alone', processor(fma | osxsave | avx, avx2 | (1 << 16), 0xe7), ['avx2']],
    ['no fused multiply-add', processor(osxsave | avx, avx2 | avx512, 0xe7), []],
    ['a system that does not save ymm', processor(fma | osxsave | avx, avx2, 0x03), []],
    ['AVX without AVX2', processor(fma | osxsave | avx, 0, 0x07), []],
    ['a processor without leaf 7', processor(fma | osxsave | avx, avx2, 0x07, 6), []],
  ])('with %s', (_, query, sets) => {
    expect(supportedSets(query)).toEqual(sets)
  })
})

describe('the caches that a processor tells of', () => {
  /** eax, ebx, ecx of a cache: type, level, ways, bytes of a line, sets. */
  const cache = (type: number, level: number, ways: number, line: number, sets: number) => ({
    eax: type | (level << 5),
    ebx: (((ways - 1) << 22) | (line - 1)) >>> 0,
    ecx: sets - 1,
  })
  const nothing = { eax: 0, ebx: 0, ecx: 0 }
  const told = [cache(1, 1, 12, 64, 64), cache(2, 1, 8, 64, 64), cache(3, 2, 16, 64, 2048), cache(3, 3, 15, 64, 65536)]
  const query = (leaf: number, highest: number): ProcessorQuery => ({
    cpuid: (asked, subleaf) => {
      if (asked === (leaf & 0x80000000)) return { ...nothing, eax: highest }
      return asked === leaf ? (told[subleaf] ?? nothing) : nothing
    },
    xgetbv: () => 0,
  })

  test.each([
    ['in leaf 4, as Intel does', query(4, 32), { l1: 48 * 1024, l2: 2 * 2 ** 20 }],
    ['in leaf 8000001D, as AMD does', query(0x8000001d, 0x80000028), { l1: 48 * 1024, l2: 2 * 2 ** 20 }],
    ['nowhere', query(4, 3), undefined],
  ])('%s', (_, asked, sizes) => {
    expect(cacheSizes(asked)).toEqual(sizes)
  })

  test.runIf(nativeSets.length > 0)('of this machine are those that Linux names', (context) => {
    const folder = '/sys/devices/system/cpu/cpu0/cache'
    if (!existsSync(folder)) return context.skip('this system does not name its caches')
    const sizes = readdirSync(folder)
      .filter((name) => name.startsWith('index'))
      .map((name) => ['level', 'type', 'size'].map((part) => readFileSync(`${folder}/${name}/${part}`, 'utf8').trim()))
    const bytes = (level: string): number =>
      1024 * Number.parseInt(sizes.find(([at, type]) => at === level && type !== 'Instruction')?.[2] ?? '0', 10)
    const { l1, l2 } = targetHere(nativeSets[0] as InstructionSet)
    expect({ l1, l2 }).toEqual({ l1: bytes('1'), l2: bytes('2') })
  })
})

/** Losses and parameters of 50 steps of the network 1024-64-36: a digest of their bits. */
async function train(): Promise<string> {
  const [batch, inputs, hidden, classes] = [32, 1024, 64, 36]
  let state = 12345
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const model = new Sequential(
    new Linear({ inputs, outputs: hidden }),
    sigmoid,
    new Linear({ inputs: hidden, outputs: classes }),
  )
  for (const parameter of model.parameters()) {
    parameter.write(Float32Array.from({ length: parameter.size }, () => (random() - 0.5) / 5))
  }
  const optimizer = new Sgd(model.parameters(), { learningRate: 0.1 })
  const step = compile((x: Tensor, labels: Tensor) => {
    const loss = crossEntropy(model.forward(x), labels)
    optimizer.step(gradients(loss, model.parameters()))
    return loss
  })
  const values: number[] = []
  for (let i = 0; i < 50; i++) {
    const x = Float32Array.from({ length: batch * inputs }, () => random() - 0.5)
    const labels = Int32Array.from({ length: batch }, () => Math.floor(random() * classes))
    values.push(step(tensor(x, { shape: [batch, inputs] }), tensor(labels)).item())
  }
  for (const parameter of model.parameters()) values.push(...(await parameter.data()))
  return createHash('sha256').update(Float32Array.from(values)).digest('hex')
}

describe.each(nativeSets)('on %s', (set) => {
  test('50 training steps give the bits of WebAssembly', async (context) => {
    if (!probeWasmFeatures().fusedMadd) context.skip('WebAssembly does not fuse multiply-add here')
    await init({ device: 'wasm' })
    const expected = await train()
    const device = createNativeDevice({ set })
    expect(device.numberClass).toBe(startDevice('wasm').numberClass)
    await withDevice(device, set, async () => {
      expect(await train()).toBe(expected)
    })
  })

  test('memory grows in place: what was written before is still found', () => {
    const device = createNativeDevice({ set })
    const small = device.createStorage('f32', 4)
    small.write(Float32Array.of(1, 2, 3, 4))
    const large = device.createStorage('f32', 2 ** 24)
    large.write(new Float32Array(2 ** 24).fill(9))
    expect([...small.read()]).toEqual([1, 2, 3, 4])
  })

  test('the peak loop measures a rate that a processor can have', () => {
    const perCycle = 4 * targets[set].lanes
    const peak = measureNativePeak(set, 5)
    expect(peak).toBeGreaterThan(1)
    expect(peak).toBeLessThan(6 * perCycle)
  })
})

/** Makes `device` the one in use, under a name of its own: what is compiled is kept by the device's name. */
async function withDevice(device: Device, set: string, body: () => Promise<void>): Promise<void> {
  const name = set as 'native'
  registerDevice(name, () => ({
    name,
    numberClass: device.numberClass,
    threads: device.threads,
    useThreads: (count) => device.useThreads(count),
    compile: (graph) => device.compile(graph),
    createStorage: (dtype, length) => device.createStorage(dtype, length),
  }))
  await init({ device: name })
  await body()
  await init({ device: 'wasm' })
}

describe.runIf(nativeSets.length > 0)('code memory', () => {
  test.runIf(process.platform === 'linux')('no page is writable and executable at once', () => {
    const kept = new CodeMemory(Uint8Array.of(0xc3))
    kept.functionAt(0)(null, 0, 0)
    const rights = readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => line.includes(' rwx'))
    // V8 keeps pages of its own so; ours are none of them, or the list would grow.
    const more = Array.from({ length: 20 }, () => new CodeMemory(Uint8Array.of(0xc3)))
    const after = readFileSync('/proc/self/maps', 'utf8')
      .split('\n')
      .filter((line) => line.includes(' rwx'))
    expect(more.length).toBe(20)
    expect(after.length).toBeLessThanOrEqual(rights.length)
  })
})

test('an instruction set that the processor lacks is a DeviceError', () => {
  if (nativeSets.length === 0) expect(() => createNativeDevice()).toThrow(DeviceError)
  const set: string = 'neon'
  expect(() => createNativeDevice({ set: set as 'avx2' })).toThrow(DeviceError)
})
