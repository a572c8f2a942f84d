// Fusion: which values are written to memory, and which ops one kernel computes together. The rest is computed where it is used.

import { denseShape, equalShapes, sizeOf } from '../core/shape.ts'
import { type Node, type OpNode, topologicalOrder } from '../ops/node.ts'
import { isTrivialReshape } from './simplify.ts'

/** Ops that one kernel computes: a root and elementwise ops on its result. */
export interface Group {
  readonly root: OpNode
  /** In topological order, the root among them. */
  readonly members: readonly OpNode[]
  /** Members whose values are needed in memory. */
  readonly stored: readonly OpNode[]
}

const viewNames = new Set(['reshape', 'permute', 'expand', 'slice', 'flip'])
const rootNames = new Set(['sum', 'max', 'min', 'matmul', 'pad', 'concat'])
const inlineFamilies = new Set(['elementwise', 'random', 'gather'])

/** Rough cost of recomputing an op, in simple operations. */
const weights: Readonly<Record<string, number>> = {
  exp: 10,
  log: 12,
  tanh: 16,
  sigmoid: 14,
  erf: 16,
  sin: 14,
  cos: 14,
  power: 40,
  divide: 4,
  sqrt: 4,
  random: 80,
  gather: 4,
}
/** Above this weight a value with several users is written to memory rather than computed again. */
const recomputeLimit = 2
/** Bounds on one kernel's expressions, which keep its registers in bounds. */
const loadLimit = 10
const weightLimit = 160

export function isView(node: Node): node is OpNode {
  return node.kind === 'op' && viewNames.has(node.op.name)
}

function isPointwise(node: Node): node is OpNode {
  return node.kind === 'op' && inlineFamilies.has(node.op.family)
}

interface Inlined {
  weight: number
  readonly loads: Set<Node>
}

export class Fusion {
  readonly order: readonly Node[]
  readonly #targets: ReadonlySet<Node>
  readonly #positions = new Map<Node, number>()
  readonly #users = new Map<Node, OpNode[]>()
  readonly #materialised = new Set<Node>()
  readonly #inlined = new Map<Node, Inlined>()
  /** Values known not to wait for the group that grows. */
  readonly #apart = new Set<Node>()
  readonly #groupOf = new Map<Node, Set<OpNode>>()

  constructor(targets: readonly Node[]) {
    this.order = topologicalOrder(targets)
    this.#targets = new Set(targets)
    for (const [position, node] of this.order.entries()) {
      this.#positions.set(node, position)
      if (node.kind !== 'op') continue
      for (const input of new Set(node.inputs)) {
        const users = this.#users.get(input)
        if (users === undefined) this.#users.set(input, [node])
        else users.push(node)
      }
    }
    for (const node of this.order) if (node.kind === 'op') this.#consider(node)
  }

  /** Is the node's value in memory when other kernels want it? */
  inMemory(node: Node): boolean {
    return (node.kind !== 'op' && node.kind !== 'literal') || this.#materialised.has(node)
  }

  #positionOf(node: Node): number {
    return this.#positions.get(node) as number
  }

  #usersOf(node: Node): readonly OpNode[] {
    return this.#users.get(node) ?? []
  }

  #inlineCost(node: Node): Inlined {
    if (this.inMemory(node)) return { weight: 0, loads: new Set([node]) }
    return this.#inlined.get(node) ?? { weight: 0, loads: new Set() }
  }

  #materialise(node: Node): void {
    this.#materialised.add(node)
  }

  /** Makes `node` readable by address: what lies below its views is put in memory. */
  #makeAddressable(node: Node): void {
    let base = node
    while (isView(base) && !this.inMemory(base)) base = base.inputs[0] as Node
    // A literal has no address: the outermost view of it gets one.
    if (base.kind === 'literal') this.#materialise(node)
    else if (!this.inMemory(base)) this.#materialise(base)
  }

  #consider(node: OpNode): void {
    const { name } = node.op
    const [first] = node.inputs
    if (name === 'matmul') for (const input of node.inputs) this.#makeAddressable(input)
    if (name === 'gather') this.#makeAddressable(first as Node)
    if (name === 'reshape' && !isTrivialReshape(node) && !this.#isConstant(node)) {
      if (!this.inMemory(first as Node)) this.#materialise(first as Node)
    }
    if (
      name === 'expand' &&
      sizeOf((first as Node).shape) > 1 &&
      this.#inlineCost(first as Node).weight > recomputeLimit
    ) {
      this.#materialise(first as Node)
    }
    const cost = this.#sumCosts(node)
    if (cost.loads.size > loadLimit || cost.weight > weightLimit) {
      for (const input of node.inputs) if (this.#inlineCost(input).weight > 0) this.#materialise(input)
    }
    this.#inlined.set(node, this.#sumCosts(node))
    const heavy = isPointwise(node) && this.#usersOf(node).length > 1 && cost.weight > recomputeLimit
    if (rootNames.has(name) || this.#targets.has(node) || heavy) this.#materialise(node)
  }

  #isConstant(node: Node): boolean {
    return node.kind === 'literal' || (isView(node) && this.#isConstant(node.inputs[0] as Node))
  }

  #sumCosts(node: OpNode): Inlined {
    const own = isPointwise(node) ? (weights[node.op.name] ?? 1) : 0
    const sum: Inlined = { weight: own, loads: new Set() }
    for (const input of node.inputs) {
      const { weight, loads } = this.#inlineCost(input)
      sum.weight += weight
      for (const load of loads) sum.loads.add(load)
    }
    return sum
  }

  /** Divides all values that must be in memory among groups. */
  groups(): Group[] {
    const groups: Group[] = []
    for (const node of this.order) {
      if (node.kind !== 'op' || !this.#materialised.has(node) || this.#groupOf.has(node)) continue
      groups.push(this.#grow(node))
    }
    return groups
  }

  #grow(root: OpNode): Group {
    const members = new Set<OpNode>([root])
    this.#groupOf.set(root, members)
    this.#apart.clear()
    const shape = denseShape(root.shape)
    const placing = root.op.name === 'pad' || root.op.name === 'concat'
    const growing = !placing && (rootNames.has(root.op.name) || inlineFamilies.has(root.op.family))
    // Users of members, earliest first, so that what a user needs was tried before it.
    const waiting = new Set<OpNode>(growing ? this.#usersOf(root) : [])
    while (waiting.size > 0) {
      const node = [...waiting].reduce((first, other) =>
        this.#positionOf(other) < this.#positionOf(first) ? other : first,
      )
      waiting.delete(node)
      const before = members.size
      if (!this.#tryAbsorb(node, members, shape)) continue
      for (const member of [...members].slice(before)) {
        for (const user of this.#usersOf(member)) if (!members.has(user)) waiting.add(user)
      }
    }
    const inOrder = [...members].sort((a, b) => this.#positionOf(a) - this.#positionOf(b))
    const stored = this.#chooseStored(inOrder, members)
    return { root, members: inOrder, stored }
  }

  /** Takes `node` into the group when it walks the same positions and waits for nothing that waits for the group. */
  #tryAbsorb(node: OpNode, members: Set<OpNode>, shape: readonly number[]): boolean {
    const elementwise = inlineFamilies.has(node.op.family) || (node.op.name === 'reshape' && isTrivialReshape(node))
    if (!elementwise || this.#groupOf.has(node) || !equalShapes(denseShape(node.shape), shape)) return false
    for (const input of node.inputs) {
      if (members.has(input as OpNode)) continue
      const sibling = isPointwise(input) && this.#materialised.has(input) && !this.#groupOf.has(input)
      if (sibling && this.#tryAbsorb(input, members, shape)) {
        // What waits for the sibling alone was right to be apart until now.
        this.#apart.clear()
        continue
      }
      if (this.#waitsFor(input, members)) return false
    }
    if (node.op.name === 'gather' && members.has(node.inputs[0] as OpNode)) return false
    const loads = new Set<Node>()
    let weight = 0
    for (const member of [...members, node]) {
      weight += isPointwise(member) ? (weights[member.op.name] ?? 1) : 0
      for (const input of member.inputs) {
        if (members.has(input as OpNode)) continue
        const cost = this.#inlineCost(input)
        weight += cost.weight
        for (const load of cost.loads) loads.add(load)
      }
    }
    if (loads.size > loadLimit || weight > weightLimit) return false
    members.add(node)
    this.#groupOf.set(node, members)
    return true
  }

  /** Does computing `node`, whole groups at a time, need a value of the group? */
  #waitsFor(node: Node, members: ReadonlySet<OpNode>): boolean {
    const seen = new Set<Node>()
    const stack: Node[] = [node]
    while (stack.length > 0) {
      const next = stack.pop() as Node
      if (seen.has(next) || this.#apart.has(next)) continue
      seen.add(next)
      if (members.has(next as OpNode)) return true
      const group = this.#groupOf.get(next)
      for (const part of group ?? [next]) {
        seen.add(part)
        stack.push(...part.inputs.filter((input) => group === undefined || !group.has(input as OpNode)))
      }
    }
    for (const part of seen) this.#apart.add(part)
    return false
  }

  #chooseStored(members: readonly OpNode[], set: ReadonlySet<OpNode>): OpNode[] {
    const stored = new Set<OpNode>()
    const usedOutside = (node: Node): boolean => this.#usersOf(node).some((user) => !set.has(user))
    for (const member of members) {
      if (this.#targets.has(member) || (this.#materialised.has(member) && usedOutside(member))) stored.add(member)
    }
    for (const member of members) {
      if (stored.has(member) || !usedOutside(member)) continue
      // Others would compute it themselves: only when all that they need of this group is in memory anyway.
      const cheap = (this.#inlined.get(member)?.weight ?? 0) <= recomputeLimit
      const available = member.inputs.every((input) => !set.has(input as OpNode) || stored.has(input as OpNode))
      if (cheap && available && isPointwise(member)) continue
      this.#materialise(member)
      stored.add(member)
    }
    // What is in memory for others' sake but has no user outside is not written at all.
    for (const member of members) if (!stored.has(member)) this.#materialised.delete(member)
    return members.filter((member) => stored.has(member))
  }
}
