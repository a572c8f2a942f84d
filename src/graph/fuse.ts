// Fusion: which values are written to memory, and which ops one kernel computes together. The rest is computed where it is used.

import { denseShape, equalShapes, sizeOf } from '../core/shape.ts'
import { type Node, type OpNode, topologicalOrder } from '../ops/node.ts'
import { isTrivialReshape } from './simplify.ts'
import {
  alignedInputs,
  convolutionNames,
  imagesOf,
  isConvolution,
  isPadding,
  padsWithinImages,
  reducesWithinImages,
  slabOperands,
} from './slab-fusion.ts'

/** Ops that one kernel computes: a root and elementwise ops on its result. */
export interface Group {
  readonly root: OpNode
  /** In topological order, the root among them. */
  readonly members: readonly OpNode[]
  /** Members whose values are needed in memory. */
  readonly stored: readonly OpNode[]
}

const viewNames = new Set(['reshape', 'permute', 'expand', 'slice', 'flip', 'windows'])
/** Roots that put values into a larger one; nothing is computed on their result. */
const placingNames = new Set(['pad', 'concat', 'overlapAdd'])
const rootNames = new Set(['sum', 'max', 'min', 'matmul', ...convolutionNames, ...placingNames])
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
/** The same where only one large value must be read again: then writing the result would save no reading. */
const rereadLimit = 24
/** Above this weight the operand of a convolution is written once, rather than computed in each kernel that uses it. */
const operandLimit = 60
/** Bounds on one kernel's expressions, which keep its registers in bounds. */
const loadLimit = 10
const weightLimit = 160

/** Groups that one kernel computes one after the other, image by image. Most kernels have one. */
export interface Fused {
  readonly groups: readonly Group[]
  readonly members: readonly OpNode[]
  readonly stored: readonly OpNode[]
}

function fused(groups: readonly Group[]): Fused {
  return {
    groups,
    members: groups.flatMap(({ members }) => members),
    stored: groups.flatMap(({ stored }) => stored),
  }
}

export function isView(node: Node): node is OpNode {
  return node.kind === 'op' && viewNames.has(node.op.name)
}

function isPointwise(node: Node): node is OpNode {
  return node.kind === 'op' && inlineFamilies.has(node.op.family)
}

/** Does a position belong to several windows? */
function overlaps({ attributes }: OpNode): boolean {
  const { size, stride } = attributes as { size: readonly number[]; stride: readonly number[] }
  return size.some((extent, axis) => extent > (stride[axis] as number))
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
  /** Pads that each kernel over images makes for itself. */
  readonly #local = new Set<Node>()
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

  /** Puts `node` in memory in its own order, whatever views it is behind: a contraction loads its last axis as vectors. */
  #makeVectors(node: Node): void {
    if (isView(node) && !(node.op.name === 'reshape' && isTrivialReshape(node))) this.#materialise(node)
    else this.#makeAddressable(node)
  }

  #consider(node: OpNode): void {
    const { name } = node.op
    const [first] = node.inputs
    if (name === 'matmul') for (const input of node.inputs) this.#makeAddressable(input)
    if (isConvolution(node)) this.#makeOperands(node)
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
    if (name === 'windows' && overlaps(node) && this.#inlineCost(first as Node).weight > recomputeLimit)
      this.#materialise(first as Node)
    const cost = this.#sumCosts(node)
    if (cost.loads.size > loadLimit || cost.weight > weightLimit) {
      for (const input of node.inputs) if (this.#inlineCost(input).weight > 0) this.#materialise(input)
    }
    this.#inlined.set(node, this.#sumCosts(node))
    if (isPadding(node) && this.#isOperandPad(node) && cost.weight <= operandLimit) {
      this.#local.add(node)
      return
    }
    const heavy =
      isPointwise(node) && this.#usersOf(node).length > 1 && !this.#isCheap(node) && !this.#isUpstreamOperand(node)
    if (rootNames.has(name) || this.#targets.has(node) || heavy) this.#materialise(node)
  }

  /** Is a value better computed where it is used than written for its users? */
  #isCheap(node: Node): boolean {
    const { weight, loads } = this.#inlined.get(node) ?? this.#inlineCost(node)
    if (weight <= recomputeLimit) return true
    const large = [...loads].filter(({ shape }) => 2 * sizeOf(shape) > sizeOf(node.shape))
    return weight <= rereadLimit && large.length <= 1
  }

  /** Do only an input gradient, a weight gradient that shares its kernel, and sums use an upstream gradient? */
  #isUpstreamOperand(node: OpNode): boolean {
    if (this.#inlineCost(node).weight > operandLimit || this.#targets.has(node)) return false
    const users = this.#usersOf(node)
    const weights = users.filter(({ op, inputs }) => op.name === 'chunkedWeightGradient' && inputs[1] === node)
    const inputs = users.filter((user) =>
      user.op.name === 'pad' ? this.#isOperandPad(user) : user.op.name === 'phaseConvolution',
    )
    const sums = users.filter(({ op }) => op.name === 'sum')
    return (
      weights.length === 1 &&
      inputs.length === 1 &&
      users.length === weights.length + inputs.length + sums.length &&
      imagesOf(weights[0] as OpNode) > 1
    )
  }

  /** Do only convolutions use a pad, each image by itself? */
  #isOperandPad(node: OpNode): boolean {
    const users = this.#usersOf(node)
    return (
      padsWithinImages(node) &&
      !this.#targets.has(node) &&
      users.length > 0 &&
      users.every((user) => isConvolution(user) && user.inputs[0] === node && !user.inputs.slice(1).includes(node))
    )
  }

  #makeOperands(node: OpNode): void {
    const perImage = slabOperands(node)
    for (const input of node.inputs) {
      const local =
        perImage.includes(input) &&
        (this.#local.has(input) ||
          (isPointwise(input) && imagesOf(node) > 1 && this.#inlineCost(input).weight <= operandLimit))
      if (local) continue
      // Splats may come from anywhere; vectors must be neighbours.
      if (input === node.inputs[0]) this.#makeAddressable(input)
      else this.#makeVectors(input)
    }
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

  /** Divides all values that must be in memory among kernels. */
  kernels(): Fused[] {
    const kernels: Fused[] = []
    for (const node of this.order) {
      if (node.kind !== 'op' || !this.#materialised.has(node) || this.#groupOf.has(node)) continue
      const first = this.#grow(node)
      kernels.push(fused(isConvolution(node) && imagesOf(node) > 1 ? this.#joinImages(first) : [first]))
    }
    return kernels
  }

  /** A convolution's kernel with what can share its pass over the images: the weight gradient that reads the same upstream gradient, and sums within images. */
  #joinImages(first: Group): Group[] {
    const groups = [first]
    const kernel = this.#groupOf.get(first.root) as Set<OpNode>
    const images = imagesOf(first.root)
    const partner = this.#partnerOf(first.root)
    if (partner !== undefined && !this.#depend(partner, kernel)) groups.push(this.#grow(partner, kernel))
    for (;;) {
      this.#apart.clear()
      const known = new Map<Node, boolean>()
      const next = this.#followers(kernel, images).find((node) =>
        this.#isAligned(node.inputs[0] as Node, kernel, images, known),
      )
      if (next === undefined) return groups
      groups.push(this.#grow(next, kernel))
    }
  }

  /** The weight gradient that shares a local upstream gradient with an input gradient. */
  #partnerOf(root: OpNode): OpNode | undefined {
    if (root.op.name !== 'phaseConvolution') return undefined
    const operand = root.inputs[0] as Node
    const g = isPadding(operand) ? (operand.inputs[0] as Node) : operand
    if (this.inMemory(operand) || this.inMemory(g)) return undefined
    return this.#usersOf(g).find(
      (user) => user.op.name === 'chunkedWeightGradient' && user.inputs[1] === g && !this.#groupOf.has(user),
    )
  }

  /** Does either of a value and a kernel wait for the other? */
  #depend(node: OpNode, kernel: ReadonlySet<OpNode>): boolean {
    return node.inputs.some((input) => this.#waitsFor(input, kernel, new Set())) || this.#isAwaited(node, kernel)
  }

  /** Reductions within images of what the kernel computes. */
  #followers(kernel: ReadonlySet<OpNode>, images: number): OpNode[] {
    const found = new Set<OpNode>()
    const seen = new Set<Node>()
    const stack: Node[] = [...kernel]
    while (stack.length > 0) {
      for (const user of this.#usersOf(stack.pop() as Node)) {
        if (seen.has(user) || kernel.has(user)) continue
        seen.add(user)
        const reduces = user.op.name === 'sum' && this.#materialised.has(user) && !this.#groupOf.has(user)
        if (reduces && reducesWithinImages(user, images)) found.add(user)
        else if (!this.inMemory(user) && !rootNames.has(user.op.name)) stack.push(user)
      }
    }
    return [...found].sort((a, b) => this.#positionOf(a) - this.#positionOf(b))
  }

  /** Can `node` be computed image by image inside the kernel: does it read the kernel's values at its own image, and nothing that waits for the kernel? */
  #isAligned(node: Node, kernel: ReadonlySet<OpNode>, images: number, known: Map<Node, boolean>): boolean {
    let aligned = known.get(node)
    if (aligned !== undefined) return aligned
    if (kernel.has(node as OpNode) && this.inMemory(node)) aligned = true
    else if (this.inMemory(node) || node.kind !== 'op') aligned = !this.#waitsFor(node, kernel)
    else {
      const { same, other } = alignedInputs(node, images)
      aligned =
        !this.#local.has(node) &&
        same.every((input) => this.#isAligned(input, kernel, images, known)) &&
        other.every((input) => !this.#waitsFor(input, kernel))
    }
    known.set(node, aligned)
    return aligned
  }

  /** The group of `root`, in a kernel of its own or behind the groups of `kernel`. */
  #grow(root: OpNode, kernel: Set<OpNode> = new Set()): Group {
    const members = new Set<OpNode>([root])
    kernel.add(root)
    this.#groupOf.set(root, kernel)
    this.#apart.clear()
    const shape = denseShape(root.shape)
    const closed = placingNames.has(root.op.name) || root.op.name === 'chunkedWeightGradient'
    const growing = !closed && (rootNames.has(root.op.name) || inlineFamilies.has(root.op.family))
    // Users of members, earliest first, so that what a user needs was tried before it.
    const waiting = new Set<OpNode>(growing ? this.#usersOf(root) : [])
    while (waiting.size > 0) {
      const node = [...waiting].reduce((first, other) =>
        this.#positionOf(other) < this.#positionOf(first) ? other : first,
      )
      waiting.delete(node)
      const before = members.size
      if (!this.#tryAbsorb(node, members, kernel, shape)) continue
      for (const member of [...members].slice(before)) {
        for (const user of this.#usersOf(member)) if (!members.has(user)) waiting.add(user)
      }
    }
    const inOrder = [...members].sort((a, b) => this.#positionOf(a) - this.#positionOf(b))
    const stored = this.#chooseStored(inOrder, members)
    return { root, members: inOrder, stored }
  }

  /** Takes `node` into the group when it walks the same positions and waits for nothing that waits for the group. */
  #tryAbsorb(node: OpNode, members: Set<OpNode>, kernel: Set<OpNode>, shape: readonly number[]): boolean {
    const elementwise = inlineFamilies.has(node.op.family) || (node.op.name === 'reshape' && isTrivialReshape(node))
    if (!elementwise || this.#groupOf.has(node) || !equalShapes(denseShape(node.shape), shape)) return false
    for (const input of node.inputs) {
      if (members.has(input as OpNode)) continue
      const sibling =
        isPointwise(input) &&
        this.#materialised.has(input) &&
        !this.#groupOf.has(input) &&
        !this.#isAwaited(input, kernel)
      if (sibling && this.#tryAbsorb(input, members, kernel, shape)) {
        // What waits for the sibling alone was right to be apart until now.
        this.#apart.clear()
        continue
      }
      if (this.#waitsFor(input, kernel)) return false
    }
    if (node.op.name === 'gather' && members.has(node.inputs[0] as OpNode)) return false
    const loads = new Set<Node>()
    let weight = 0
    for (const member of [...members, node]) {
      weight += isPointwise(member) ? (weights[member.op.name] ?? 1) : 0
      // Operands are made in stages of their own.
      for (const input of isConvolution(member) ? [] : member.inputs) {
        if (members.has(input as OpNode)) continue
        const cost = this.#inlineCost(input)
        weight += cost.weight
        for (const load of cost.loads) loads.add(load)
      }
    }
    if (loads.size > loadLimit || weight > weightLimit) return false
    members.add(node)
    kernel.add(node)
    this.#groupOf.set(node, kernel)
    return true
  }

  /** Does a member wait, by way of other kernels, for `node`? Then the two cannot be one kernel. */
  #isAwaited(node: OpNode, members: ReadonlySet<OpNode>): boolean {
    const alone = new Set([node])
    const apart = new Set<Node>()
    return [...members].some((member) =>
      member.inputs.some(
        (input) => !members.has(input as OpNode) && input !== node && this.#waitsFor(input, alone, apart),
      ),
    )
  }

  /** Does computing `node`, whole groups at a time, need a value of the group? `apart` are values known not to. */
  #waitsFor(node: Node, members: ReadonlySet<OpNode>, apart: Set<Node> = this.#apart): boolean {
    const seen = new Set<Node>()
    const stack: Node[] = [node]
    while (stack.length > 0) {
      const next = stack.pop() as Node
      if (seen.has(next) || apart.has(next)) continue
      seen.add(next)
      if (members.has(next as OpNode)) return true
      const group = this.#groupOf.get(next)
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
    if (!isPointwise(member)) return false
    return member.inputs.every((input) => {
      const own = input as OpNode
      return !set.has(own) || stored.has(own) || this.#isAvailable(own, set, stored)
    })
  }

  /** Cost of computing a member when the group's `stored` values are read from memory. */
  #weightFrom(node: Node, stored: ReadonlySet<OpNode>): number {
    if (node.kind !== 'op' || stored.has(node) || this.inMemory(node)) return 0
    const own = isPointwise(node) ? (weights[node.op.name] ?? 1) : 0
    return node.inputs.reduce((sum, input) => sum + this.#weightFrom(input, stored), own)
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
      const cheap = this.#isCheap(member) || this.#weightFrom(member, stored) <= recomputeLimit
      if (cheap && this.#isAvailable(member, set, stored)) continue
      this.#materialise(member)
      stored.add(member)
    }
    // What is in memory for others' sake but has no user outside is not written at all.
    for (const member of members) if (!stored.has(member)) this.#materialised.delete(member)
    return members.filter((member) => stored.has(member))
  }
}
