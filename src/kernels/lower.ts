// From kernels to loop programs: each stage by its family, one lowering for every target.

import type { LoopProgram, Target } from '../codegen/loop-program.ts'
import { Builder } from './builder.ts'
import { lowerContract } from './contract.ts'
import { expressionParts, type Kernel, type Stage, stageExpressions } from './kernel.ts'
import { lowerMaterialise } from './map.ts'
import { lowerReduce } from './reduce.ts'

/** Does a stage touch 8-byte values? Then its loops have half the lanes. */
function isWide(stage: Stage): boolean {
  if (stage.kind === 'contract' && stage.dtype === 'f64') return true
  return (
    stage.stores.some(({ dtype }) => dtype === 'f64') ||
    expressionParts(stageExpressions(stage)).some(({ dtype }) => dtype === 'f64')
  )
}

function lowerStage(b: Builder, target: Target, stage: Stage): void {
  switch (stage.kind) {
    case 'materialise':
      lowerMaterialise(b, stage)
      break
    case 'reduce':
      lowerReduce(b, stage)
      break
    case 'contract':
      lowerContract(b, target, stage)
      break
    case 'window':
      throw new Error('no pass makes window stages')
  }
}

export function lowerKernel(kernel: Kernel, target: Target): LoopProgram {
  const wide = kernel.stages.some(isWide)
  const b = new Builder(wide ? target.lanes / 2 : target.lanes, wide)
  for (const stage of kernel.stages) lowerStage(b, target, stage)
  return b.finish(kernel.name)
}
