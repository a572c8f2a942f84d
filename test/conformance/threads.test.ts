// The same bits for 1, 2, 3 and 8 threads, on WebAssembly, AVX2 and AVX-512: random graphs, all of whose kernels are shared, and a training.

import { beforeAll, describe, expect, test, vi } from 'vitest'
import { probeWasmFeatures } from '../../src/codegen/wasm/features.ts'
import type { TypedArray } from '../../src/core/dtype.ts'
import { sizeOf } from '../../src/core/shape.ts'
import type { Device } from '../../src/devices/device.ts'
import { createNativeDevice } from '../../src/devices/native/device.node.ts'
import { createWasmDevice } from '../../src/devices/wasm/device.ts'
import '../../src/devices/native/register.node.ts'
import { Team } from '../../src/devices/threads/team.ts'
import { type Graph, hostData, makeGraph } from '../../src/graph/graph.ts'
import { init } from '../../src/init.ts'
import { type TrainedNetwork, trainNetwork } from '../browser/train-network.ts'
import { nativeSets } from '../unit/codegen/x64/native-sets.ts'
import type { FuzzVariable } from './fuzz/graph-pool.ts'
import { randomGraph } from './fuzz/random-graph.ts'
import { randomNetwork } from './fuzz/random-network.ts'

// Every axis that can be split is, and threads share every kernel that has slabs, however small.
const slabs = vi.hoisted(() => ({ on: true }))
vi.mock(import('../../src/graph/slab-size.ts'), () => ({
  leastWork: 1,
  chooseBlock: (extent, { least }) =>
    slabs.on
      ? [8, 5, 4, 3, 2].map((n) => extent / n).find((block) => Number.isInteger(block) && block >= least)
      : undefined,
}))
vi.mock(import('../../src/devices/threads/worth.ts'), () => ({
  shareKernels: (kernels) => kernels.map(({ slabs }) => slabs > 1),
}))

const threadCounts = [1, 2, 3, 8] as const
const stepsOfGraph = 30
/** Random graphs, and random networks of image layers with their gradients. */
const made: readonly { readonly name: string; make(): Graph }[] = [
  ...Array.from({ length: 40 }, (_, i) => ({
    name: `random graph ${9000 + i}`,
    make: () => {
      const { outputs, assignments } = randomGraph(9000 + i, stepsOfGraph)
      return makeGraph(outputs, assignments)
    },
  })),
  ...Array.from({ length: 12 }, (_, i) => ({
    name: `random network ${300 + i}`,
    make: () => makeGraph(randomNetwork(300 + i).outputs),
  })),
]

interface Subject {
  readonly name: string
  readonly device: Device
}

const subjects: readonly Subject[] = [
  ...(probeWasmFeatures().fusedMadd ? [{ name: 'wasm', device: createWasmDevice() }] : []),
  ...nativeSets.map((set) => ({ name: set, device: createNativeDevice({ set }) })),
]

/** Outputs and variables after a run, as numbers; all NaN are one. */
function runGraph(device: Device, graph: Graph): number[] {
  const variables = graph.variables.map((variable) => {
    const storage = device.createStorage(variable.dtype, sizeOf(variable.shape))
    storage.write((variable as FuzzVariable).data)
    return storage
  })
  const inputs = graph.inputs.map((leaf) => hostData(leaf, []))
  const scalars = graph.scalars.map((node) => node.read())
  const results = device.compile(graph).run({ inputs, scalars, variables })
  return [...results, ...variables.map((storage) => storage.read())].flatMap((values: TypedArray) => [...values])
}

/** How many runs several threads share while `work` is done. */
async function sharedRuns(work: () => unknown): Promise<number> {
  const { run } = Team.prototype
  let runs = 0
  Team.prototype.run = function (this: Team, ...parts: Parameters<Team['run']>): void {
    runs++
    run.apply(this, parts)
  }
  await work()
  Team.prototype.run = run
  return runs
}

describe('random graphs and networks', () => {
  const wanted = new Map<string, readonly number[]>()

  beforeAll(() => {
    const [first] = subjects
    slabs.on = false
    if (first !== undefined) for (const { name, make } of made) wanted.set(name, runGraph(first.device, make()))
    slabs.on = true
  })

  test.each(subjects.flatMap((subject) => threadCounts.map((count) => ({ ...subject, count }))))(
    'on $name with $count threads',
    async ({ device, count }) => {
      await device.useThreads(count)
      const results = new Map<string, readonly number[]>()
      const runs = await sharedRuns(() => {
        for (const { name, make } of made) results.set(name, runGraph(device, make()))
      })
      // A few graphs have no kernel with an axis to split.
      if (count === 1) expect(runs).toBe(0)
      else expect(runs).toBeGreaterThan(made.length / 3)
      for (const [name, got] of results) {
        const first = wanted.get(name) as readonly number[]
        const differs = got.findIndex((value, i) => !Object.is(value, first[i]))
        expect(differs < 0 ? undefined : `${name}: value ${differs} is ${got[differs]}, not ${first[differs]}`).toBe(
          undefined,
        )
      }
      await device.useThreads(1)
    },
  )
})

describe('a training', () => {
  let wanted: TrainedNetwork
  beforeAll(async () => {
    wanted = await trainNetwork(1)
  })

  const devices = nativeSets.length > 0 ? (['wasm', 'native'] as const) : (['wasm'] as const)
  test.each(devices.flatMap((device) => threadCounts.map((count) => [device, count] as const)))(
    'on %s with %i threads',
    async (device, count) => {
      let trained = wanted
      const runs = await sharedRuns(async () => {
        trained = await trainNetwork(count, device)
      })
      expect(trained.threads).toBe(count)
      if (count === 1) expect(runs).toBe(0)
      else expect(runs).toBeGreaterThanOrEqual(trained.losses.length)
      // Where WebAssembly does not fuse multiply-add, native code has other bits.
      if (trained.numberClass !== wanted.numberClass) return
      expect([trained.losses, trained.parameters]).toEqual([wanted.losses, wanted.parameters])
      await init({ device, threads: 1 })
    },
  )
})
