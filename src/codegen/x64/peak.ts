// The most multiply-adds per second that emitted code can reach on this machine: a loop of independent chains in registers.

import { Assembler } from './assembler.ts'
import { integerRegisters, type VectorWidth } from './operands.ts'
import { type InstructionSet, targets } from './target.ts'

/** Chains that hide the latency of 4 or 5 cycles on two units; with two factors they fit 16 registers. */
const chains = 12
/** Multiply-adds of each chain per pass of the loop. */
const unrolled = 4

/** Multiplications and additions per iteration of the function below. */
export function peakFlops(set: InstructionSet): number {
  return 2 * targets[set].lanes * chains * unrolled
}

/** The function (unused, unused, iterations) of f32 multiply-adds on zeros. */
export function emitPeakLoop(set: InstructionSet): Uint8Array<ArrayBuffer> {
  const { rdx } = integerRegisters
  const code = new Assembler()
  const width = (targets[set].lanes * 4) as VectorWidth
  for (let register = 0; register < chains + 2; register++) code.vector('vpxor', 16, [register, register, register])
  const head = { position: undefined }
  code.bind(head)
  for (let pass = 0; pass < unrolled; pass++) {
    for (let chain = 0; chain < chains; chain++) code.vector('vfmadd231ps', width, [chain, chains, chains + 1])
  }
  code.immediate('sub', rdx, 1)
  code.jump('notEqual', head)
  code.zeroUpper()
  code.return()
  return code.finish()
}
