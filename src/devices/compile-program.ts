// From a graph to all of a program but its code: scheduled, lowered for a target, with the figures that reports print.

import type { SharedKernel } from '../codegen/control.ts'
import type { LoopProgram, Target } from '../codegen/loop-program.ts'
import type { KernelInfo, Program } from '../codegen/program.ts'
import { debug } from '../core/debug.ts'
import type { Graph } from '../graph/graph.ts'
import { scheduleGraph } from '../graph/schedule.ts'
import { splitKernel } from '../graph/split.ts'
import { codeKey, withOwnRows } from '../kernels/alike.ts'
import { formatKernel, type Kernel, kernelStages, stageReads } from '../kernels/kernel.ts'
import { lowerKernel } from '../kernels/lower.ts'
import { shareKernels } from './threads/worth.ts'

/** A program without its code, and the kernels that the emitter makes it of, whose loops are made anew each time that they are asked for. */
export interface LoweredProgram {
  readonly program: Omit<Program, 'code'>
  readonly kernels: readonly (SharedKernel & { readonly program: LoopProgram; readonly slabs: number })[]
}

/** The graph for a target and so many threads: one thread needs no slabs where they are not for the caches. */
export function lowerGraph(graph: Graph, target: Target, threads: number): LoweredProgram {
  const whole = scheduleGraph(graph)
  const schedule =
    threads > 1 ? { ...whole, kernels: whole.kernels.flatMap((kernel) => splitKernel(kernel, threads)) } : whole
  if (debug.kernels) console.error(schedule.kernels.map(formatKernel).join('\n'))
  const figures = schedule.kernels.map((kernel) => ({ ...kernel, bytes: kernelBytes(kernel, schedule) }))
  const shared = shareKernels(figures)
  const table: number[] = []
  const known = new Map<string, number>()
  const infos: KernelInfo[] = []
  const kernels = figures.map(({ name, slabs, flops, bytes, ...each }, i) => {
    const { kernel, rows } = withOwnRows({ name, slabs, flops, ...each })
    const key = codeKey(kernel)
    const code = known.get(key) ?? i
    known.set(key, code)
    const place = { slabs, shared: shared[i] as boolean, firstEntry: table.length }
    table.push(...rows)
    infos.push({ name, code, flops, bytes, ...place })
    return {
      // Lowered when it is emitted: the loops of one kernel are forgotten before those of the next are made.
      get program() {
        return lowerKernel(kernel, target)
      },
      ...place,
      ...(code === i ? {} : { code }),
    }
  })
  if (debug.code) console.error(JSON.stringify(kernels, undefined, 1))
  return {
    kernels,
    program: {
      target: target.name,
      kernels: infos,
      rows: schedule.rows,
      table,
      inputs: schedule.inputs,
      outputs: schedule.outputs,
      scalars: schedule.scalars,
      scratch: schedule.scratch,
      threadScratch: schedule.threadScratch,
      unplanned: schedule.unplanned,
    },
  }
}

function kernelBytes(kernel: Kernel, program: Pick<Program, 'rows'>): number {
  const rows = new Set(
    kernelStages(kernel).flatMap((stage) => [...stageReads(stage), ...stage.stores.map(({ access }) => access.buffer)]),
  )
  let bytes = 0
  for (const row of rows) {
    const info = program.rows[row]
    if (info !== undefined && 'bytes' in info) bytes += info.bytes
  }
  return bytes
}
