// Teams of threads: barriers between kernels, errors of any thread, other numbers of threads.

import { describe, expect, test, vi } from 'vitest'
import { DeviceError, UsageError } from '../../../src/core/errors.ts'
import { rangesOf } from '../../../src/devices/argument-table.ts'
import { Threads } from '../../../src/devices/threads/threads.ts'
import { shareKernels } from '../../../src/devices/threads/worth.ts'
import { WasmMemory } from '../../../src/devices/wasm/memory.ts'
import { nativeSets } from '../codegen/x64/native-sets.ts'
import { elements, HandProgram, lanesOf, mirrorKernel, strayKernel } from './shared-program.ts'

/** Kernels that hand vectors to each other in reverse, some of them on one thread: every missed barrier shows. */
function relay(lanes: number) {
  const shared = [true, false, false, true, true, false, true, true, true, false]
  return shared.map((each, i) => mirrorKernel(lanes, (i % 2) as 0 | 1, i + 1, each))
}

function checkRelay(program: HandProgram, runs: number): void {
  const [first] = program.values as [Float32Array]
  first.fill(0)
  for (let run = 0; run < runs; run++) program.run()
  // Ten additions of 1 to 10 per run, an even number of reversals.
  expect(new Set(first)).toEqual(new Set([55 * runs]))
}

describe.each([2, 3, 8])('%i threads', (count) => {
  test('WebAssembly: kernels see what the ones before have written', async () => {
    const program = await HandProgram.onWasm(relay(4), count)
    checkRelay(program, 100)
    await program.threads.use(1)
  })

  test.each(nativeSets)('%s: kernels see what the ones before have written', async (set) => {
    const program = await HandProgram.onNative(relay(lanesOf(set)), count, set)
    checkRelay(program, 100)
    expect(program.codeIsKept).toBe(true)
    await program.threads.use(1)
  })
})

describe('a trap', () => {
  test.each([
    ['of the caller', 'first'],
    ['of a worker', 'last'],
  ] as const)('%s reaches the caller, and the team works on', async (_, slab) => {
    const memory = new WasmMemory()
    const bad = await HandProgram.onWasm([...relay(4), strayKernel(slab), ...relay(4)], 2, memory)
    const team = bad.threads.team()
    for (let i = 0; i < 3; i++) expect(() => bad.run()).toThrow(/out of bounds/)
    const good = await HandProgram.onWasm(relay(4), 2, memory, bad.threads)
    checkRelay(good, 3)
    expect(good.threads.team()).toBe(team)
    await good.threads.use(1)
  })

  test('of a worker is a DeviceError that names the thread', async () => {
    const program = await HandProgram.onWasm([strayKernel('last')], 2)
    expect(() => program.run()).toThrow(DeviceError)
    expect(() => program.run()).toThrow(
      /^thread 1 of 2 failed while a program ran \(RuntimeError: memory access out of bounds\)/,
    )
    await program.threads.use(1)
  })
})

test('the number of threads can change, and a worker that ends is replaced', async () => {
  const memory = new WasmMemory()
  const threads = new Threads({ memory })
  for (const count of [2, 3, 1, 2]) {
    await threads.use(count)
    expect(threads.count).toBe(count)
    expect(threads.team()?.threads).toBe(count === 1 ? undefined : count)
  }
  const team = threads.team()
  if (team !== undefined) team.lost = 'for this test'
  await threads.use(2)
  expect(threads.team()).not.toBe(team)
  await threads.use(1)
})

test('of several numbers asked for at once the last one counts, and all wait until its threads have started', async () => {
  const threads = new Threads({ memory: new WasmMemory() })
  await Promise.all([2, 5, 3, 4].map((count) => threads.use(count)))
  expect(threads.count).toBe(4)
  expect(threads.team()?.ready).toBe(true)
  await Promise.all([3, 1].map((count) => threads.use(count)))
  expect(threads.team()).toBe(undefined)
})

test('where a worker cannot start, init says so, and the caller works alone', async () => {
  const memory = new WasmMemory()
  const nowhere = { koffi: '/no/such/package', wait: { yield: 0n, sleep: 0n } }
  const threads = new Threads({ memory, native: nowhere })
  await expect(threads.use(2)).rejects.toThrow(
    /^a thread does not start \(Error: Cannot find module '\/no\/such\/package'/,
  )
  const said: string[] = []
  vi.spyOn(console, 'warn').mockImplementation((text: string) => said.push(text))
  expect(threads.team()).toBeUndefined()
  expect(threads.count).toBe(1)
  expect(said.join()).toMatch(/^ocellus runs on one thread: a thread does not start/)
  vi.restoreAllMocks()
})

test.each([0, -1, 1.5, 1000, Number.NaN])('%d threads are a UsageError', async (count) => {
  await expect(new Threads({ memory: new WasmMemory() }).use(count)).rejects.toThrow(UsageError)
})

test("all slabs of a kernel are somebody's, once", () => {
  const kernel = { code: 0, firstEntry: 0, name: '', shared: true, flops: 0, bytes: 0 }
  for (const slabs of [1, 2, 3, 7, 64]) {
    for (const threads of [1, 2, 3, 8]) {
      const all = Array.from({ length: threads }, (_, i) => rangesOf([{ ...kernel, slabs }], i, threads)[0])
      const covered = all.flatMap((range) => {
        const [first, last] = range as [number, number]
        return Array.from({ length: last - first }, (_, i) => first + i)
      })
      expect(covered).toEqual(Array.from({ length: slabs }, (_, i) => i))
    }
  }
})

test('small kernels and small programs stay on one thread', () => {
  const kernel = (flops: number, slabs = 8) => ({ slabs, flops, bytes: 0 })
  expect(shareKernels([kernel(1e3), kernel(1e7), kernel(1e7, 1)])).toEqual([false, true, false])
  expect(shareKernels([kernel(1e6), kernel(1e6)])).toEqual([false, false])
})

test('a buffer has the elements that its kernels walk', () => expect(elements % 16).toBe(0))
