// Fusion: divides all values that must be in memory among kernels.

import type { Node, OpNode } from '../ops/node.ts'
import { Grouping } from './grouping.ts'
import { ImageKernels } from './image-kernels.ts'
import { Placements } from './placements.ts'
import { Values } from './values.ts'

/** Ops that one kernel computes: a root and elementwise ops on its result. Beside a reduction there may be others that walk the same values. */
export interface Group {
  readonly root: OpNode
  /** In topological order, the root among them. */
  readonly members: readonly OpNode[]
  /** Members whose values are needed after the group. */
  readonly stored: readonly OpNode[]
}

/** Groups that one kernel computes one after the other. Most kernels have one. */
export interface Fused {
  readonly groups: readonly Group[]
  /** Does the kernel compute its groups image by image? */
  readonly byImage: boolean
  readonly members: readonly OpNode[]
  /** Members whose values are needed in memory. */
  readonly stored: readonly OpNode[]
  /** Members whose values only later groups of a kernel over images need: one image at a time, in scratch of the running thread. */
  readonly local: readonly OpNode[]
}

/** All values of a graph that must be in memory, divided among kernels. */
export class Fusion {
  readonly #values: Values

  constructor(targets: readonly Node[]) {
    this.#values = new Values(targets)
  }

  /** Is the node's value in memory when other kernels want it? */
  inMemory(node: Node): boolean {
    return this.#values.inMemory(node)
  }

  /** Is it a pad that lies nowhere, since nothing reads its pixels? */
  isSkipped(node: Node): boolean {
    return this.#values.isSkipped(node)
  }

  /** Which values lie inside others that are made of them. */
  placements(kernels: readonly Fused[]): Placements {
    return new Placements(this.#values, kernels)
  }

  kernels(): Fused[] {
    const values = this.#values
    const grouping = new Grouping(values)
    const images = new ImageKernels(values, grouping)
    const kernels: Fused[] = []
    for (const node of values.order) {
      if (node.kind !== 'op' || !values.isMaterialised(node) || grouping.kernelOf(node) !== undefined) continue
      const byImage = images.goesByImage(node)
      const groups = byImage ? images.groupsFrom(node) : [grouping.grow(node)]
      const local = byImage ? images.localTo(groups) : new Set<OpNode>()
      kernels.push({
        groups,
        byImage,
        members: groups.flatMap(({ members }) => members),
        stored: groups.flatMap(({ stored }) => stored.filter((each) => !local.has(each))),
        local: [...local],
      })
    }
    return kernels
  }
}
