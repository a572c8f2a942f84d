// From a graph to all of a program but its code: scheduled, lowered for a target, with the figures that reports print.

import type { LoopProgram, Target } from '../codegen/loop-program.ts'
import type { Program } from '../codegen/program.ts'
import { debug } from '../core/debug.ts'
import type { Graph } from '../graph/graph.ts'
import { scheduleGraph } from '../graph/schedule.ts'
import { formatKernel, type Kernel, stageReads } from '../kernels/kernel.ts'
import { lowerKernel } from '../kernels/lower.ts'

/** A program without its code, and the kernels that the emitter makes it of. */
export interface LoweredProgram {
  readonly program: Omit<Program, 'code'>
  readonly kernels: readonly { readonly program: LoopProgram; readonly slabs: number }[]
}

export function lowerGraph(graph: Graph, target: Target): LoweredProgram {
  const schedule = scheduleGraph(graph)
  if (debug.kernels) console.error(schedule.kernels.map(formatKernel).join('\n'))
  const kernels = schedule.kernels.map((kernel) => ({ program: lowerKernel(kernel, target), slabs: kernel.slabs }))
  if (debug.code) console.error(JSON.stringify(kernels, undefined, 1))
  return {
    kernels,
    program: {
      target: target.name,
      kernels: schedule.kernels.map((kernel) => ({
        name: kernel.name,
        slabs: kernel.slabs,
        flops: kernel.flops,
        bytes: kernelBytes(kernel, schedule),
      })),
      rows: schedule.rows,
      inputs: schedule.inputs,
      outputs: schedule.outputs,
      scalars: schedule.scalars,
      scratch: schedule.scratch,
      threadScratch: 0,
      unplanned: schedule.unplanned,
    },
  }
}

function kernelBytes(kernel: Kernel, program: Pick<Program, 'rows'>): number {
  const rows = new Set(
    kernel.stages.flatMap((stage) => [...stageReads(stage), ...stage.stores.map(({ access }) => access.buffer)]),
  )
  let bytes = 0
  for (const row of rows) {
    const info = program.rows[row]
    if (info !== undefined && 'bytes' in info) bytes += info.bytes
  }
  return bytes
}
