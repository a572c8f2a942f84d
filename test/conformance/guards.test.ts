// Machine code between guard pages: every op at every shape, products, and random graphs touch nothing that is not theirs, and what
// lies around their buffers, NaN, never reaches a result. A program that strays crashes this file's process.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import '../../src/index.ts'
import type { InstructionSet } from '../../src/codegen/x64/target.ts'
import type { TypedArray } from '../../src/core/dtype.ts'
import { sizeOf } from '../../src/core/shape.ts'
import type { Device } from '../../src/devices/device.ts'
import { createNativeDevice } from '../../src/devices/native/device.node.ts'
import { loadForeign } from '../../src/devices/native/foreign.node.ts'
import { type Graph, hostData, makeGraph } from '../../src/graph/graph.ts'
import type { Node } from '../../src/ops/node.ts'
import { kernelOps, opTable } from '../../src/ops/table.ts'
import { nativeSets } from '../unit/codegen/x64/native-sets.ts'
import { contractions, makeContraction } from './contractions.ts'
import { casesOf } from './device-check.ts'
import type { FuzzVariable } from './fuzz/graph-pool.ts'
import { randomGraph } from './fuzz/random-graph.ts'
import { randomNetwork } from './fuzz/random-network.ts'
import { GuardedMemory } from './guards/guarded-memory.ts'
import { runGuarded } from './guards/guarded-run.ts'
import { applyOp, describeSample, drawInputs } from './samples.ts'
import { allShapes, viewedShapes } from './shapes.ts'

const full = process.env.OCELLUS_FULL === '1'
const seeds = Array.from({ length: full ? 1000 : 50 }, (_, i) => 20_000 + i)
const networks = Array.from({ length: full ? 200 : 10 }, (_, i) => 400 + i)
/** The quick suite takes every so many cases of an op. */
const stride = full ? 1 : 5

function differs(got: TypedArray, wanted: TypedArray): boolean {
  return got.length !== wanted.length || got.some((value, i) => !Object.is(value, wanted[i]))
}

/** What goes wrong between guard pages, against the same code in the device's memory. */
function problemOf(graph: Graph, set: InstructionSet, device: Device): string | undefined {
  const values = graph.variables.map((variable) => (variable as FuzzVariable).data)
  const storages = graph.variables.map((variable, i) => {
    const storage = device.createStorage(variable.dtype, sizeOf(variable.shape))
    storage.write(values[i] as TypedArray)
    return storage
  })
  const inputs = graph.inputs.map((leaf) => hostData(leaf, []))
  const scalars = graph.scalars.map((node) => node.read())
  const wanted = device.compile(graph).run({ inputs, scalars, variables: storages })
  const { outputs, variables, violation } = runGuarded(graph, set, { inputs, scalars, variables: values })
  if (violation !== undefined) return violation
  const output = outputs.findIndex((got, i) => differs(got, wanted[i] as TypedArray))
  if (output >= 0) return `output ${output} has other bits`
  const variable = variables.findIndex((got, i) => differs(got, storages[i]?.read() as TypedArray))
  return variable < 0 ? undefined : `variable ${variable} has other bits`
}

describe.each(nativeSets)('%s between guard pages', (set) => {
  const device = createNativeDevice({ set })

  test.each([...opTable, ...kernelOps])('$name', (op) => {
    const cases = [...casesOf(op, allShapes, 'plain'), ...casesOf(op, viewedShapes, 'some')]
    const chosen = cases.filter((_, i) => i % stride === 0)
    const problems = chosen.flatMap(({ sample, dtype, setting }): string[] => {
      const inputs = drawInputs(op, sample, dtype).map((leaf, i) => setting.input(leaf, i))
      const graph = makeGraph([setting.after(applyOp(op, inputs, sample) as Node)], [])
      const problem = problemOf(graph, set, device)
      return problem === undefined ? [] : [`${describeSample(op, sample, dtype)}, ${setting.name}: ${problem}`]
    })
    expect(problems.slice(0, 5)).toEqual([])
  })

  test.each(contractions)('$outer x $rows x $sum x $columns of $dtype, $a times $b', (contraction) => {
    expect(problemOf(makeGraph([makeContraction(contraction).result], []), set, device)).toBeUndefined()
  })

  test(`${networks.length} random networks`, () => {
    const problems = networks.flatMap((seed): string[] => {
      const problem = problemOf(makeGraph(randomNetwork(seed).outputs, []), set, device)
      return problem === undefined ? [] : [`seed ${seed}: ${problem}`]
    })
    expect(problems.slice(0, 5)).toEqual([])
  })

  test(`${seeds.length} random graphs`, () => {
    const problems = seeds.flatMap((seed): string[] => {
      const { outputs, assignments } = randomGraph(seed, 4 + (seed % 37))
      const problem = problemOf(makeGraph(outputs, assignments), set, device)
      return problem === undefined ? [] : [`seed ${seed}: ${problem}`]
    })
    expect(problems.slice(0, 5)).toEqual([])
  })
})

describe.runIf(nativeSets.length > 0)('the test would notice', () => {
  test('a byte behind a buffer, and one in front', () => {
    const foreign = loadForeign()
    for (const [offset, where] of [
      [100n, 100],
      [-1n, -1],
    ] as const) {
      const memory = new GuardedMemory([8, 100, 8])
      const { address } = memory.buffers[1] as { address: bigint }
      expect(memory.violation()).toBeUndefined()
      foreign.copy(address + offset, Uint8Array.of(0))
      expect(memory.violation()).toBe(`byte ${where} of buffer 1, which has 100, was written`)
      memory.release()
    }
  })

  test.each(['behind', 'before'])('who touches the page %s a buffer', (side) => {
    const child = fileURLToPath(new URL('guards/stray.ts', import.meta.url))
    const { signal, stdout } = spawnSync(process.execPath, ['--import', 'tsx', child, side], { encoding: 'utf8' })
    expect(stdout).toBe('reads what it may\n')
    expect(signal).toMatch(/SIGSEGV|SIGBUS/)
  })
})
