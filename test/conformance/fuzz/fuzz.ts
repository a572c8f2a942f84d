// One seed of the fuzz: a random graph on a device against the reference device, run twice over differently filled scratch.

import type { TypedArray } from '../../../src/core/dtype.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import type { Device, RunArguments, Storage } from '../../../src/devices/device.ts'
import { formatGraph, type Graph, hostData, makeGraph } from '../../../src/graph/graph.ts'
import type { Node } from '../../../src/ops/node.ts'
import { firstDifference } from '../device-check.ts'
import type { FuzzVariable } from './graph-pool.ts'
import type { MemoryWatch } from './memory-watch.ts'
import { type RandomGraph, randomGraph } from './random-graph.ts'

/** How many times the drift of one noisy evaluation a device may be away. */
const noiseFactor = 64

interface Run {
  readonly outputs: readonly TypedArray[]
  readonly storages: readonly Storage[]
}

function argumentsOf(device: Device, graph: Graph): RunArguments {
  const variables = graph.variables.map((variable) => {
    const storage = device.createStorage(variable.dtype, sizeOf(variable.shape))
    storage.write((variable as FuzzVariable).data)
    return storage
  })
  return {
    inputs: graph.inputs.map((leaf) => hostData(leaf, [])),
    scalars: graph.scalars.map((node) => node.read()),
    variables,
  }
}

function sameBits(a: TypedArray, b: TypedArray): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength))
}

class Trial {
  readonly #made: RandomGraph
  readonly #graph: Graph

  constructor(seed: number, steps: number) {
    this.#made = randomGraph(seed, steps)
    this.#graph = makeGraph(this.#made.outputs, this.#made.assignments)
  }

  get graph(): Graph {
    return this.#graph
  }

  /** What each result should be, with the node that says how exact it is. */
  #compare(title: string, node: Node, got: TypedArray, wanted: TypedArray): string | undefined {
    const { data, noisy, exact } = this.#made.values.of(node)
    let [scale, drift] = [1, 0]
    for (const [i, value] of data.entries()) {
      scale = Math.max(scale, Math.abs(value))
      drift = Math.max(drift, Math.abs(value - (noisy[i] as number)))
    }
    const allowance = exact ? 0 : noiseFactor * drift + scale * (node.dtype === 'f64' ? 1e-12 : 2e-6)
    const difference = firstDifference(got, wanted, () => allowance)
    return difference && `${title}: ${difference}${exact ? ', exactly' : ` within ${allowance}`}`
  }

  #differences(got: Run, wanted: Run): (string | undefined)[] {
    const { outputs, assignments } = this.#made
    const newValue = new Map(assignments.map(({ variable, value }) => [variable, value]))
    return [
      ...outputs.map((node, i) =>
        this.#compare(`output ${i}`, node, got.outputs[i] as TypedArray, wanted.outputs[i] as TypedArray),
      ),
      ...this.#graph.variables.map((variable, i) => {
        const [mine, truth] = [got.storages[i]?.read() as TypedArray, wanted.storages[i]?.read() as TypedArray]
        const value = newValue.get(variable)
        if (value !== undefined) return this.#compare(`variable ${variable.label}`, value, mine, truth)
        return sameBits(mine, (variable as FuzzVariable).data)
          ? undefined
          : `${variable.label} changed without assignment`
      }),
    ]
  }

  run(device: Device, reference: Device, watch: MemoryWatch | undefined): string | undefined {
    const truthArguments = argumentsOf(reference, this.#graph)
    const truth = { outputs: reference.compile(this.#graph).run(truthArguments), storages: truthArguments.variables }
    const executable = device.compile(this.#graph)
    const runs = [0xff, 0x3f].map((pattern): Run & { violation: string | undefined } => {
      const args = argumentsOf(device, this.#graph)
      if (watch !== undefined) watch.pattern = pattern
      const outputs = executable.run(args)
      return { outputs, storages: args.variables, violation: watch?.violation(this.#graph, executable, args.variables) }
    })
    const [first, second] = runs as [(typeof runs)[0], (typeof runs)[0]]
    const problem = [...this.#differences(first, truth), first.violation, second.violation].find(
      (text) => text !== undefined,
    )
    if (problem !== undefined) return problem
    const stable =
      first.outputs.every((output, i) => sameBits(output, second.outputs[i] as TypedArray)) &&
      first.storages.every((storage, i) => sameBits(storage.read(), second.storages[i]?.read() as TypedArray))
    return stable ? undefined : 'the result depends on what scratch held before'
  }
}

/** Runs a seed; what is wrong, or undefined. Errors of the compiler count. */
export function runSeed(
  seed: number,
  steps: number,
  device: Device,
  reference: Device,
  watch: MemoryWatch | undefined,
): string | undefined {
  const trial = new Trial(seed, steps)
  try {
    return trial.run(device, reference, watch)
  } catch (error) {
    return `compiling or running threw: ${error instanceof Error ? (error.stack ?? error.message) : error}`
  }
}

/** Steps of a seed's graph: most are of middling size. */
export function stepsOf(seed: number): number {
  return 4 + (seed % 37)
}

/** A failing seed with as few steps as fail, and its graph. */
export function describeSeed(seed: number, device: Device, reference: Device, watch: MemoryWatch | undefined): string {
  for (let steps = 0; steps <= stepsOf(seed); steps++) {
    const problem = runSeed(seed, steps, device, reference, watch)
    if (problem !== undefined)
      return `seed ${seed}, ${steps} steps: ${problem}\n${formatGraph(new Trial(seed, steps).graph)}`
  }
  return `seed ${seed} failed, but no longer does`
}
