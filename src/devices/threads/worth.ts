// Which kernels threads share. Decided when a program is compiled, by what its kernels cost, not by how many threads there will be.

import type { KernelInfo } from '../../codegen/program.ts'

/** What one core does in a microsecond, roughly: half of what AVX2 reaches in a product, and what memory beyond the caches gives. */
const flopsPerMicrosecond = 50_000
const bytesPerMicrosecond = 20_000
/** Threads that meet cost a microsecond or two; a kernel must be worth several of those. */
const leastKernel = 8
/** Threads that sleep take some 50 microseconds to wake, and one that the system has set aside holds up all: short programs gain too little. */
const leastProgram = 200

type Figures = Pick<KernelInfo, 'slabs' | 'flops' | 'bytes'>

function microseconds({ flops, bytes }: Figures): number {
  return Math.max(flops / flopsPerMicrosecond, bytes / bytesPerMicrosecond)
}

/** For each kernel of a program: do threads share its slabs? */
export function shareKernels(kernels: readonly Figures[]): boolean[] {
  const worth = kernels.map((kernel) => kernel.slabs > 1 && microseconds(kernel) >= leastKernel)
  const total = kernels.reduce((sum, kernel, i) => sum + (worth[i] ? microseconds(kernel) : 0), 0)
  return worth.map((shared) => shared && total >= leastProgram)
}
