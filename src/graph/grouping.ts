// Growth of groups: which elementwise ops are computed together with a root, so that no two kernels wait for each other.

import { denseShape, equalShapes } from '../core/shape.ts'
import type { Node, OpNode } from '../ops/node.ts'
import type { Group } from './fuse.ts'
import { inlineFamilies, isPointwise, placingNames, reductionNames, rootNames } from './op-roles.ts'
import { isTrivialReshape } from './simplify.ts'
import type { Values } from './values.ts'

/** How a group grows. */
export interface Growing {
  /** A member of the kernel behind whose groups it comes; a kernel of its own when absent. */
  readonly behind?: OpNode
  /** Which values of that kernel it may read: those that lie at the positions where it stands. None when absent. */
  readonly aligned?: (node: Node) => boolean
  /** Nothing is computed on its result. */
  readonly alone?: boolean
}

function isTrivialView(node: Node): boolean {
  return node.kind === 'op' && node.op.name === 'reshape' && isTrivialReshape(node)
}

/** Grows groups one after the other, and remembers which kernel each op belongs to. */
export class Grouping {
  readonly #values: Values
  /** Values known not to wait for the group that grows. */
  readonly #apart = new Set<Node>()
  readonly #kernelOf = new Map<Node, Set<OpNode>>()

  constructor(values: Values) {
    this.#values = values
  }

  /** All members of the kernel that computes the node; undefined while none does. */
  kernelOf(node: Node): ReadonlySet<OpNode> | undefined {
    return this.#kernelOf.get(node)
  }

  /** The group of `root`. */
  grow(root: OpNode, { behind, aligned = () => false, alone = false }: Growing = {}): Group {
    const values = this.#values
    const kernel = behind === undefined ? new Set<OpNode>() : (this.#kernelOf.get(behind) as Set<OpNode>)
    const members = new Set<OpNode>([root])
    kernel.add(root)
    this.#kernelOf.set(root, kernel)
    this.#apart.clear()
    const parted = values.isSkipped(root.inputs[0]?.inputs[0] as Node)
    const growth = { members, kernel, shape: denseShape(root.shape), aligned, parted }
    for (const beside of this.#reductionsBeside(root, kernel)) {
      members.add(beside)
      kernel.add(beside)
      this.#kernelOf.set(beside, kernel)
    }
    const closed = alone || placingNames.has(root.op.name) || root.op.name === 'chunkedWeightGradient'
    const growing = !closed && (rootNames.has(root.op.name) || inlineFamilies.has(root.op.family))
    // Users of members, earliest first, so that what a user needs was tried before it.
    const waiting = new Set<OpNode>(growing ? [...members].flatMap((member) => values.usersOf(member)) : [])
    while (waiting.size > 0) {
      const node = [...waiting].reduce((first, other) =>
        values.positionOf(other) < values.positionOf(first) ? other : first,
      )
      waiting.delete(node)
      const before = members.size
      if (!this.#tryAbsorb(node, growth)) continue
      for (const member of [...members].slice(before)) {
        for (const user of values.usersOf(member)) if (!members.has(user)) waiting.add(user)
      }
    }
    const inOrder = [...members].sort((a, b) => values.positionOf(a) - values.positionOf(b))
    const stored = this.#chooseStored(inOrder, members)
    return { root, members: inOrder, stored }
  }

  /** Further reductions of what a reduction walks, along the same axes: one walk serves all. */
  #reductionsBeside(root: OpNode, kernel: ReadonlySet<OpNode>): OpNode[] {
    if (!reductionNames.has(root.op.name)) return []
    const values = this.#values
    const alike = new Set<Node>([root.inputs[0] as Node, ...this.#windowsBeside(root.inputs[0] as Node)])
    return [...alike]
      .flatMap((input) => values.usersOf(input))
      .filter(
        (user) =>
          user !== root &&
          reductionNames.has(user.op.name) &&
          String(user.attributes.axes) === String(root.attributes.axes) &&
          values.isMaterialised(user) &&
          !this.#kernelOf.has(user) &&
          !this.#isAwaited(user, kernel),
      )
  }

  /** The same windows on what is padded with other numbers, where no one reads the padding. */
  #windowsBeside(node: Node): Node[] {
    const pad = node.inputs[0]
    if (node.kind !== 'op' || pad?.kind !== 'op' || !this.#values.isSkipped(pad)) return []
    const same = (a: OpNode, b: OpNode, names: readonly string[]): boolean =>
      names.every((name) => String(a.attributes[name]) === String(b.attributes[name]))
    return this.#values
      .usersOf(pad.inputs[0] as Node)
      .filter((other) => this.#values.isSkipped(other) && same(other, pad, ['before', 'after']))
      .flatMap((other) => this.#values.usersOf(other))
      .filter((other) => same(other, node, ['size', 'stride', 'dilation']))
  }

  /** Takes `node` into the group when it walks the same positions and waits for nothing that waits for the group. */
  #tryAbsorb(node: OpNode, growth: Growth): boolean {
    const { members, kernel, shape, aligned, parted } = growth
    if (parted && !this.#isLight(node, members)) return false
    const elementwise = inlineFamilies.has(node.op.family) || isTrivialView(node)
    if (!elementwise || this.#kernelOf.has(node) || !equalShapes(denseShape(node.shape), shape)) return false
    for (const input of node.inputs) {
      if (members.has(input as OpNode)) continue
      const sibling =
        isPointwise(input) &&
        this.#values.isMaterialised(input) &&
        !this.#kernelOf.has(input) &&
        !this.#isAwaited(input, kernel)
      if (sibling && this.#tryAbsorb(input, growth)) {
        // What waits for the sibling alone was right to be apart until now.
        this.#apart.clear()
        continue
      }
      if (this.waitsFor(input, kernel) && !aligned(input)) return false
    }
    if (node.op.name === 'gather' && members.has(node.inputs[0] as OpNode)) return false
    if (this.#values.exceedsKernel(new Set<Node>([...members, node]))) return false
    members.add(node)
    kernel.add(node)
    this.#kernelOf.set(node, kernel)
    return true
  }

  /** Is an op on a result that is written part by part worth being written as often? It should take the result's place. */
  #isLight(node: OpNode, members: ReadonlySet<OpNode>): boolean {
    if (isTrivialView(node)) return true
    const onlyUser = node.inputs.every(
      (input) => !members.has(input as OpNode) || this.#values.usersOf(input).length === 1,
    )
    return onlyUser && this.#values.isLight(node)
  }

  /** Does either of a value and a kernel wait for the other? */
  depend(node: OpNode, kernel: ReadonlySet<OpNode>): boolean {
    return node.inputs.some((input) => this.waitsFor(input, kernel, new Set())) || this.#isAwaited(node, kernel)
  }

  /** Does a member wait, by way of other kernels, for `node`? Then the two cannot be one kernel. */
  #isAwaited(node: OpNode, members: ReadonlySet<OpNode>): boolean {
    const alone = new Set([node])
    const apart = new Set<Node>()
    return [...members].some((member) =>
      member.inputs.some(
        (input) => !members.has(input as OpNode) && input !== node && this.waitsFor(input, alone, apart),
      ),
    )
  }

  /** Forgets what was found not to wait. */
  reset(): void {
    this.#apart.clear()
  }

  /** Does computing `node`, whole kernels at a time, need a value of the kernel? `apart` are values known not to. */
  waitsFor(node: Node, members: ReadonlySet<OpNode>, apart: Set<Node> = this.#apart): boolean {
    const seen = new Set<Node>()
    const stack: Node[] = [node]
    while (stack.length > 0) {
      const next = stack.pop() as Node
      if (seen.has(next) || apart.has(next)) continue
      seen.add(next)
      if (members.has(next as OpNode)) return true
      const group = this.#kernelOf.get(next)
      for (const part of group ?? [next]) {
        seen.add(part)
        stack.push(...part.inputs.filter((input) => group === undefined || !group.has(input as OpNode)))
      }
    }
    for (const part of seen) apart.add(part)
    return false
  }

  /** Can others compute a member from what the group stores? */
  #isAvailable(member: OpNode, set: ReadonlySet<OpNode>, stored: ReadonlySet<OpNode>): boolean {
    // Who reads a view may need an address: that of what is stored.
    if (isTrivialView(member)) return stored.has(member.inputs[0] as OpNode)
    if (!isPointwise(member)) return false
    return member.inputs.every((input) => {
      const own = input as OpNode
      return !set.has(own) || stored.has(own) || this.#isAvailable(own, set, stored)
    })
  }

  #chooseStored(members: readonly OpNode[], set: ReadonlySet<OpNode>): OpNode[] {
    const values = this.#values
    const stored = new Set<OpNode>()
    const usedOutside = (node: Node): boolean => values.usersOf(node).some((user) => !set.has(user))
    for (const member of members) {
      if (values.isTarget(member) || (values.isMaterialised(member) && usedOutside(member))) stored.add(member)
    }
    for (const member of members) {
      if (stored.has(member) || !usedOutside(member)) continue
      // Others would compute it themselves: only when all that they need of this group is in memory anyway.
      if (values.isCheapFrom(member, stored) && this.#isAvailable(member, set, stored)) continue
      values.materialise(member)
      stored.add(member)
    }
    // What is in memory for others' sake but has no user outside is not written at all.
    for (const member of members) if (!stored.has(member)) values.forget(member)
    return members.filter((member) => stored.has(member))
  }
}

/** A group while it grows. */
interface Growth {
  readonly members: Set<OpNode>
  readonly kernel: Set<OpNode>
  readonly shape: readonly number[]
  readonly aligned: (node: Node) => boolean
  /** Its root is a reduction whose windows reach over an edge: a stage for each part. */
  readonly parted: boolean
}
