// A kernel: a loop over slabs, each slab a sequence of stages over shared buffers. Elementwise and reduce kernels are the one-stage case.

import { bytesOf, type DType } from '../core/dtype.ts'
import { exactJson } from '../core/exact-json.ts'

/** Elements touched by a stage: offset + slab * slab stride + step * step stride + sum(axis position * stride), in elements of the buffer's dtype. */
export interface Access {
  /** A row of the program; in a kernel with rows of its own, one of those. */
  readonly buffer: number
  readonly offset: number
  readonly slab: number
  /** Stride from one step of a slab to the next; 0 when absent. */
  readonly step?: number
  /** One stride per axis of the stage; 0 where the access does not move. */
  readonly strides: readonly number[]
}

/** What is computed for one position of a stage's axes. A graph: shared parts are the same object, and are computed once. */
export type Expression =
  | { readonly kind: 'load'; readonly access: Access; readonly dtype: DType }
  /** A load whose position along one axis of the source comes from `index` (i32), clamped to [0, extent). */
  | {
      readonly kind: 'gather'
      readonly access: Access
      readonly index: Expression
      readonly stride: number
      readonly extent: number
      readonly dtype: DType
    }
  | { readonly kind: 'literal'; readonly value: number; readonly dtype: DType }
  /** The number offset + sum(axis position * stride), as i32. */
  | {
      readonly kind: 'position'
      readonly offset: number
      readonly slab: number
      readonly step?: number
      readonly strides: readonly number[]
      readonly dtype: DType
    }
  /** Uniform in [0, 1) from key (seed, call) and counter (element, stream). */
  | {
      readonly kind: 'random'
      readonly seed: Expression
      readonly call: Expression
      readonly element: Expression
      readonly stream: number
      readonly dtype: DType
    }
  /** An elementwise op of the op table. `attributes` matter to cast only, whose target is `dtype`. */
  | { readonly kind: 'apply'; readonly op: string; readonly inputs: readonly Expression[]; readonly dtype: DType }
  /** The finished value of the stage's reduction or contraction number `index`: for its epilogue. */
  | { readonly kind: 'result'; readonly index: number; readonly dtype: DType }

export interface Store {
  readonly access: Access
  readonly value: Expression
  readonly dtype: DType
}

/** How a stage uses the slab axis: each slab its own part, each slab a partial sum, or the same for all. */
export type SlabRole = 'parallel' | 'reduced' | 'broadcast'

interface StageBase {
  readonly slabRole: SlabRole
  /** Extents of the loops over one slab, outermost first. */
  readonly axes: readonly number[]
  readonly stores: readonly Store[]
}

/** An elementwise chain with its movement, written in the order in which the next stage walks it (or to its final place). */
export interface Materialise extends StageBase {
  readonly kind: 'materialise'
}

/** Reductions over the axes marked in `reduced`; the stores are the epilogue, over the other axes (their strides along reduced axes are 0). */
export interface Reduce extends StageBase {
  readonly kind: 'reduce'
  readonly reduced: readonly boolean[]
  readonly reductions: readonly { readonly by: 'sum' | 'max' | 'min'; readonly value: Expression }[]
}

/** What an axis of a contraction indexes: both operands and the output, rows, columns, or the sum. */
export type ContractionRole = 'outer' | 'row' | 'column' | 'sum'

/**
 * output[outer, row, column] = epilogue(sum over the sum axes of a * b). `a` does not move along columns, nor `b` along rows. A product of matrices
 * has one axis of each role beside the outer ones; convolutions have several rows and sums.
 */
export interface Contract extends StageBase {
  readonly kind: 'contract'
  readonly roles: readonly ContractionRole[]
  readonly a: Access
  readonly b: Access
  readonly dtype: 'f32' | 'f64'
  /** Adds to what its store's place holds already: the steps of a slab continue one chain. */
  readonly accumulates?: boolean
  /** Where running sums wait between blocks of the sum axes: outer x rows x columns, contiguous. Absent when there is one block. */
  readonly partial?: number
  /** Extents of the axes over all slabs, where a slab has a block of one of them: running sums lie as the whole result does. */
  readonly whole?: readonly number[]
  /** Where a panel of `b` is laid out column vector by column vector before its tiles run; absent where `b` is read in place. */
  readonly panel?: number
  /** Where `rowBlock` rows of `a` are laid out close together, block of the sum by block; absent where `a` is read in place. */
  readonly block?: number
}

/** Steps along the sum between two visits of a tile, in elements of 4 bytes (8-byte types take half): a panel of columns then stays in L1. */
const sumBlock = 256

/** A sum in parts as even as can be, each near `sumBlock`: a short rest would cost a visit of all tiles for itself. Extents alone decide. */
export function sumParts(extent: number, dtype: 'f32' | 'f64'): { readonly count: number; readonly size: number } {
  const block = (sumBlock * 4) / bytesOf(dtype)
  const count = Math.max(1, Math.round(extent / block))
  return { count, size: Math.ceil(extent / count) }
}

/** Elements of 4 bytes that the longest part has. */
const longestPart = 1.5 * sumBlock
/** Rows that are laid out together at most: with a block of the sum they fill a part of L2. */
const rowBlock = 240
/** Such blocks are multiples of this, so that most tiles fill them evenly. */
const rowMultiple = 12
/** Elements between the end of one such row and the next: rows at powers of two would crowd the same sets of the first cache. */
export const rowGap: number = 16
/** Elements of a block of rows, at most. */
export const blockElements: number = (longestPart + rowGap) * rowBlock

/** Rows of each block of a product's rows but the last. */
export function rowsTogether(rows: number): number {
  const even = rows / Math.ceil(rows / rowBlock)
  return Math.ceil(even / rowMultiple) * rowMultiple
}
/** Columns whose running sums, for a block of rows, stay in L2 from one block of the sum to the next. */
export const columnBlock: number = 512
/** Columns of a panel of a convolution's weights that is copied, at most. */
export const copiedColumns: number = 32
/** Elements of a product's panel, at most: steps of one block of the sum times columns of the widest panel. */
export const panelElements: number = longestPart * 128

export type Stage = Materialise | Reduce | Contract

export interface Kernel {
  /** Ops it came from, for people. */
  readonly name: string
  /** Number of slabs; threads share them. */
  readonly slabs: number
  /** Steps of one slab, one after the other: each runs all stages. */
  readonly steps: number
  /** Stages at the start of each slab: sums that its steps add to begin here. */
  readonly opening: readonly Stage[]
  readonly stages: readonly Stage[]
  readonly flops: number
}

/** All stages of a kernel, in order. */
export function kernelStages({ opening, stages }: Pick<Kernel, 'opening' | 'stages'>): readonly Stage[] {
  return [...opening, ...stages]
}

/** All parts of an expression, each once, inputs before users. */
export function expressionParts(roots: readonly Expression[]): Expression[] {
  const order: Expression[] = []
  const seen = new Set<Expression>()
  const visit = (expression: Expression): void => {
    if (seen.has(expression)) return
    seen.add(expression)
    for (const input of expressionInputs(expression)) visit(input)
    order.push(expression)
  }
  for (const root of roots) visit(root)
  return order
}

export function expressionInputs(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'apply':
      return expression.inputs
    case 'gather':
      return [expression.index]
    case 'random':
      return [expression.seed, expression.call, expression.element]
    default:
      return []
  }
}

/** Text that is equal for parts that compute the same of inputs with equal numbers. */
export function partKey(part: Expression, numberOf: (input: Expression) => number | undefined): string {
  const inputs = expressionInputs(part)
  const own = exactJson(part, (value) => (inputs.includes(value as Expression) ? undefined : value))
  return `${own} of ${inputs.map(numberOf)}`
}

/** The expressions that a stage evaluates. */
export function stageExpressions(stage: Stage): Expression[] {
  const values = stage.stores.map(({ value }) => value)
  if (stage.kind === 'reduce') values.push(...stage.reductions.map(({ value }) => value))
  return values
}

/** The results that a stage's epilogue uses, by number. */
export function stageResults(stage: Stage): Extract<Expression, { kind: 'result' }>[] {
  const found: Extract<Expression, { kind: 'result' }>[] = []
  for (const part of expressionParts(stage.stores.map(({ value }) => value)))
    if (part.kind === 'result') found[part.index] = part
  return found
}

/** Buffers that a stage reads. */
export function stageReads(stage: Stage): Set<number> {
  const reads = new Set<number>()
  for (const part of expressionParts(stageExpressions(stage))) {
    if (part.kind === 'load' || part.kind === 'gather') reads.add(part.access.buffer)
  }
  if (stage.kind === 'contract') {
    reads.add(stage.a.buffer).add(stage.b.buffer)
    if (stage.accumulates) for (const { access } of stage.stores) reads.add(access.buffer)
  }
  return reads
}

/** Expressions as text; parts that are used more than once get a line and a name of their own. */
function formatExpressions(roots: readonly Expression[]): { lines: string[]; texts: string[] } {
  const uses = new Map<Expression, number>()
  const parts = expressionParts(roots)
  for (const part of parts) for (const input of expressionInputs(part)) uses.set(input, (uses.get(input) ?? 0) + 1)
  const texts = new Map<Expression, string>()
  const lines: string[] = []
  for (const part of parts) {
    const text = formatPart(part, (input) => texts.get(input) as string)
    const named = part.kind === 'apply' && (uses.get(part) ?? 0) > 1
    if (named) lines.push(`    t${lines.length} = ${text}`)
    texts.set(part, named ? `t${lines.length - 1}` : text)
  }
  return { lines, texts: roots.map((root) => texts.get(root) as string) }
}

function formatPart(part: Expression, textOf: (input: Expression) => string): string {
  switch (part.kind) {
    case 'load':
      return `b${part.access.buffer}[${part.access.offset}+${part.access.strides}]`
    case 'gather':
      return `b${part.access.buffer}[${part.access.strides} @ ${textOf(part.index)}]`
    case 'literal':
      return String(part.value)
    case 'position':
      return `position(${part.offset}+${part.strides})`
    case 'result':
      return `r${part.index}`
    case 'random':
      return `random(${part.stream})`
    case 'apply':
      return `${part.op}(${part.inputs.map(textOf).join(', ')})`
  }
}

/** One kernel as text, for `OCELLUS_DEBUG=kernels`. */
export function formatKernel(kernel: Kernel): string {
  const lines = [`${kernel.name}: ${kernel.slabs} slab${kernel.slabs === 1 ? '' : 's'} of ${kernel.steps}`]
  for (const stage of kernelStages(kernel)) {
    const product =
      stage.kind === 'contract'
        ? ` ${stage.roles} b${stage.a.buffer}[${stage.a.strides}] x b${stage.b.buffer}[${stage.b.strides}]`
        : ''
    lines.push(`  ${stage.kind} [${stage.axes}]${product}`)
    const { lines: shared, texts } = formatExpressions(stageExpressions(stage))
    lines.push(...shared)
    for (const [i, { access }] of stage.stores.entries())
      lines.push(`    b${access.buffer}[${access.offset}+${access.strides}] = ${texts[i]}`)
    if (stage.kind === 'reduce') {
      for (const [i, { by }] of stage.reductions.entries()) {
        lines.push(`    r${i} = ${by} over [${stage.reduced.map(Number)}] of ${texts[stage.stores.length + i]}`)
      }
    }
  }
  return lines.join('\n')
}
