// Random networks of image layers on every device against the reference device: 60 under watch; 1,500 more, on all threads, in `npm run test:full`.

import { describe, expect, test } from 'vitest'
import '../../src/index.ts'
import type { TypedArray } from '../../src/core/dtype.ts'
import type { Device } from '../../src/devices/device.ts'
import { startDevice } from '../../src/devices/registry.ts'
import { type Graph, hostData, makeGraph } from '../../src/graph/graph.ts'
import { firstDifference } from './device-check.ts'
import { MemoryWatch } from './fuzz/memory-watch.ts'
import { randomNetwork } from './fuzz/random-network.ts'
import { comparedDevices } from './tested-devices.ts'

const reference = startDevice('reference')

/** The first thing wrong with a network on a device, with gradients or without. */
function problemOf(seed: number, device: Device, watch?: MemoryWatch): string | undefined {
  const { outputs, result, description } = randomNetwork(seed)
  for (const graph of [makeGraph(outputs), makeGraph([result])]) {
    const problem = problemOfGraph(graph, device, watch)
    if (problem !== undefined) return `seed ${seed}: ${problem} (${description})`
  }
  return undefined
}

/** A value, or a byte that it had no right to write. */
function problemOfGraph(graph: Graph, device: Device, watch?: MemoryWatch): string | undefined {
  const executable = device.compile(graph)
  const args = {
    inputs: graph.inputs.map((leaf) => hostData(leaf, [])),
    scalars: graph.scalars.map((node) => node.read()),
    variables: [],
  }
  const wanted = reference.compile(graph).run(args)
  const got = executable.run(args)
  const problem = watch?.violation(graph, executable, [])
  if (problem !== undefined) return problem
  for (const [i, truth] of wanted.entries()) {
    let scale = 1
    for (const value of truth) scale = Math.max(scale, Math.abs(value))
    const allowance = scale * (graph.outputs[i]?.dtype === 'f64' ? 1e-11 : 1e-3)
    const difference = firstDifference(got[i] as TypedArray, truth, () => allowance)
    if (difference !== undefined) return `output ${i}: ${difference}`
  }
  return undefined
}

/** What is wrong with the networks of some seeds, the first few. */
function problemsOf(seeds: readonly [from: number, to: number], device: Device, watch?: MemoryWatch): string {
  const problems: string[] = []
  for (let seed = seeds[0]; seed < seeds[1] && problems.length < 3; seed++) {
    const problem = problemOf(seed, device, watch)
    if (problem !== undefined) problems.push(problem)
  }
  return problems.join('\n')
}

describe('random networks and their gradients are those of the reference device', () => {
  test.each(comparedDevices)('on %s, and nothing else is written', { timeout: 300_000 }, (name) => {
    const device = startDevice(name)
    const watch = new MemoryWatch()
    try {
      expect(problemsOf([0, 60], device, watch)).toBe('')
    } finally {
      watch.stop()
    }
  })

  test.runIf(process.env.OCELLUS_FULL === '1').each(comparedDevices)('on %s, more', { timeout: 3_600_000 }, (name) => {
    expect(problemsOf([30, 1530], startDevice(name))).toBe('')
  })
})
