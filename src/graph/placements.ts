// Values that are written straight into the larger one that is made of them: inside its padding, or as its part. Nothing is copied then.

import type { Node, OpNode } from '../ops/node.ts'
import type { Fused, Group } from './fuse.ts'
import { inlineFamilies, isConvolution, reductionNames } from './op-roles.ts'
import { isTrivialReshape } from './simplify.ts'
import type { Values } from './values.ts'

/** Where a value lies: from `corner` on in `host`. */
export interface Placement {
  readonly host: OpNode
  readonly corner: readonly number[]
}

/** Is a group's result stored by position, so that it may lie anywhere? Products keep running sums where their result goes. */
function storesAnywhere({ root: { op } }: Group): boolean {
  return inlineFamilies.has(op.family) || reductionNames.has(op.name) || op.name === 'convolution'
}

/** Where each input of a pad or a concatenation begins in it. */
function corners({ op, inputs, attributes, shape }: OpNode): readonly (readonly number[])[] {
  if (op.name === 'pad') return [attributes.before as readonly number[]]
  const along = attributes.axis as number
  let start = 0
  return inputs.map((input) => {
    const corner = shape.map((_, axis) => (axis === along ? start : 0))
    start += input.shape[along] as number
    return corner
  })
}

/** Does a convolution walk all pixels one after the other? It would stop at the end of each row if they had padding around them. */
function walksRows({ inputs, attributes }: OpNode): boolean {
  const [height, width] = (inputs[1] as Node).shape
  return height === 1 && width === 1 && String(attributes.stride) === '1,1'
}

export class Placements {
  readonly #values: Values
  readonly #producers = new Map<Node, Group>()
  readonly #found = new Map<Node, Placement>()
  readonly #hosts = new Set<Node>()

  constructor(values: Values, kernels: readonly Fused[]) {
    this.#values = values
    for (const { groups, stored } of kernels) {
      const written = new Set<OpNode>(stored)
      for (const group of groups)
        for (const node of group.stored) if (written.has(node)) this.#producers.set(node, group)
    }
    for (const { groups, byImage } of kernels) {
      const [group] = groups as readonly [Group, ...Group[]]
      if (!byImage && groups.length === 1) this.#fill(group.root)
    }
  }

  of(node: Node): Placement | undefined {
    return this.#found.get(node)
  }

  /** Finds the inputs of a host that can lie in it. */
  #fill(host: OpNode): void {
    if (host.op.name !== 'pad' && host.op.name !== 'concat') return
    if (this.#values.isTarget(host) || this.#found.has(host)) return
    for (const [i, corner] of corners(host).entries()) {
      const input = host.inputs[i] as Node
      if (!this.#canLieIn(input, host)) continue
      this.#found.set(input, { host, corner })
      this.#hosts.add(host)
    }
  }

  #canLieIn(node: Node, host: OpNode): boolean {
    const producer = this.#producers.get(node)
    if (producer === undefined || !storesAnywhere(producer)) return false
    if (this.#values.isTarget(node) || this.#found.has(node) || this.#hosts.has(node)) return false
    const once = host.inputs.filter((input) => input === node).length === 1
    return (
      once && (host.op.name === 'pad' ? this.#isReadByPosition(node, host) : this.#values.usersOf(node).length === 1)
    )
  }

  /** Do all other users of a padded value read it by position, and none the slower for the padding between its rows? */
  #isReadByPosition(node: Node, host: OpNode): boolean {
    return this.#values.usersOf(node).every((user) => {
      const { name, family } = user.op
      if (isConvolution(user)) return name === 'convolution' && !user.inputs.slice(1).includes(node) && !walksRows(user)
      if (family === 'movement' && user !== host && name !== 'pad')
        return (name !== 'reshape' || isTrivialReshape(user)) && this.#isReadByPosition(user, host)
      return user === host || name === 'pad' || family === 'elementwise' || reductionNames.has(name)
    })
  }
}
