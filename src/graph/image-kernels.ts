// Kernels over images: groups that are computed one after the other for each image, while its data stay in cache.

import { equalShapes, sizeOf } from '../core/shape.ts'
import type { Node, OpNode } from '../ops/node.ts'
import type { Group } from './fuse.ts'
import type { Grouping, Growing } from './grouping.ts'
import { alignedInputs, imagesOf, imagesOver, reducesWithinImages, slabOperands } from './image-rules.ts'
import { isConvolution, isPadding, isPointwise, reductionNames, rootNames } from './op-roles.ts'
import type { Values } from './values.ts'

/** Elements of one image from which on a pass over it is worth a stage of its own. */
const leastElements = 64
/** Weights of all convolutions of one kernel, in elements: more would not stay in cache from image to image. */
const mostWeights = 2 ** 17

/** Finds the groups that share a pass over the images, and which of their results nobody else needs. */
export class ImageKernels {
  readonly #values: Values
  readonly #grouping: Grouping

  constructor(values: Values, grouping: Grouping) {
    this.#values = values
    this.#grouping = grouping
  }

  /** Does a root begin a kernel over images? Convolutions, sums of overlapping windows, and what reads a pad that lies in scratch, or nowhere. */
  goesByImage(root: OpNode): boolean {
    if (isConvolution(root)) return imagesOf(root) > 1
    return (root.shape[0] ?? 0) > 1 && (root.op.name === 'overlapAdd' || this.#readsPad(root))
  }

  #readsPad(root: OpNode): boolean {
    const seen = new Set<Node>()
    const stack: Node[] = [...root.inputs]
    while (stack.length > 0) {
      const node = stack.pop() as Node
      if (this.#values.isLocal(node) || this.#values.isSkipped(node)) return true
      if (seen.has(node) || this.#values.inMemory(node)) continue
      seen.add(node)
      stack.push(...node.inputs)
    }
    return false
  }

  /** The groups of the kernel that `root` begins: all that can share its pass over the images. */
  groupsFrom(root: OpNode): Group[] {
    const images = imagesOver(root)
    const groups: Group[] = []
    const add = (next: OpNode, growth: Growing): void => {
      groups.push(this.#grouping.grow(next, growth))
      const kernel = this.#grouping.kernelOf(root) as ReadonlySet<OpNode>
      const partner = this.#partnerOf(next)
      if (partner !== undefined && this.#sharesChunks(partner, groups) && !this.#grouping.depend(partner, kernel))
        groups.push(this.#grouping.grow(partner, { behind: root }))
    }
    const beside = this.#convolutionBeside(root)
    add(root, { alone: beside !== undefined })
    const kernel = this.#grouping.kernelOf(root) as ReadonlySet<OpNode>
    // What a group takes in changes what is aligned: nothing is remembered while it grows.
    const aligned = (node: Node): boolean => this.#isAligned(node, kernel, images, new Map())
    const partner = beside && this.#partnerOf(beside)
    if (beside !== undefined && (partner === undefined || this.#sharesChunks(partner, groups)))
      add(beside, { behind: root, aligned })
    for (;;) {
      this.#grouping.reset()
      const known = new Map<Node, boolean>()
      const next = this.#followers(groups, kernel, images).find((node) =>
        node.inputs.every((input) => this.#isAligned(input, kernel, images, known)),
      )
      if (next === undefined) return groups
      add(next, { behind: root, aligned })
    }
  }

  /** The weight gradient that shares a local upstream gradient with an input gradient. */
  #partnerOf(root: OpNode): OpNode | undefined {
    if (root.op.name !== 'phaseConvolution') return undefined
    const operand = root.inputs[0] as Node
    const g = isPadding(operand) ? (operand.inputs[0] as Node) : operand
    if (this.#values.inMemory(operand) || this.#values.inMemory(g)) return undefined
    return this.#values
      .usersOf(g)
      .find(
        (user) =>
          user.op.name === 'chunkedWeightGradient' &&
          user.inputs[1] === g &&
          this.#grouping.kernelOf(user) === undefined,
      )
  }

  /** Does a weight gradient cut the images into the same chunks as those of the kernel? */
  #sharesChunks(node: OpNode, groups: readonly Group[]): boolean {
    return groups.every(({ root }) => root.op.name !== 'chunkedWeightGradient' || root.shape[0] === node.shape[0])
  }

  /** Reductions within images, elementwise roots and sums of windows that use what the kernel computes, or operands that it makes for itself. */
  #followers(groups: readonly Group[], kernel: ReadonlySet<OpNode>, images: number): OpNode[] {
    const found = new Set<OpNode>()
    const seen = new Set<Node>()
    const stack: Node[] = [...kernel, ...groups.flatMap(({ root }) => this.#operandsOf(root))]
    while (stack.length > 0) {
      for (const user of this.#values.usersOf(stack.pop() as Node)) {
        if (seen.has(user) || kernel.has(user)) continue
        seen.add(user)
        const free = this.#values.isMaterialised(user) && this.#grouping.kernelOf(user) === undefined
        if (free && this.#canFollow(user, images)) found.add(user)
        else if (this.#values.isSkipped(user) || (!this.#values.inMemory(user) && !rootNames.has(user.op.name)))
          stack.push(user)
      }
    }
    return [...found].sort((a, b) => this.#values.positionOf(a) - this.#values.positionOf(b))
  }

  /** Operands of a root that lie in scratch, with and without their padding. */
  #operandsOf(root: OpNode): Node[] {
    if (!isConvolution(root)) return []
    const operands = slabOperands(root).filter((operand) => !this.#values.inMemory(operand))
    return operands.flatMap((operand) => (isPadding(operand) ? [operand.inputs[0] as Node] : [operand]))
  }

  #canFollow(node: OpNode, images: number): boolean {
    if (reductionNames.has(node.op.name)) return reducesWithinImages(node, images)
    if (node.shape[0] !== images || sizeOf(node.shape) < leastElements * images) return false
    return node.op.name === 'overlapAdd' || (isPointwise(node) && node.op.family === 'elementwise')
  }

  /** An input gradient that is added to that of `root`: the branches of a block meet in one pass over the images. */
  #convolutionBeside(root: OpNode): OpNode | undefined {
    if (root.op.name !== 'phaseConvolution' || imagesOf(root) < 2) return undefined
    const weightsOf = ({ inputs }: OpNode): number => sizeOf((inputs[1] as Node).shape)
    for (const user of this.#values.usersOf(root)) {
      if (!isPointwise(user) || this.#grouping.kernelOf(user) !== undefined) continue
      const beside = user.inputs.find(
        (input): input is OpNode =>
          input !== root &&
          input.kind === 'op' &&
          input.op.name === 'phaseConvolution' &&
          this.#grouping.kernelOf(input) === undefined &&
          equalShapes(input.shape, root.shape) &&
          weightsOf(root) + weightsOf(input) <= mostWeights,
      )
      if (beside === undefined || this.#grouping.depend(beside, new Set([root]))) continue
      if (!this.#grouping.depend(root, new Set([beside]))) return beside
    }
    return undefined
  }

  /** Can `node` be computed image by image inside the kernel: does it read the kernel's values at its own image, and nothing that waits for the kernel? */
  #isAligned(node: Node, kernel: ReadonlySet<OpNode>, images: number, known: Map<Node, boolean>): boolean {
    let aligned = known.get(node)
    if (aligned !== undefined) return aligned
    if (kernel.has(node as OpNode) && this.#values.inMemory(node))
      aligned = node.shape[0] === images && (node as OpNode).op.name !== 'chunkedWeightGradient'
    else if (this.#values.inMemory(node) || node.kind !== 'op') aligned = !this.#grouping.waitsFor(node, kernel)
    else {
      const { same, other } = alignedInputs(node, images)
      aligned =
        same.every((input) => this.#isAligned(input, kernel, images, known)) &&
        other.every((input) => !this.#grouping.waitsFor(input, kernel))
    }
    known.set(node, aligned)
    return aligned
  }

  /** Stored values that nothing outside of the kernel uses. */
  localTo(groups: readonly Group[]): Set<OpNode> {
    const images = imagesOver((groups[0] as Group).root)
    const kernel = new Set<Node>(groups.flatMap(({ members }) => members))
    const inside = new Map<Node, boolean>()
    const usedInside = (node: Node): boolean => {
      let used = inside.get(node)
      if (used === undefined) {
        used =
          !this.#values.isTarget(node) &&
          this.#values
            .usersOf(node)
            .every((user) => (this.#values.inMemory(user) ? kernel.has(user) : usedInside(user)))
        inside.set(node, used)
      }
      return used
    }
    const stored = groups.flatMap((group) => group.stored)
    return new Set(
      stored.filter((node) => node.op.name !== 'chunkedWeightGradient' && node.shape[0] === images && usedInside(node)),
    )
  }
}
