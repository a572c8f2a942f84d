// From kernels to loop programs: each stage by its family, one lowering for every target; slabs and their steps around them.

import type { LoopProgram, LoopVar, Target } from '../codegen/loop-program.ts'
import { sizeOf } from '../core/shape.ts'
import { Builder } from './builder.ts'
import { lowerContract } from './contract.ts'
import { lowerDirect } from './direct.ts'
import type { SlabLoops } from './expression.ts'
import {
  type Contract,
  expressionParts,
  type Kernel,
  kernelStages,
  type Stage,
  stageExpressions,
  sumParts,
} from './kernel.ts'
import { lowerMaterialise } from './map.ts'
import { lowerReduce } from './reduce.ts'
import { type Stream, streamsOf } from './streams.ts'

/** Does a stage touch 8-byte values? Then its loops have half the lanes. */
function isWide(stage: Stage): boolean {
  if (stage.kind === 'contract' && stage.dtype === 'f64') return true
  return (
    stage.stores.some(({ dtype }) => dtype === 'f64') ||
    expressionParts(stageExpressions(stage)).some(({ dtype }) => dtype === 'f64')
  )
}

/**
 * A product of matrices has one row, column and sum axis, columns that are neighbours or are copied to be so, and a place where the sums of
 * several blocks wait; what has more axes or no such place (a 1x1 convolution of many channels), or adds to what is there, is lowered straight.
 */
function isMatrixProduct({ roles, accumulates, axes, partial, panel, b, dtype }: Contract): boolean {
  if (accumulates === true || roles.filter((role) => role !== 'outer').length !== 3) return false
  const column = roles.indexOf('column')
  if (panel === undefined && b.strides[column] !== 1 && (axes[column] as number) > 1) return false
  return partial !== undefined || sumParts(axes[roles.indexOf('sum')] as number, dtype).count === 1
}

/** Elementwise ops that are polynomials with many constants. */
const elementaryFunctions: ReadonlySet<string> = new Set([
  'power',
  'exp',
  'log',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'erf',
])

/** The target as a contraction's tile sees it. */
function targetOf(stage: Contract, target: Target): Target {
  const functions = expressionParts(stageExpressions(stage)).some(
    (part) => part.kind === 'apply' && elementaryFunctions.has(part.op),
  )
  return functions ? { ...target, ...target.besideFunctions } : target
}

function lowerStage(b: Builder, target: Target, stage: Stage, slab: SlabLoops, streams: readonly Stream[]): void {
  switch (stage.kind) {
    case 'materialise':
      lowerMaterialise(b, stage, slab)
      break
    case 'reduce':
      lowerReduce(b, stage, slab)
      break
    case 'contract':
      if (isMatrixProduct(stage)) lowerContract(b, targetOf(stage, target), stage, slab)
      else lowerDirect(b, targetOf(stage, target), stage, slab, streams)
      break
  }
}

/** The stage between whose steps the next image is asked for: the longest contraction, rather one that does not add to what is there. */
function askingStage(stages: readonly Stage[]): Stage | undefined {
  const contractions = stages.filter((stage) => stage.kind === 'contract' && !isMatrixProduct(stage)) as Contract[]
  const fresh = contractions.filter(({ accumulates }) => accumulates !== true)
  const candidates = fresh.length > 0 ? fresh : contractions
  const most = Math.max(...candidates.map(({ axes }) => sizeOf(axes)))
  return candidates.find(({ axes }) => sizeOf(axes) === most)
}

export function lowerKernel(kernel: Kernel, target: Target): LoopProgram {
  const wide = kernelStages(kernel).some(isWide)
  const b = new Builder(wide ? target.lanes / 2 : target.lanes, wide)
  const streams = target.prefetches ? streamsOf(kernel) : []
  const asking = askingStage(kernel.stages)
  const write = (stages: readonly Stage[], slab: SlabLoops): void => {
    for (const stage of stages) lowerStage(b, target, stage, slab, stage === asking ? streams : [])
  }
  const slabBody = (slab: LoopVar | undefined): void => {
    write(kernel.opening, { slab })
    if (kernel.steps > 1) b.loop(kernel.steps, (step) => write(kernel.stages, { slab, step }))
    else write(kernel.stages, { slab })
  }
  if (kernel.slabs > 1) b.loop('range', slabBody)
  else slabBody(undefined)
  return b.finish(kernel.name)
}
