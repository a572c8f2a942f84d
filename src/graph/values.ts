// Which values are written to memory, and which are computed where they are used.

import { sizeOf } from '../core/shape.ts'
import { type Node, type OpNode, topologicalOrder } from '../ops/node.ts'
import { imagesOf, padsWithinImages, reducesWithinImages, slabOperands } from './image-rules.ts'
import { isConvolution, isPadding, isPointwise, isView, reductionNames, rootNames } from './op-roles.ts'
import { isTrivialReshape } from './simplify.ts'
import { isNeutralPad } from './window-edges.ts'

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

/** Does a position belong to several windows? */
function overlaps({ attributes }: OpNode): boolean {
  const { size, stride } = attributes as { size: readonly number[]; stride: readonly number[] }
  return size.some((extent, axis) => extent > (stride[axis] as number))
}

interface Inlined {
  weight: number
  readonly loads: Set<Node>
}

/** The values of a graph, and for each how others get it. Groups may still decide that a value is stored, or that it need not be. */
export class Values {
  readonly order: readonly Node[]
  readonly #targets: ReadonlySet<Node>
  readonly #positions = new Map<Node, number>()
  readonly #users = new Map<Node, OpNode[]>()
  readonly #materialised = new Set<Node>()
  /** Pads that each kernel over images makes for itself. */
  readonly #local = new Set<Node>()
  /** Pads of which nothing is ever read: reductions stop at the edge of what they surround. */
  readonly #skipped = new Set<Node>()
  readonly #inlined = new Map<Node, Inlined>()

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

  /** Is the node one that the program must leave in memory? */
  isTarget(node: Node): boolean {
    return this.#targets.has(node)
  }

  /** Is it a result of an op that a kernel writes, or is written by one? */
  isMaterialised(node: Node): boolean {
    return this.#materialised.has(node)
  }

  /** Is it a pad that each kernel over images makes for itself? */
  isLocal(node: Node): boolean {
    return this.#local.has(node)
  }

  /** Is it a pad in name only, whose pixels no reduction reads? */
  isSkipped(node: Node): boolean {
    return this.#skipped.has(node)
  }

  positionOf(node: Node): number {
    return this.#positions.get(node) as number
  }

  usersOf(node: Node): readonly OpNode[] {
    return this.#users.get(node) ?? []
  }

  inlineCost(node: Node): Inlined {
    if (this.inMemory(node)) return { weight: 0, loads: new Set([node]) }
    return this.#inlined.get(node) ?? { weight: 0, loads: new Set() }
  }

  materialise(node: Node): void {
    this.#materialised.add(node)
  }

  /** Nobody needs the value in memory after all. */
  forget(node: Node): void {
    this.#materialised.delete(node)
  }

  /** Would a kernel of these ops, which computes what they need besides, have more to load or to compute than its registers hold? */
  exceedsKernel(members: ReadonlySet<Node>): boolean {
    const loads = new Set<Node>()
    let weight = 0
    for (const member of members as ReadonlySet<OpNode>) {
      weight += isPointwise(member) ? (weights[member.op.name] ?? 1) : 0
      // Operands are made in stages of their own.
      for (const input of isConvolution(member) ? [] : member.inputs) {
        if (members.has(input)) continue
        const cost = this.inlineCost(input)
        weight += cost.weight
        for (const load of cost.loads) loads.add(load)
      }
    }
    return loads.size > loadLimit || weight > weightLimit
  }

  /** Is an op itself cheap, whatever its inputs take? */
  isLight(node: OpNode): boolean {
    return (weights[node.op.name] ?? 1) <= recomputeLimit
  }

  /** Is a value cheap to compute from those that a group stores, and from what is in memory? */
  isCheapFrom(node: Node, stored: ReadonlySet<Node>): boolean {
    return this.isCheap(node) || this.#weightFrom(node, stored) <= recomputeLimit
  }

  #weightFrom(node: Node, stored: ReadonlySet<Node>): number {
    if (node.kind !== 'op' || stored.has(node) || this.inMemory(node)) return 0
    const own = isPointwise(node) ? (weights[node.op.name] ?? 1) : 0
    return node.inputs.reduce((sum, input) => sum + this.#weightFrom(input, stored), own)
  }

  /** Makes `node` readable by address: what lies below its views is put in memory. */
  #makeAddressable(node: Node): void {
    let base = node
    while (isView(base) && !this.inMemory(base)) base = base.inputs[0] as Node
    // A literal has no address: the outermost view of it gets one.
    if (base.kind === 'literal') this.materialise(node)
    else if (!this.inMemory(base)) this.materialise(base)
  }

  /** Puts `node` in memory in its own order, whatever views it is behind: a contraction loads its last axis as vectors. */
  #makeVectors(node: Node): void {
    if (isView(node) && !(node.op.name === 'reshape' && isTrivialReshape(node))) this.materialise(node)
    else this.#makeAddressable(node)
  }

  #consider(node: OpNode): void {
    const { name } = node.op
    const [first] = node.inputs
    if (name === 'matmul') for (const input of node.inputs) this.#makeAddressable(input)
    if (isConvolution(node)) this.#makeOperands(node)
    if (name === 'gather') this.#makeAddressable(first as Node)
    if (name === 'reshape' && !isTrivialReshape(node) && !this.#isConstant(node)) {
      if (!this.inMemory(first as Node)) this.materialise(first as Node)
    }
    if (
      name === 'expand' &&
      sizeOf((first as Node).shape) > 1 &&
      this.inlineCost(first as Node).weight > recomputeLimit
    ) {
      this.materialise(first as Node)
    }
    if (name === 'windows' && overlaps(node) && this.inlineCost(first as Node).weight > recomputeLimit)
      this.#write(first as Node)
    const cost = this.#sumCosts(node)
    if (cost.loads.size > loadLimit || cost.weight > weightLimit) {
      for (const input of node.inputs) if (this.inlineCost(input).weight > 0) this.#write(input)
    }
    this.#inlined.set(node, this.#sumCosts(node))
    if (isPadding(node) && this.#isUnread(node)) {
      this.#skipped.add(node)
      return
    }
    if (isPadding(node) && cost.weight <= operandLimit && (this.#isOperandPad(node) || this.#isWindowPad(node))) {
      this.#local.add(node)
      this.#inlined.set(node, { weight: 0, loads: new Set([node]) })
      return
    }
    const heavy =
      isPointwise(node) && this.usersOf(node).length > 1 && !this.isCheap(node) && !this.#isUpstreamOperand(node)
    if (rootNames.has(name) || this.#targets.has(node) || heavy) this.materialise(node)
  }

  /** Puts a value in memory; of a pad that nothing reads, what it surrounds. */
  #write(node: Node): void {
    const written = this.#skipped.has(node) ? (node.inputs[0] as Node) : node
    this.materialise(written)
    this.#inlined.set(node, { weight: 0, loads: new Set([written]) })
  }

  /** Is a value better computed where it is used than written for its users? */
  isCheap(node: Node): boolean {
    const { weight, loads } = this.#inlined.get(node) ?? this.inlineCost(node)
    if (weight <= recomputeLimit) return true
    const large = [...loads].filter(({ shape }) => 2 * sizeOf(shape) > sizeOf(node.shape))
    return weight <= rereadLimit && large.length <= 1
  }

  /** Do only a weight gradient, an input gradient that shares its kernel, and sums use an upstream gradient? */
  #isUpstreamOperand(node: OpNode): boolean {
    if (this.inlineCost(node).weight > operandLimit || this.#targets.has(node)) return false
    const users = this.usersOf(node)
    const weights = users.filter(({ op, inputs }) => op.name === 'chunkedWeightGradient' && inputs[1] === node)
    const inputs = users.filter((user) =>
      user.op.name === 'pad' ? this.#isOperandPad(user) : user.op.name === 'phaseConvolution',
    )
    const sums = users.filter(({ op }) => op.name === 'sum')
    return (
      weights.length === 1 &&
      inputs.length <= 1 &&
      users.length === weights.length + inputs.length + sums.length &&
      imagesOf(weights[0] as OpNode) > 1
    )
  }

  /** Do only convolutions use a pad, each image by itself? */
  #isOperandPad(node: OpNode): boolean {
    const users = this.usersOf(node)
    return (
      padsWithinImages(node) &&
      !this.#targets.has(node) &&
      users.length > 0 &&
      users.every((user) => isConvolution(user) && user.inputs[0] === node && !user.inputs.slice(1).includes(node))
    )
  }

  /** Do only reductions over windows within images use a pad? */
  #isWindowPad(node: OpNode): boolean {
    const images = node.shape[0] as number
    const seen = new Set<Node>([node])
    const stack: Node[] = [node]
    let reductions = 0
    while (stack.length > 0) {
      const value = stack.pop() as Node
      if (this.#targets.has(value)) return false
      for (const user of this.usersOf(value)) {
        if (seen.has(user)) continue
        seen.add(user)
        const walks = user.op.name === 'windows' || (value !== node && user.op.family === 'elementwise')
        if (walks) stack.push(user)
        else if (value !== node && reductionNames.has(user.op.name) && reducesWithinImages(user, images)) reductions++
        else return false
      }
    }
    return padsWithinImages(node) && reductions > 0
  }

  /** Do only reductions use a pad that do without its pixels? */
  #isUnread(pad: OpNode): boolean {
    const windows = this.usersOf(pad)
    return ![pad, ...windows].some((node) => this.#targets.has(node)) && isNeutralPad(pad, (node) => this.usersOf(node))
  }

  #makeOperands(node: OpNode): void {
    const perImage = slabOperands(node)
    for (const input of node.inputs) {
      const local =
        perImage.includes(input) &&
        (this.#local.has(input) ||
          (isPointwise(input) && imagesOf(node) > 1 && this.inlineCost(input).weight <= operandLimit))
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
      const { weight, loads } = this.inlineCost(input)
      sum.weight += weight
      for (const load of loads) sum.loads.add(load)
    }
    return sum
  }
}
