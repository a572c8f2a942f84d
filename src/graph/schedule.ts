// From a graph to kernels in order with their buffers: the last step before machine code. Assignments happen in place where no one reads the old value later.

import type { ArgumentRow, ProgramInput, ProgramOutput } from '../codegen/program.ts'
import { bytesOf, type DType } from '../core/dtype.ts'
import { sizeOf } from '../core/shape.ts'
import { type Kernel, kernelStages, stageReads } from '../kernels/kernel.ts'
import type { Node } from '../ops/node.ts'
import type { Place } from './expressions.ts'
import { type Fused, Fusion } from './fuse.ts'
import type { Graph } from './graph.ts'
import { readsAsWritten, topological } from './kernel-order.ts'
import { copyRow, makeCopy, makeKernel } from './kernels.ts'
import type { Placements } from './placements.ts'
import type { Places } from './places.ts'
import { planMemory, planThreadMemory } from './plan.ts'
import { type Simplified, simplify } from './simplify.ts'

/** All of a program but its code. */
export interface Schedule {
  readonly kernels: readonly Kernel[]
  readonly rows: readonly ArgumentRow[]
  readonly inputs: readonly ProgramInput[]
  readonly outputs: readonly ProgramOutput[]
  readonly scalars: readonly DType[]
  readonly scratch: number
  readonly threadScratch: number
  readonly unplanned: number
}

/** A row before memory is planned: scratch has no offset yet. */
type OpenRow = {
  readonly kind: 'scratch' | 'thread' | 'variable' | 'scalars'
  readonly index: number
  readonly dtype: DType
  readonly elements: number
}

/** Bytes of a slot of the scalar block. */
const slotBytes = 8

class Scheduler {
  readonly #graph: Graph
  readonly #simplified: Simplified
  readonly #fusion: Fusion
  readonly rows: OpenRow[] = []
  readonly #places = new Map<Node, Place>()
  readonly #variableRows: number[] = []
  readonly #scalarRows = new Map<DType, number>()

  constructor(graph: Graph) {
    this.#graph = graph
    this.#simplified = simplify(graph)
    const { outputs, assignments } = this.#simplified
    this.#fusion = new Fusion([...outputs, ...assignments.map(({ value }) => value)])
    for (const leaf of this.#simplified.inputs) {
      if (!this.#places.has(leaf))
        this.#places.set(leaf, { buffer: this.#row('scratch', leaf.dtype, sizeOf(leaf.shape)), offset: 0 })
    }
    for (const [index, variable] of graph.variables.entries()) {
      this.#variableRows.push(this.#row('variable', variable.dtype, sizeOf(variable.shape), index))
    }
    for (const [slot, { dtype }] of graph.scalars.entries()) {
      if (!this.#scalarRows.has(dtype)) this.#scalarRows.set(dtype, this.#row('scalars', dtype, 0))
      const node = graph.scalars[slot] as Node
      this.#places.set(node, {
        buffer: this.#scalarRows.get(dtype) as number,
        offset: (slot * slotBytes) / bytesOf(dtype),
      })
    }
  }

  #row(kind: OpenRow['kind'], dtype: DType, elements: number, index = 0): number {
    return this.rows.push({ kind, index, dtype, elements }) - 1
  }

  #locate(node: Node): Place | undefined {
    if (node.kind === 'variable') {
      return { buffer: this.#variableRows[this.#graph.variables.indexOf(node.variable)] as number, offset: 0 }
    }
    return this.#fusion.inMemory(node) ? this.#places.get(node) : undefined
  }

  /** Kernels in a valid order, with assignments in place where `inPlace` allows. */
  run(): Schedule {
    const groups = this.#fusion.kernels()
    const placements = this.#fusion.placements(groups)
    const { assignments, outputs } = this.#simplified
    const computed = new Set<Node>(groups.flatMap(({ stored }) => stored))
    // The first assignment of a computed value writes it straight to the variable; further ones copy.
    const owner = new Map<Node, number>()
    for (const { variable, value } of assignments)
      if (computed.has(value) && !owner.has(value)) owner.set(value, variable)
    for (;;) {
      const attempt = this.#attempt(groups, placements, owner)
      if ('order' in attempt) return this.#finish(attempt.order, assignments, owner, outputs)
      owner.delete(attempt.conflict)
    }
  }

  /** Builds all kernels and orders them; or names an assignment that cannot happen in place. */
  #attempt(
    groups: readonly Fused[],
    placements: Placements,
    owner: ReadonlyMap<Node, number>,
  ): { order: Kernel[] } | { conflict: Node } {
    const mark = this.rows.length
    const all = groups.flatMap(({ stored }) => stored)
    for (const node of all) {
      if (placements.of(node) !== undefined) continue
      const variable = owner.get(node)
      const buffer =
        variable === undefined
          ? this.#row('scratch', node.dtype, sizeOf(node.shape))
          : (this.#variableRows[variable] as number)
      this.#places.set(node, { buffer, offset: 0 })
    }
    for (const node of all) {
      const placement = placements.of(node)
      if (placement === undefined) continue
      const { host, corner } = placement
      const { buffer } = this.#places.get(host) as Place
      this.#places.set(node, { buffer, offset: 0, within: { shape: host.shape, corner } })
    }
    const places: Places = {
      locate: (node) => this.#locate(node),
      destination: (node) => this.#places.get(node) as Place,
      isSkipped: (node) => this.#fusion.isSkipped(node),
      liesIn: (node, host) => placements.of(node)?.host === host,
      shared: (dtype, elements) => this.#row('scratch', dtype, elements),
      local: (dtype, elements) => this.#row('thread', dtype, elements),
    }
    const kernels = groups.map((group) => makeKernel(group, places))
    const conflict = this.#conflictWithin(groups, kernels, owner)
    const order = conflict === undefined ? this.#order(groups, kernels, owner) : undefined
    if (Array.isArray(order)) return { order }
    this.rows.length = mark
    return { conflict: conflict ?? (order as Node) }
  }

  /** An in-place store whose own kernel reads the variable at other positions than the one being written. */
  #conflictWithin(
    groups: readonly Fused[],
    kernels: readonly Kernel[],
    owner: ReadonlyMap<Node, number>,
  ): Node | undefined {
    for (const [i, group] of groups.entries()) {
      for (const node of group.stored) {
        const variable = owner.get(node)
        if (variable === undefined) continue
        const row = this.#variableRows[variable] as number
        if (!readsAsWritten(kernelStages(kernels[i] as Kernel), row)) return node
      }
    }
    return undefined
  }

  /** Topological order: producers before readers, readers of a variable's old value before the kernel that writes it. */
  #order(groups: readonly Fused[], kernels: readonly Kernel[], owner: ReadonlyMap<Node, number>): Kernel[] | Node {
    // Parts of one buffer may come from several kernels.
    const producers = new Map<number, number[]>()
    const writer = new Map<number, { kernel: number; node: Node }>()
    for (const [i, { stored }] of groups.entries()) {
      for (const node of stored) {
        const variable = owner.get(node)
        const { buffer } = this.#places.get(node) as { buffer: number }
        if (variable === undefined) producers.set(buffer, [...(producers.get(buffer) ?? []), i])
        else writer.set(buffer, { kernel: i, node })
      }
    }
    const before = kernels.map(() => new Set<number>())
    const readings = this.#variableReadings(groups, owner)
    for (const [i, kernel] of kernels.entries()) {
      for (const row of new Set(kernelStages(kernel).flatMap((stage) => [...stageReads(stage)]))) {
        for (const source of producers.get(row) ?? []) if (source !== i) before[i]?.add(source)
        const write = writer.get(row)
        if (write === undefined || write.kernel === i) continue
        if (readings.has(`${i} new ${row}`)) before[i]?.add(write.kernel)
        if (readings.has(`${i} old ${row}`)) before[write.kernel]?.add(i)
      }
    }
    const { order, stuck } = topological(kernels, before)
    if (stuck.size === 0) return order
    // Only an assignment whose kernel waits in the circle can be what closes it.
    const culprit = [...writer.values()].find(({ kernel }) => stuck.has(kernel)) as { node: Node }
    return culprit.node
  }

  /** Which kernels mean the old value of a variable's row and which the new one, as `kernel old row` and `kernel new row`. */
  #variableReadings(groups: readonly Fused[], owner: ReadonlyMap<Node, number>): Set<string> {
    const readings = new Set<string>()
    for (const [i, { members }] of groups.entries()) {
      const own = new Set<Node>(members)
      const seen = new Set<Node>()
      const visit = (node: Node): void => {
        if (seen.has(node)) return
        seen.add(node)
        const variable = owner.get(node)
        if (variable !== undefined && !own.has(node)) readings.add(`${i} new ${this.#variableRows[variable]}`)
        if (node.kind === 'variable')
          readings.add(`${i} old ${this.#variableRows[this.#graph.variables.indexOf(node.variable)]}`)
        if (own.has(node) || !this.#fusion.inMemory(node)) for (const input of node.inputs) visit(input)
      }
      for (const member of members) visit(member)
    }
    return readings
  }

  #finish(
    order: readonly Kernel[],
    assignments: Simplified['assignments'],
    owner: ReadonlyMap<Node, number>,
    outputs: readonly Node[],
  ): Schedule {
    // A concatenation whose parts all lie in their places is no work.
    const kernels = order.filter((kernel) => kernelStages(kernel).length > 0)
    const places = {
      locate: (node: Node) => this.#locate(node),
      isSkipped: (node: Node) => this.#fusion.isSkipped(node),
    }
    // Leaves and views of leaves that leave the program, or become a variable's value, are copied before anything writes over them.
    const copies: Kernel[] = []
    const outputRows = outputs.map((node): number => {
      const place = node.kind === 'op' ? this.#places.get(node) : undefined
      if (place !== undefined && this.#fusion.inMemory(node)) return place.buffer
      const row = this.#row('scratch', node.dtype, sizeOf(node.shape))
      copies.push(makeCopy(node, places, row))
      return row
    })
    const last: Kernel[] = []
    for (const { variable, value } of assignments) {
      if (owner.get(value) === variable) continue
      const target = this.#variableRows[variable] as number
      const isLeaf = value.kind !== 'op'
      if (isLeaf && value.kind !== 'literal') {
        // The source may itself be assigned in this program: keep its old value first.
        const kept = this.#row('scratch', value.dtype, sizeOf(value.shape))
        copies.push(makeCopy(value, places, kept))
        last.push(copyRow(kept, target, value.dtype, sizeOf(value.shape)))
      } else {
        last.push(makeCopy(value, places, target))
      }
    }
    return this.#close([...copies, ...kernels, ...last], outputs, outputRows)
  }

  #close(kernels: readonly Kernel[], outputs: readonly Node[], outputRows: readonly number[]): Schedule {
    const inputRows = this.#simplified.inputs.map((leaf) => (this.#places.get(leaf) as { buffer: number }).buffer)
    const bytesOfKind = (wanted: OpenRow['kind']): (number | undefined)[] =>
      this.rows.map(({ kind, dtype, elements }) => (kind === wanted ? elements * bytesOf(dtype) : undefined))
    const bytes = bytesOfKind('scratch')
    const threadBytes = bytesOfKind('thread')
    const plan = planMemory(kernels, bytes, inputRows, outputRows)
    const threads = planThreadMemory(kernels, threadBytes)
    const rows = this.rows.map(({ kind, index, dtype, elements }, row): ArgumentRow => {
      if (kind === 'variable') return { kind, index, dtype, bytes: elements * bytesOf(dtype) }
      if (kind === 'scalars') return { kind, dtype }
      if (kind === 'thread')
        return { kind, offset: threads.offsets[row] ?? 0, dtype, bytes: threadBytes[row] as number }
      return { kind, offset: plan.offsets[row] as number, dtype, bytes: bytes[row] as number }
    })
    return {
      kernels,
      rows,
      inputs: this.#simplified.inputs.map(({ shape, dtype }, i) => ({ row: inputRows[i] as number, shape, dtype })),
      outputs: outputs.map(({ shape, dtype }, i) => ({ row: outputRows[i] as number, shape, dtype })),
      scalars: this.#graph.scalars.map(({ dtype }) => dtype),
      scratch: plan.bytes,
      threadScratch: threads.bytes,
      unplanned: plan.unplanned,
    }
  }
}

/** Kernels, argument table and memory plan of a graph, for any target. */
export function scheduleGraph(graph: Graph): Schedule {
  return new Scheduler(graph).run()
}
