// Runs graphs on a device directly, without the tensor layer's caches.

import type { TypedArray } from '../../src/core/dtype.ts'
import type { Device, Executable } from '../../src/devices/device.ts'
import { type Graph, hostData, makeGraph } from '../../src/graph/graph.ts'
import type { Node } from '../../src/ops/node.ts'

/** Values of `outputs` on a device. */
export function evaluate(device: Device, outputs: readonly Node[]): TypedArray[] {
  return new Evaluation(device, outputs).run()
}

/** A graph compiled once, to be run with changing leaves. */
export class Evaluation {
  readonly #graph: Graph
  readonly #executable: Executable

  constructor(device: Device, outputs: readonly Node[]) {
    this.#graph = makeGraph(outputs)
    this.#executable = device.compile(this.#graph)
  }

  /** Leaves hold their own data, but those that `changed` gives others. */
  run(changed: ReadonlyMap<Node, TypedArray> = new Map()): TypedArray[] {
    return this.#executable.run({
      inputs: this.#graph.inputs.map((leaf) => changed.get(leaf) ?? hostData(leaf, [])),
      scalars: this.#graph.scalars.map((node) => node.read()),
      variables: [],
    })
  }
}
