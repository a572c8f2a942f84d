// What a kernel over images keeps in scratch of the running thread, one image at a time: operands that it makes for itself, and results that nothing else needs.

import { sizeOf } from '../core/shape.ts'
import type { Stage } from '../kernels/kernel.ts'
import type { Node, OpNode } from '../ops/node.ts'
import { axisAffine, combine, flatten, type Place } from './expressions.ts'
import type { Group } from './fuse.ts'
import { slabOperands } from './image-rules.ts'
import { isConvolution, isPadding, isView } from './op-roles.ts'
import { builderFor, type Places } from './places.ts'
import { bySlab } from './slabs.ts'

/** The values of one kernel that lie in scratch, and the stages that make them. */
export class LocalValues {
  /** Where values lie for the running image. */
  readonly places: Places
  readonly #outer: Places
  readonly #steps: number
  readonly #known = new Map<Node, Place>()

  /** `steps`: images that follow each other in a slab. */
  constructor(outer: Places, steps: number) {
    this.#outer = outer
    this.#steps = steps
    this.places = {
      ...outer,
      locate: (node) => this.#known.get(node) ?? outer.locate(node),
      destination: (node) => this.#known.get(node) ?? outer.destination(node),
    }
  }

  /** Gives a result room for one image. */
  keep(node: OpNode): void {
    const { shape, dtype } = node
    const image = [1, ...shape.slice(1)]
    const buffer = this.#outer.local(dtype, sizeOf(image))
    this.#known.set(node, { buffer, offset: 0, within: { shape: image, corner: shape.map(() => 0) } })
  }

  /** Stages that make those operands of `group` that are nowhere yet: what is done once, and for each image. */
  make(group: Group): { opening: Stage[]; stages: Stage[] } {
    const opening: Stage[] = []
    const stages: Stage[] = []
    const operands = isConvolution(group.root) ? slabOperands(group.root) : this.#padsOf(group)
    for (const operand of operands) {
      if (operand.kind !== 'op' || this.#known.has(operand) || hasAddress(operand, this.places)) continue
      const made = this.#operand(group, operand)
      opening.push(...made.opening)
      stages.push(made.stage)
    }
    return { opening, stages }
  }

  /** Pads that lie nowhere and that a group reads. */
  #padsOf({ members }: Group): OpNode[] {
    const own = new Set<Node>(members)
    const found = new Set<OpNode>()
    const seen = new Set<Node>()
    const stack: Node[] = members.flatMap(({ inputs }) => inputs)
    while (stack.length > 0) {
      const node = stack.pop() as Node
      if (seen.has(node) || own.has(node) || this.places.locate(node) !== undefined) continue
      seen.add(node)
      if (isPadding(node) && !this.places.isSkipped(node)) found.add(node)
      else stack.push(...node.inputs)
    }
    return [...found]
  }

  #operand(group: Group, operand: OpNode): { opening: Stage[]; stage: Stage } {
    const { shape, dtype } = operand
    const image = [1, ...shape.slice(1)]
    const buffer = this.#outer.local(dtype, sizeOf(image))
    const padded = isPadding(operand)
    const source = padded ? (operand.inputs[0] as Node) : operand
    const corner = padded ? (operand.attributes.before as readonly number[]) : shape.map(() => 0)
    const axes = [...source.shape]
    const index = axes.map((_, axis) => axisAffine(axes.length, axis))
    const builder = builderFor(group, this.places, axes.length, () => undefined)
    const target = flatten(
      index.map((position, axis) =>
        axis === 0 ? combine(axes.length, 0, []) : { ...position, offset: corner[axis] as number },
      ),
      image,
      axes.length,
    )
    const value = builder.build(source, index)
    const stage = bySlab(
      {
        kind: 'materialise',
        slabRole: 'parallel',
        axes,
        stores: [{ access: { buffer, slab: 0, ...target }, value, dtype }],
      },
      this.#steps,
    )
    this.#known.set(operand, { buffer, offset: 0, within: { shape: image, corner: shape.map(() => 0) } })
    // What is padded can be read inside its halo as well, where it lies nowhere else.
    if (padded && this.places.locate(source) === undefined)
      this.#known.set(source, { buffer, offset: 0, within: { shape: image, corner } })
    const fill: Stage = {
      kind: 'materialise',
      slabRole: 'parallel',
      axes: [sizeOf(image)],
      stores: [
        {
          access: { buffer, offset: 0, slab: 0, strides: [1] },
          value: { kind: 'literal', value: (operand.attributes.value as number | undefined) ?? 0, dtype },
          dtype,
        },
      ],
    }
    return { opening: padded ? [fill] : [], stage }
  }
}

/** Is `node`, behind its views, in memory? */
function hasAddress(node: Node, places: Places): boolean {
  let base = node
  while (places.locate(base) === undefined && isView(base)) base = base.inputs[0] as Node
  return places.locate(base) !== undefined
}
