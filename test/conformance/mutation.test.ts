// The suites themselves under test: one rule of the compiler is broken at a time, and a suite must turn red. A mutant that survives fails.

import { afterAll, describe, expect, test, vi } from 'vitest'
import '../../src/index.ts'
import { startDevice } from '../../src/devices/registry.ts'
import { gather } from '../../src/ops/functions.ts'
import { arrayNode } from '../../src/ops/node.ts'
import { opTable } from '../../src/ops/table.ts'
import { checkContraction, contractions } from './contractions.ts'
import { checkDevice, type Settings } from './device-check.ts'
import { evaluate } from './evaluate.ts'
import { runSeed, stepsOf } from './fuzz/fuzz.ts'
import { MemoryWatch } from './fuzz/memory-watch.ts'
import { gradientFailures } from './gradient-check.ts'
import { addressMutants } from './mutants/address-mutants.ts'
import { convolutionMutants } from './mutants/convolution-mutants.ts'
import { gradientMutants } from './mutants/gradient-mutants.ts'
import { kernelMutants } from './mutants/kernel-mutants.ts'
import { loweringMutants } from './mutants/lowering-mutants.ts'
import type { Mutant } from './mutants/mutant.ts'
import { programMutants } from './mutants/program-mutants.ts'
import { fewShapes } from './shapes.ts'

vi.mock('../../src/graph/convolutions.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/graph/expressions.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/graph/kernels.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/graph/lowerings.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/graph/merge-axes.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/graph/overlaps.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/graph/plan.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/graph/schedule.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/graph/simplify.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/kernels/kernel.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/kernels/lower.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/kernels/random.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/kernels/tile.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/ops/phases.ts', async (original) => switched(await original<object>()))
vi.mock('../../src/ops/reduce.ts', async (original) => switched(await original<object>()))

/** Mocks are set up before imports: the wrapper is imported when the first one is made. */
const switched = vi.hoisted(() => async (module: object) => (await import('./mutants/mutant.ts')).switchable(module))

const full = process.env.OCELLUS_FULL === '1'
const reference = startDevice('reference')
const wasm = startDevice('wasm')
const watch = new MemoryWatch()

afterAll(() => watch.stop())

/** Indices beyond both ends of an axis take its first and last element. */
function clamps(): boolean {
  const source = arrayNode(new Float32Array([10, 20, 30]), [3], 'f32')
  const index = arrayNode(new Int32Array([-5, 1, 9]), [3], 'i32')
  return String(evaluate(wasm, [gather(source, index, 0)])[0]) === '10,20,30'
}

/** A round of the device suites: fuzz over some seeds, then conformance in some settings. */
function redIn(seeds: readonly [from: number, to: number], settings: Settings): string | undefined {
  for (let seed = seeds[0]; seed < seeds[1]; seed++) {
    const problem = runSeed(seed, stepsOf(seed), wasm, reference, watch)
    if (problem !== undefined) return `fuzz: ${problem}`
  }
  for (const op of opTable) {
    const [problem] = checkDevice(wasm, reference, op, fewShapes, settings, 1)
    if (problem !== undefined) return `conformance: ${problem}`
  }
  return undefined
}

function redProduct(): string | undefined {
  for (const contraction of contractions.filter(({ dtype }) => dtype === 'f32')) {
    const problem = checkContraction(wasm, reference, contraction, watch)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** The suites of devices, the most likely first; what the first that is red says. */
function redSuite(likely?: string): string | undefined {
  if (likely === 'large products') return redProduct() ?? redSuite()
  for (const op of opTable.filter(({ name }) => name === likely)) {
    const [problem] = checkDevice(wasm, reference, op, fewShapes, 'some', 1)
    if (problem !== undefined) return `conformance: ${problem}`
  }
  if (!clamps()) return 'clamping'
  return redIn([0, 15], 'plain') ?? redIn([15, 60], 'some') ?? redProduct()
}

/** Is any suite red while the mutant is at work? An error counts: a test would fail by it. */
function isFound(mutant: Mutant, suite: () => boolean): boolean {
  const mend = mutant.apply()
  try {
    return suite()
  } catch {
    return true
  } finally {
    mend()
  }
}

/** `npm test` tries a third of the mutants, `npm run test:full` all. */
function chosen<M extends Mutant>(mutants: readonly M[]): readonly M[] {
  return full ? mutants : mutants.filter((_, i) => i % 3 === 0)
}

describe('without a mutant the suites are green', () => {
  // All of them in the full run; what `npm test` leaves out here, the suites' own files run.
  test('devices', () => {
    expect(full ? redSuite() : redIn([0, 15], 'plain')).toBeUndefined()
  })
})

describe('a broken gradient rule turns the gradient check red', () => {
  test.each(chosen(gradientMutants()))('$name', (mutant) => {
    expect(isFound(mutant, () => gradientFailures(reference, mutant.op, fewShapes).next().done === false)).toBe(true)
  })
})

describe('a broken rule of addresses, lowering, order or memory turns the device suites red', () => {
  test.each(
    chosen([...addressMutants, ...convolutionMutants, ...kernelMutants, ...loweringMutants, ...programMutants]),
  )('$name', (mutant) => {
    expect(isFound(mutant, () => redSuite(mutant.opName) !== undefined)).toBe(true)
  })
})
